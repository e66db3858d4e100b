"""The release before and this one, side by side on one database, under traffic while the database is migrated."""

import asyncio
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.attack import checker
from tests.attack.clients import Clients
from tests.attack.edges import read_machines
from tests.attack.kept import read
from tests.attack.killing import until
from tests.attack.told import Told
from tests.running import ROOT, SECRET, environment, stateward
from tests.scheduler_attack import DATABASE, database_server

CLIENTS = 6
ANSWERS = 60
VERSIONS = "migrations/versions"
LOOKED_BACK = 200
"""Commits looked through for the release before."""


NEXT = '''"""What a next release may add: a column, an index, a table behind the walls, a trigger's worth of work."""

from alembic import op

revision, down_revision = "9999", "{head}"
branch_labels = depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE cases ADD COLUMN colour text NOT NULL DEFAULT 'grey'")
    op.execute("ALTER TABLE audit_entry ADD COLUMN colour text")
    op.execute("ALTER TABLE clock ADD COLUMN colour text")
    op.execute("CREATE INDEX cases_by_colour ON cases (tenant, colour)")
    op.execute("CREATE TABLE colour (tenant text, case_id text, PRIMARY KEY (tenant, case_id))")
    op.execute("GRANT SELECT, INSERT ON colour TO stateward_service")
'''


@dataclass(frozen=True)
class Release:
    """A tree that `stateward` is run from, what it is called, and how many of this one's migrations it lacks."""

    tree: Path
    name: str
    lacks: int = 0


@dataclass(frozen=True)
class Neighbours:
    """What clients of two releases were told, and what is wrong."""

    before: str
    after: str
    told: Told
    faults: list[str]

    def __str__(self) -> str:
        return f"{self.after} beside {self.before}: {self.told}; {len(self.faults)} faults"


def this_one() -> Release:
    return Release(ROOT, "this release")


def one_before(folder: Path) -> Release | None:
    """None where the history is not there."""
    found = before()
    if found is None:
        return None
    commit, migrations = found
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
    tree = folder / "before"
    tree.mkdir()
    subprocess.run(["tar", "-x", "-C", str(tree)], input=packed, check=True)
    return Release(tree, f"{commit[:12]} ({migrations} migrations behind)", migrations)


def one_after(folder: Path) -> Release:
    """This one with a migration more."""
    tree = folder / "after"
    for name in ("app", "migrations", "machines", "policies"):
        shutil.copytree(ROOT / name, tree / name)
    shutil.copy(ROOT / "pyproject.toml", tree)
    versions = tree / "migrations" / "versions"
    head = sorted(file.name.partition("_")[0] for file in versions.glob("*.py"))[-1]
    (versions / "9999_next.py").write_text(NEXT.format(head=head), encoding="utf-8")
    return Release(tree, "a made-up next release")


def before() -> tuple[str, int] | None:
    """The newest commit that lacks a migration of ours and has no other, else one that has the same; how many it lacks.

    None where the history is not there.
    """
    listed = _git("rev-list", f"--max-count={LOOKED_BACK}", "HEAD", "--", "app", "migrations")
    ours = _blobs("HEAD", VERSIONS)
    same = None
    for commit in listed.split()[1:]:
        theirs = _blobs(commit, VERSIONS)
        if theirs < ours:
            return commit, len(ours) - len(theirs)
        if theirs == ours and same is None and _blobs(commit, "app") != _blobs("HEAD", "app"):
            same = commit
        if not theirs <= ours:
            break
    return (same, 0) if same else None


async def attacked(folder: Path, before: Release, after: Release) -> Neighbours:
    """Traffic on the one before alone, while the database is migrated, on both, and on the one after alone."""
    with database_server(folder) as cluster, ExitStack() as one, ExitStack() as two:
        await cluster.empty()
        url, owner = cluster.server.url(DATABASE), cluster.server.url(DATABASE, "postgres")
        settings = {"jwt_secret": SECRET, "database_url": url, "log_level": "critical"}
        _migrate(before.tree, url, owner)
        (folder / "one").mkdir()
        (folder / "two").mkdir()
        old = one.enter_context(stateward(folder / "one", "serve", "--port", "0", root=before.tree, **settings))
        clients, over = Clients([old.url], seed=3), asyncio.Event()
        working = asyncio.create_task(clients.work(CLIENTS, over.is_set))
        await until(clients, working, ANSWERS)
        await asyncio.to_thread(_migrate, after.tree, url, owner)
        await until(clients, working, ANSWERS)
        new = two.enter_context(stateward(folder / "two", "serve", "--port", "0", root=after.tree, **settings))
        clients.urls = [old.url, new.url]
        await until(clients, working, ANSWERS * 2)
        clients.urls = [new.url]
        await asyncio.to_thread(one.close)
        await until(clients, working, ANSWERS)
        over.set()
        await working
        kept = await read(owner)
    faults = checker.faults(kept, clients.told, read_machines(ROOT / "machines"))
    return Neighbours(before.name, after.name, clients.told, faults)


def _migrate(tree: Path, url: str, owner: str) -> None:
    settings = environment(tree, database_url=url, migrate_url=owner)
    words = [sys.executable, "-m", "app", "migrate"]
    subprocess.run(words, cwd=tree, env=settings, check=True, capture_output=True)


def _blobs(commit: str, path: str) -> frozenset[tuple[str, str]]:
    """The files below a path of a commit, each with the hash of what it holds."""
    lines = _git("ls-tree", "-r", commit, "--", path).splitlines()
    return frozenset((name, told.split()[2]) for told, _, name in (line.partition("\t") for line in lines))


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""
