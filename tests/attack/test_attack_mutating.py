"""Requests that are wrong in random ways: each gets an answer of ours, and nothing comes of them."""

from pathlib import Path

from tests.attack.mutating import attacked
from tests.databases import Database
from tests.running import SECRET, stateward


async def test_whatever_is_sent_there_is_no_error_of_ours_and_the_log_stays_whole(
    database: Database, tmp_path: Path
) -> None:
    settings = {"jwt_secret": SECRET, "database_url": database.url, "log_level": "critical"}
    with stateward(tmp_path, "serve", "--port", "0", **settings) as service:
        found = await attacked(service, database, count=400)
    assert found.faults == []
    assert {200, 401, 404, 405, 422} < found.statuses.keys(), found
