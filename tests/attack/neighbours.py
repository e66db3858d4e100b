"""The release before and this one, side by side on one database, under traffic while the database is migrated."""

import asyncio
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


@dataclass(frozen=True)
class Neighbours:
    """`before` is the commit of the release before, `migrations` how many it lacks."""

    before: str
    migrations: int
    told: Told
    faults: list[str]

    def __str__(self) -> str:
        return (
            f"beside {self.before[:12]} ({self.migrations} migrations behind): {self.told}; {len(self.faults)} faults"
        )


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


async def attacked(folder: Path, commit: str, migrations: int) -> Neighbours:
    """Traffic on the release before alone, while the database is migrated, on both, and on this one alone."""
    tree = _tree(commit, folder / "before")
    with database_server(folder) as cluster, ExitStack() as one, ExitStack() as two:
        await cluster.empty()
        url, owner = cluster.server.url(DATABASE), cluster.server.url(DATABASE, "postgres")
        settings = {"jwt_secret": SECRET, "database_url": url, "log_level": "critical"}
        _migrate(tree, url, owner)
        (folder / "one").mkdir()
        (folder / "two").mkdir()
        old = one.enter_context(stateward(folder / "one", "serve", "--port", "0", root=tree, **settings))
        clients, over = Clients([old.url], seed=3), asyncio.Event()
        working = asyncio.create_task(clients.work(CLIENTS, over.is_set))
        await until(clients, working, ANSWERS)
        await asyncio.to_thread(_migrate, ROOT, url, owner)
        await until(clients, working, ANSWERS)
        new = two.enter_context(stateward(folder / "two", "serve", "--port", "0", **settings))
        clients.urls = [old.url, new.url]
        await until(clients, working, ANSWERS * 2)
        clients.urls = [new.url]
        await asyncio.to_thread(one.close)
        await until(clients, working, ANSWERS)
        over.set()
        await working
        kept = await read(owner)
    return Neighbours(
        commit, migrations, clients.told, checker.faults(kept, clients.told, read_machines(ROOT / "machines"))
    )


def _migrate(tree: Path, url: str, owner: str) -> None:
    settings = environment(tree, database_url=url, migrate_url=owner)
    words = [sys.executable, "-m", "app", "migrate"]
    subprocess.run(words, cwd=tree, env=settings, check=True, capture_output=True)


def _tree(commit: str, folder: Path) -> Path:
    folder.mkdir()
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed, check=True)
    return folder


def _blobs(commit: str, path: str) -> frozenset[tuple[str, str]]:
    """The files below a path of a commit, each with the hash of what it holds."""
    lines = _git("ls-tree", "-r", commit, "--", path).splitlines()
    return frozenset((name, told.split()[2]) for told, _, name in (line.partition("\t") for line in lines))


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""
