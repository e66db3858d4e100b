"""Two replicas against one process, with the same connections in sum, and whether they lose or double anything."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle, islice

import httpx

from bench import seeded
from bench.harness import Bench, Row, Unusable, median
from bench.load import Answered, load
from bench.servers import Postgres, Service, serving

CONNECTIONS = 64
CHECKED = 4_000
APART = """SELECT count(*) FROM cases c WHERE seq <> (
    SELECT count(*) FROM audit_entry e WHERE e.tenant = c.tenant AND e.case_id = c.id AND e.case_seq IS NOT NULL)"""
SAME = 50
"""Events that share a case in the check, so that the replicas wait for each other."""


def replicas(bench: Bench) -> Sequence[Row]:
    """Both sides on the same database and cores; each has the machine to itself while it is measured."""
    server, name = bench.postgres, "replicas"
    database = server.copy(seeded.on_postgres(bench), name)
    cases = server.run("SELECT id FROM cases", name).split()
    secret = secrets.token_urlsafe(48)
    with ExitStack() as stack:
        services = [stack.enter_context(serving(database, secret=secret)) for _ in range(3)]
        files = [stack.enter_context(seeded.requests(bench.folder, service, cases)).single for service in services]
        ports = [service.port for service in services]

        # Before any load: what it still has in flight when it stops would be counted too.
        kept, answered = _checked(server, name, services[:2], cases)

        def fire(chosen: slice, connections: int) -> float:
            with ThreadPoolExecutor() as pool:
                for seconds in (bench.warm_up, bench.seconds):
                    runs = [
                        pool.submit(load, port, file, connections, seconds)
                        for port, file in list(zip(ports, files, strict=True))[chosen]
                    ]
                    seen: list[Answered] = [run.result() for run in runs]
            return sum(one.per_second for one in seen)

        told = bench.interleaved(
            two=lambda: fire(slice(0, 2), CONNECTIONS // 2), one=lambda: fire(slice(2, 3), CONNECTIONS)
        )
        rates = median(told["two"]), median(told["one"])
    server.drop(name)
    return [
        Row("two replicas / one process, 64 connections in sum", *rates, "/s", 1.0),
        Row(f"entries of two replicas / answers 200, of {CHECKED:,} events", kept, answered, "", 1.0),
    ]


def _checked(server: Postgres, name: str, services: Sequence[Service], cases: Sequence[str]) -> tuple[int, int]:
    """Entries written, and events answered with 200, when every event was answered."""
    counting = "SELECT count(*) FROM audit_entry WHERE kind = 'transition'"
    before = int(server.run(counting, name))
    answers = asyncio.run(_fire_all(services, list(islice(cycle(cases[: CHECKED // SAME]), CHECKED))))
    written = int(server.run(counting, name)) - before
    if answers[httpx.codes.OK] != CHECKED:
        raise Unusable(f"two replicas answered {dict(answers)}")
    if written != CHECKED:
        raise Unusable(f"two replicas wrote {written} entries of {CHECKED} events")
    if (apart := server.run(APART, name)) != "0":
        raise Unusable(f"{apart} cases do not stand where their log ends")
    return written, answers[httpx.codes.OK]


async def _fire_all(services: Sequence[Service], cases: Sequence[str]) -> Counter[int]:
    """Each event once, at the replicas in turn, 32 at a time at each."""
    token = services[0].token()
    answers: Counter[int] = Counter()
    waiting = iter(list(enumerate(cases)))

    async def send(service: Service) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(headers=headers, timeout=60, trust_env=False) as client:
            for number, case in waiting:
                url = f"{service.url}/api/v1/cases/{case}/events"
                answer = await client.post(url, json=seeded.EVENT, headers={"Idempotency-Key": f"check {number}"})
                answers[answer.status_code] += 1

    async with asyncio.TaskGroup() as group:
        for service in services:
            for _ in range(CONNECTIONS // 4):
                group.create_task(send(service))
    return answers
