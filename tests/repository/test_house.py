"""The house keeps its shape: small files, a fixed top level, locks without addresses, and no forbidden words."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.conftest import DEAREST

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {
    *("README.md", "LICENSE", "CONTRIBUTING.md", "CHANGELOG.md"),
    *("Makefile", "pyproject.toml", "Dockerfile", ".editorconfig", ".gitignore", ".dockerignore"),
    *("app", "machines", "policies", "migrations", "bench", "docs", "tests", ".ci"),
}
LOCKS = sorted((ROOT / ".ci").glob("*.lock"))
MOST_LINES = 250
ENCLOSED = "app/verify/verify.py"
"""One file because an auditor gets it in each export and runs it with Python alone; longer, to be read from above."""
MOST_LINES_ENCLOSED = 1_700


def _tracked() -> list[Path]:
    """What is committed or about to be: tracked files and new ones that .gitignore does not name."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = listed.stdout.rstrip("\0").split("\0")
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def _code() -> list[Path]:
    """Our Python, this file apart: it names what it forbids."""
    folders = ("app", "migrations", "bench", "tests")
    return [path for path in _tracked() if path.suffix == ".py" and _top(path) in folders and path != Path(__file__)]


def _top(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def _hits(pattern: str, paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]


def test_the_top_level_holds_only_what_the_design_names() -> None:
    assert {_top(path) for path in _tracked()} - TOP_LEVEL == set()


def test_no_file_of_the_application_is_longer_than_250_lines() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in _code() if _top(path) == "app"}
    assert lines
    assert lines.pop(ROOT / ENCLOSED) <= MOST_LINES_ENCLOSED
    assert {str(path.relative_to(ROOT)): count for path, count in lines.items() if count > MOST_LINES} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in _code() if path.read_text().strip() and not path.read_text().startswith('"""')]
    assert silent == []


def test_the_tests_that_come_first_are_there() -> None:
    assert {name for name in DEAREST if not list((ROOT / "tests").rglob(f"{name}.py"))} == set()


@pytest.mark.parametrize(
    ("pattern", "folders", "because"),
    [
        (r"(?<![\w.])(eval|exec)\(", ("app", "migrations", "bench", "tests"), "it runs text as code"),
        (r"(?i)INSERT OR REPLACE INTO", ("app", "migrations"), "it deletes the row that it replaces"),
        (r"\b(unittest\.mock|MagicMock)\b", ("tests",), "a fake of our own port, or the real thing, proves more"),
        (r"\btime\.sleep\(", ("app", "tests"), "what waits for the clock is slow, or fails by chance"),
        (r"yaml\.(safe_)?load\(", ("app",), "it takes alias bombs and the last of two equal keys"),
    ],
)
def test_a_forbidden_word_stands_nowhere(pattern: str, folders: tuple[str, ...], because: str) -> None:
    assert _hits(pattern, [path for path in _code() if _top(path) in folders]) == [], because


def test_a_migration_depends_on_nothing_of_the_application() -> None:
    """What it did stays what it did, whatever the application becomes."""
    assert _hits(r"^\s*(from|import) app\b", [path for path in _code() if _top(path) == "migrations"]) == []


def test_sql_stays_in_the_database_layer_and_the_migrations() -> None:
    elsewhere = [path for path in _code() if _top(path) == "app" and "app/db/" not in path.as_posix()]
    assert _hits(r"^\s*(from|import) (sqlalchemy|sqlmodel|asyncpg|aiosqlite)\b", _except_settings(elsewhere)) == []


def _except_settings(paths: list[Path]) -> list[Path]:
    """Settings parse a database URL with SQLAlchemy, which is no SQL."""
    return [path for path in paths if path.name != "settings.py"]


def test_lock_files_hold_versions_and_hashes_and_no_address() -> None:
    assert len(LOCKS) == 2
    assert _hits(r"://|^\s*-(-index-url|-extra-index-url|-find-links|i|f)\b", LOCKS) == []
    for lock in LOCKS:
        pins = lock.read_text().count("==")
        assert pins > 40
        assert len(re.findall(r"^\S+==\S+.* \\\n    --hash=sha256:", lock.read_text(), re.MULTILINE)) == len(
            _pins(lock)
        )


def test_the_lock_for_tests_keeps_every_version_of_the_lock_for_running() -> None:
    running, testing = (_pins(ROOT / ".ci" / name) for name in ("requirements.lock", "requirements-dev.lock"))
    assert running.items() <= testing.items()


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=~!; ]", line)[0].lower().replace("_", "-") for line in wanted}
    assert names - set(_pins(ROOT / ".ci" / "requirements-dev.lock")) == set()


def _pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", lock.read_text(), re.MULTILINE))
