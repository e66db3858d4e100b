"""The guide from SQLite to PostgreSQL: its script takes everything along, and the service goes on where it was."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.databases import Database
from tests.house import CLERK, another_process, code, entries, fire, open_claim, open_incident, rows, state
from tests.repository.test_docs import blocks
from tests.running import environment


async def test_everything_comes_along_and_the_service_goes_on(
    sqlite_template: Path, postgres: Database, tmp_path: Path
):
    file = tmp_path / "stateward.db"
    shutil.copy(sqlite_template, file)
    old = Database("sqlite", f"sqlite+aiosqlite:///{file}", f"sqlite+aiosqlite:///{file}")
    async with another_process(old) as house:
        case_id = await open_claim(house, to="checks")
        await open_incident(house)
    [script] = blocks("docs/sqlite_to_postgresql.md", "python")
    (tmp_path / "to_postgresql.py").write_text(script)
    assert "audit_entry: " in typed(tmp_path, "to_postgresql.py", str(file), postgres.admin_url)
    assert await entries(postgres) == await entries(old)
    clocks = "SELECT case_id, name, cycle FROM clock ORDER BY 1, 2, 3"
    assert await rows(postgres, clocks) == await rows(old, clocks)
    async with another_process(postgres) as house:
        assert (await state(house, case_id)).states == ("checks.budget.open", "checks.fraud.open")
        assert code(await fire(house, case_id, "clear_budget", CLERK)) == "applied"


def typed(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
