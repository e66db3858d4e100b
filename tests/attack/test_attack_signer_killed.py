"""The process that sequences and signs is killed: no gap, no double, nothing without a place, no wrong signature."""

from pathlib import Path

import pytest

from tests.attack.signer_killed import attacked
from tests.databases import Database

KILLS = 3


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # on both, 50 times, in `make attack`
async def test_whenever_the_signer_is_killed_the_next_one_goes_on_rightly(database: Database, tmp_path: Path) -> None:
    found = await attacked(tmp_path, database, KILLS)
    assert found.faults == []
    assert found.leaves > 100, found
    assert found.checkpoints > 0, found
