"""Two releases run side by side on one database, and nothing is lost while they change places."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.attack import neighbours


async def test_the_release_before_runs_beside_this_one_while_the_database_is_migrated() -> None:
    with TemporaryDirectory(prefix="stateward-", dir="/tmp") as folder:
        before = neighbours.one_before(Path(folder))
        if before is None:
            pytest.skip("the history of the repository is not here")
        if not before.lacks:
            pytest.skip("the release before has the same schema (`make attack` runs the two side by side)")
        found = await neighbours.attacked(Path(folder), before, neighbours.this_one())
    assert found.faults == []
    assert found.told.count("ok") > 0


async def test_this_release_runs_beside_one_with_more_columns_and_tables_while_the_database_is_migrated() -> None:
    with TemporaryDirectory(prefix="stateward-", dir="/tmp") as folder:
        before = neighbours.one_before(Path(folder))
        if before is not None and before.lacks:
            pytest.skip("this release has more than the one before, and runs beside that one (`make attack` runs both)")
        found = await neighbours.attacked(Path(folder), neighbours.this_one(), neighbours.one_after(Path(folder)))
    assert found.faults == []
    assert found.told.count("ok") > 0
