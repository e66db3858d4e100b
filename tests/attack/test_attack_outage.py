"""The database goes away under traffic and comes back: nobody sees anything but 503, and nothing is lost."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.attack.outage import attacked


async def test_while_the_database_is_gone_the_answer_is_503_and_then_all_is_well_by_itself() -> None:
    with TemporaryDirectory(prefix="stateward-", dir="/tmp") as folder:  # a socket wants a short path
        found = await attacked(Path(folder), seconds=2)
    assert found.faults == []
    assert found.readiness.keys() == {200, 503}
    assert found.told.count("unknown") < len(found.told.tries) / 4, found
