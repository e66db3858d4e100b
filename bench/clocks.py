"""How fast due steps fire, how late they are beside other work, and what finding them costs as clocks become many."""

import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from time import perf_counter

import httpx

from app.domain.case.attempt import Actor, Attempt, Opens
from app.services.assembly import Assembly
from app.services.entries.identity import new_id
from bench import seeded
from bench.grown import house
from bench.harness import Bench, Row, median, percentile, say
from bench.servers import TENANT, Database, Postgres, Service, serving

DUE = int(os.environ.get("BENCH_DUE", "100000"))
FEW_CLOCKS, MANY_CLOCKS = 10_000, int(os.environ.get("BENCH_CLOCKS", "5000000"))
CLOCKS_A_CASE = 50
SCHEDULERS = 2
"""Transactions side by side, as the tick of one process has them."""
SECONDS, OPENED, FIRED = 20, 100, 500
"""For so long, so many clocks a second become due beside so many events a second."""
FINDS = 60
CLERK = Actor(tenant=TENANT, id="user:alice", roles=frozenset({"role:clerk", "role:admin"}))
LATENESS = (
    """SELECT CAST(CAST(entry AS json) -> 'sla' ->> 'late_by_us' AS bigint) FROM audit_entry WHERE kind = 'sla'"""
)
CLOCKS = """
    SET session_replication_role = replica;
    INSERT INTO clock (tenant, case_id, name, cycle, case_type, current, status, due_at, next_fire_at, facts)
    SELECT '{tenant}', lpad(to_hex(c), 8, '0'), 'clock_' || n, 1, 'late', 1, 'running', at, at, '{{}}'
    FROM generate_series(1, {cases}) c, generate_series(1, {each}) n,
         LATERAL (SELECT now() + interval '1 day' + c * interval '1 second' AS at) moment"""


def clocks(bench: Bench) -> Sequence[Row]:
    """PostgreSQL with durable commits."""
    return [_drained(bench), _late(bench), _found(bench)]


def _drained(bench: Bench) -> Row:
    """In one process, as its scheduler does it."""
    per_second = asyncio.run(_drain(bench.postgres.database("drained")))
    return Row(f"due steps fired, of {DUE:,} that wait, one scheduler / 2,000", per_second, 2_000, "/s", 1)


async def _drain(database: Database) -> float:
    async with house(database, shipped=False) as opened:
        yesterday = datetime.now(UTC) - timedelta(days=1)
        for _ in range(DUE // 1_000):
            answers = await opened.desk.submit([_opening(yesterday) for _ in range(1_000)])
            assert not any(answer.error for answer in answers), answers[0].error
        say(f"  {DUE:,} steps are due")
        began = perf_counter()
        fired = sum(await asyncio.gather(*(_fire_all(opened) for _ in range(SCHEDULERS))))
        took = perf_counter() - began
    assert fired == DUE, f"{fired} steps fired of {DUE}"
    return fired / took


async def _fire_all(opened: Assembly) -> int:
    count = 0
    while fired := await opened.desk.escalate():
        count += len(fired)
    return count


def _opening(occurred_at: datetime) -> Attempt:
    values = {"case_type": "late", "data": {}, "occurred_at": occurred_at}
    return Attempt(
        actor=CLERK,
        event="open",
        entry_id=new_id(),
        new_case_id=new_id(),
        request_id="bench",
        opens=Opens.ALWAYS,
        **values,
    )


def _late(bench: Bench) -> Row:
    """Of a whole service, beside other events, from the log."""
    database = bench.postgres.copy(seeded.on_postgres(bench), "late")
    with serving(database, workers=1) as service:
        asyncio.run(_busy(service, bench.postgres.run("SELECT id FROM cases LIMIT 5000", "late").split()))
        late = _lateness(bench.postgres)
    worst = percentile(late, 0.99) / 1_000
    note = f"{len(late):,} steps, the median {median(late) / 1_000:.0f} ms late, the last {max(late) / 1_000:.0f} ms"
    return Row("lateness of steps, p99, 100 due and 500 events a second / 2 s", worst, 2_000, "ms", 1, False, note)


async def _busy(service: Service, cases: Sequence[str]) -> None:
    """Each tenth of a second a tenth of what happens in one."""
    headers = {"Authorization": f"Bearer {service.token()}"}
    began = perf_counter()
    async with httpx.AsyncClient(base_url=f"{service.url}/api/v1", headers=headers, timeout=30, trust_env=False) as to:
        for tenth in range(SECONDS * 10):
            await asyncio.sleep(max(0.0, began + tenth / 10 - perf_counter()))
            events = [cases[(tenth * FIRED + n) % len(cases)] for n in range(FIRED // 10)]
            attempts = [{"case_id": case, **seeded.EVENT} for case in events]
            opened = ({"case_type": "late", "event": "open", "reference": f"{tenth}-{n}"} for n in range(OPENED // 10))
            answer = await to.post("/events", json={"attempts": [*attempts, *opened]})
            assert answer.status_code == httpx.codes.OK, answer.text


def _lateness(server: Postgres) -> list[float]:
    """In microseconds, once all steps have fired."""
    deadline = time.monotonic() + 60
    while len(late := server.run(LATENESS, "late").split()) < SECONDS * OPENED:
        assert time.monotonic() < deadline, f"{len(late)} steps fired of {SECONDS * OPENED}"
        time.sleep(0.5)
    return [float(one) for one in late]


def _found(bench: Bench) -> Row:
    """With a few due among so many that are not, and cleared of what others left behind."""
    databases = {"few": FEW_CLOCKS, "many": MANY_CLOCKS}
    took = asyncio.run(_find({name: _with_clocks(bench, name, count) for name, count in databases.items()}))
    pair = median(took["many"]), median(took["few"])
    return Row(f"finding what is due, {MANY_CLOCKS:,} clocks / {FEW_CLOCKS:,}", *pair, "ms", 1.2, at_least=False)


def _with_clocks(bench: Bench, name: str, count: int) -> Database:
    say(f"  {count:,} clocks")
    database = bench.postgres.database(f"clocks_{name}")
    sql = CLOCKS.format(tenant=TENANT, cases=count // CLOCKS_A_CASE, each=CLOCKS_A_CASE)
    bench.postgres.run(sql, f"clocks_{name}")
    bench.postgres.run("VACUUM ANALYZE clock", f"clocks_{name}")
    bench.postgres.run("CHECKPOINT")
    return database


async def _find(databases: dict[str, Database]) -> dict[str, list[float]]:
    """Each time one case is due, and it is locked and left; the two take turns."""
    took: dict[str, list[float]] = {name: [] for name in databases}
    async with AsyncExitStack() as stack:
        houses = {name: await stack.enter_async_context(house(one, shipped=False)) for name, one in databases.items()}
        for opened in houses.values():
            await opened.desk.submit([_opening(datetime.now(UTC) - timedelta(days=1))])
        for _ in range(FINDS):
            for name, opened in houses.items():
                took[name].append(await _one_find(opened))
    return took


async def _one_find(opened: Assembly) -> float:
    began = perf_counter()
    async with opened.store.transaction() as tx:
        found = await tx.lock_due(64)
    took = (perf_counter() - began) * 1_000
    assert len(found.cases) == 1
    return took
