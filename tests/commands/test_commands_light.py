"""A command loads what it needs when it runs, so that one that needs little answers at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.commands.arguments import DRAWN_AS, TAKES
from app.commands.export_arguments import EXPORTED_AS
from app.domain.diagram import DRAWN
from app.exports.registry import WRITES
from app.main import RUNS
from tests.running import SECRET, environment

SERVING = {"litestar", "granian", "httpx", "uvloop", "apscheduler", "prometheus_client", "opentelemetry"}
STORING = {"sqlalchemy", "sqlmodel", "alembic", "asyncpg", "aiosqlite"}
DECIDING = {"casbin", "cel_expr_python", "transitions", "holidays", "jsonschema_rs", "yaml", "msgspec"}
LOGGING = {"structlog", "rich"}
DRAWING = {"fast_sugiyama"}
CHECKING = DECIDING - {"casbin"}
HEAVY = SERVING | STORING | DECIDING | LOGGING | DRAWING
NOTHING_BUT_THE_PARSER = HEAVY | {"pydantic", "asyncio", "jwt"}
TOKEN = ("token", "--tenant", "acme", "--user", "ann", "--role", "clerk")
LOADED = """
import sys
from app.__main__ import main
try:
    code = main()
except SystemExit as done:
    code = done.code
print(*sorted({".".join(name.split(".")[:PARTS]) for name in sys.modules}), file=sys.stderr)
sys.exit(code)
"""


def loaded(folder: Path, *words: str, parts: int = 1) -> set[str]:
    """The packages that a command has loaded when it is done; with more `parts`, modules inside them too."""
    given = environment(jwt_secret=SECRET, database_url=f"sqlite:///{folder / 'cases.db'}")
    run = [sys.executable, "-c", LOADED.replace("PARTS", str(parts)), *words]
    done = subprocess.run(run, env=given, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("words", [("--help",), ("--version",), *((name, "--help") for name in TAKES)])
def test_what_a_command_takes_is_told_by_the_parser_alone(words: tuple[str, ...], tmp_path: Path) -> None:
    assert loaded(tmp_path, *words) & NOTHING_BUT_THE_PARSER == set()


@pytest.mark.parametrize(
    ("words", "needs"),
    [
        (TOKEN, set()),
        (("schema",), set()),
        (("schema", "calendar"), set()),
        (("check",), CHECKING),
        (("diagram", "permit"), CHECKING | DRAWING),
        (("migrate",), STORING - {"sqlmodel", "asyncpg"}),
    ],
)
def test_a_command_loads_nothing_that_it_does_not_need(words: tuple[str, ...], needs: set[str], tmp_path: Path) -> None:
    assert loaded(tmp_path, *words) & HEAVY - needs == set()


def test_of_all_countries_those_alone_are_loaded_that_a_calendar_names(tmp_path: Path) -> None:
    countries = {name for name in loaded(tmp_path, "check", parts=3) if name.startswith("holidays.countries.")}
    assert countries == {"holidays.countries.germany"}


def test_every_command_that_can_be_given_can_be_run() -> None:
    assert list(TAKES) == list(RUNS)
    assert set(DRAWN_AS) == set(DRAWN)
    assert set(EXPORTED_AS) == set(WRITES)
