"""Workers are killed while clients fire events: nothing that was answered is lost, nothing is done twice."""

from pathlib import Path

from tests.attack.killing import attacked
from tests.databases import Database
from tests.running import SECRET, stateward


async def test_what_was_answered_is_in_the_log_once_whenever_a_worker_is_killed(
    database: Database, tmp_path: Path
) -> None:
    settings = {"jwt_secret": SECRET, "database_url": database.url, "workers": "2", "log_level": "critical"}
    with stateward(tmp_path, "serve", "--port", "0", **settings) as service:
        found = await attacked(service, database, times=2, answers=40)
    assert found.faults == []
    assert found.workers == 2
    assert found.told.count("ok") > 50, found
    assert found.told.count("refused") > 0, found
