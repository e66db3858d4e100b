"""A disk that is full makes the service say 503, and nothing that it had said is lost."""

from pathlib import Path

import pytest

from tests.attack import full_disk


@pytest.mark.skipif(not full_disk.possible(), reason=full_disk.NEEDS)
async def test_while_the_disk_is_full_the_answer_is_503_and_then_all_is_well_by_itself(tmp_path: Path) -> None:
    found = await full_disk.attacked(tmp_path, "sqlite", seconds=2)
    assert found.faults == []
    assert found.unavailable > 0
