"""What a monitor reads: how many clocks run, what became late, and how late steps fired; of all workers together."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.metrics.clocks import REFRESH, ClockCounts
from app.metrics.process import Metrics
from app.services.assembly import Assembly
from tests.clocks.test_clocks import DECISION, opened, sqlite_file
from tests.databases import Database
from tests.metered import Counted
from tests.over_http import client_of
from tests.running import environment, stateward
from tests.ticking import Watch, declared_with, tick, ticking, watch

__all__ = ["sqlite_file", "watch"]

SECRET = "not-the-secret-of-any-guide-5f1c9e7a"
LABELS = {"case_type": "ticket", "clock": "decision"}
LATENESS = "stateward_sla_step_lateness_seconds"


@pytest.fixture
async def house(sqlite_file: Database, watch: Watch, tmp_path: Path) -> Any:
    async with ticking(sqlite_file, declared_with(tmp_path, DECISION), watch) as house:
        yield house


def samples(text: str) -> dict[tuple[str, str], float]:
    """Those of clocks, by name and status (or bucket)."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples if family.name.startswith("stateward_sla") else ():
            assert set(sample.labels) <= {"case_type", "clock", "status", "le"}
            found[sample.name, sample.labels.get("status") or sample.labels.get("le") or ""] = sample.value
    return found


async def test_what_fired_and_what_runs_is_counted(house: Assembly, watch: Watch) -> None:
    metrics = Metrics(house.store)
    house.tell_fired(metrics.record_fired)
    await opened(house)
    watch.at(9, day=1)
    watch.pass_by(seconds=3)
    await tick(house)
    async with client_of(house, metrics=metrics) as client:
        answer = await client.get("/metrics", headers={"authorization": ""})
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = samples(answer.text)
    assert found["stateward_sla_clocks", "running"] == 1
    assert found["stateward_sla_breaches_total", ""] == 1
    assert found[f"{LATENESS}_count", ""] == 2  # at 50 % and at 100 %
    assert found[f"{LATENESS}_bucket", "5.0"] == 1


async def test_the_database_is_asked_once_in_a_while_however_many_ask() -> None:
    store: Any = Counted()
    now = [0.0]
    counts = ClockCounts(store, lambda: now[0])
    await asyncio.gather(*(counts.refresh() for _ in range(20)))
    assert store.asked == 1
    now[0] += REFRESH
    await counts.refresh()
    assert store.asked == 2


async def test_metrics_are_told_without_the_database_too() -> None:
    store: Any = Counted()
    store.away = True
    _, text = await Metrics(store).exposed()
    assert ("stateward_sla_clocks", "running") not in samples(text.decode())


MERGED = """
import os, sys
from multiprocessing import get_context
from app.metrics import merged_metrics
from tests.metered import Counted, fired

def worker(answers, asked):
    import asyncio
    from app.metrics.process import Metrics
    metrics = Metrics(Counted())
    metrics.record_fired([fired()])
    answers.put(None)
    asked.wait()
    answers.put(asyncio.run(metrics.exposed())[1])

if __name__ == "__main__":
    context = get_context("fork")
    answers, asked = context.Queue(), context.Event()
    with merged_metrics():
        folder = os.environ["PROMETHEUS_MULTIPROC_DIR"]
        workers = [context.Process(target=worker, args=(answers, asked)) for _ in range(2)]
        for each in workers:
            each.start()
        assert [answers.get() for _ in workers] == [None, None]
        asked.set()
        one, other = answers.get(), answers.get()
        for each in workers:
            each.join()
    assert one == other
    assert not os.path.exists(folder)
    print(one.decode())
"""


def test_two_workers_tell_the_same_and_it_is_the_sum(tmp_path: Path) -> None:
    script = tmp_path / "merged.py"
    script.write_text(MERGED)
    done = subprocess.run([sys.executable, script], env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = samples(done.stdout)
    assert found["stateward_sla_breaches_total", ""] == 2
    assert found[f"{LATENESS}_count", ""] == 2
    assert found["stateward_sla_clocks", "running"] == 7  # of the one database


KILLED = """
import asyncio
from multiprocessing import get_context
from app.metrics import merged_metrics
from app.services.process.gauges import Connections, Gauges
from tests.metered import Counted, fired

def worker(said, told):
    from app.metrics.process import Metrics
    metrics = Metrics(Counted(), lambda: Gauges(5, Connections(1, 10), 3))
    metrics.record_fired([fired()])
    asyncio.run(metrics.look())
    said.send(None)
    told.recv()
    said.send(asyncio.run(metrics.exposed())[1])

if __name__ == "__main__":
    context = get_context("fork")
    with merged_metrics():
        (heard, said), (told, tell) = context.Pipe(duplex=False), context.Pipe(duplex=False)
        killed, living = [context.Process(target=worker, args=(said, told)) for _ in range(2)]
        for each in (killed, living):
            each.start()
            heard.recv()
        killed.kill()
        killed.join()
        tell.send(None)
        print(heard.recv().decode())
        living.join()
"""


def test_a_worker_that_was_killed_keeps_its_counts_and_not_its_levels(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    done = subprocess.run([sys.executable, script], env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert samples(done.stdout)["stateward_sla_breaches_total", ""] == 2
    assert "stateward_desk_waiting_attempts 5.0" in done.stdout
    assert "stateward_pool_connections_most 10.0" in done.stdout


def test_a_service_of_two_workers_serves_metrics_and_leaves_no_folder_behind(tmp_path: Path) -> None:
    with stateward(tmp_path, "serve", "--port", "0", "--workers", "2", jwt_secret=SECRET) as service:
        for _ in range(8):
            assert httpx.get(f"{service.url}/healthz").status_code == 200
        for _ in range(1000):  # until the second worker has looked for the first time
            text = httpx.get(f"{service.url}/metrics").text
            if "stateward_pool_connections_most 20.0" in text:
                break
        assert service.stop() == 0
    assert 'stateward_http_request_seconds_count{method="GET",route="/healthz",status="2xx"} 8.0' in text
    assert "stateward_pool_connections_most 20.0" in text
    assert "# TYPE stateward_sla_clocks gauge" in text
    assert "stateward_sla_breaches" not in text  # a worker by itself would show its own, of which there are none yet
    assert "metrics" not in service.errors.read_text()


def test_a_command_that_serves_nothing_does_not_load_what_only_workers_need() -> None:
    script = "import sys, app.worker; print('prometheus_client' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], env=environment(), capture_output=True, text=True, check=True)
    assert re.fullmatch(r"False\n", done.stdout)
