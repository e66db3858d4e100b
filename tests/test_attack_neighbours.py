"""The release before and this one run side by side on one database, and nothing is lost while they change places."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.attack import neighbours


async def test_the_release_before_runs_beside_this_one_while_the_database_is_migrated() -> None:
    release = neighbours.before()
    if release is None:
        pytest.skip("the history of the repository is not here")
    with TemporaryDirectory(prefix="stateward-", dir="/tmp") as folder:
        found = await neighbours.attacked(Path(folder), *release)
    assert found.faults == []
    assert found.told.count("ok") > 0
