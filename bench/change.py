"""How long a change of the policy holds everything else up, and what the first decision after it costs in all."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from time import perf_counter

from app.domain.expressions.expression import View
from app.services.assembly import Assembly
from app.services.process.garbage import Garbage
from app.services.store.stored import PolicyChange, PolicyLine
from bench.grown import house
from bench.harness import Bench, Row, median
from bench.servers import TENANT, Database

CHANGES = 30
SMALL, LARGE = (1, 1, 10, 10), (200, 50, 10, 20_000)
LINES = """
    INSERT INTO policy_line (id, kind, role, tenant, obj, act, when_, eft, added)
    SELECT row_number() OVER () + (SELECT coalesce(max(id), 0) FROM policy_line), found.*,
           (SELECT version FROM policy_state)
    FROM (
        SELECT 'p', 'role:r' || r, '*', 'type_' || t, 'event_' || e, '', 'allow'
        FROM generate_series(0, {0} - 1) t, generate_series(0, {1} - 1) e, generate_series(0, {2} - 1) r
        UNION ALL
        SELECT 'g', 'user:u' || u, '{tenant}', 'role:r' || u % {2}, '', '', '' FROM generate_series(0, {3} - 1) u
    ) found"""


def change(bench: Bench) -> Sequence[Row]:
    """The lines are in PostgreSQL and somebody else changes them there, as another replica would; figures in ms."""
    databases = {"few": _with_rules(bench, "rules_few", SMALL), "many": _with_rules(bench, "rules_many", LARGE)}
    first, pauses = asyncio.run(_measured(databases, bench.rounds))
    pair = median(first["many"]), median(first["few"])
    return [
        Row("change read, applied and decided by, 100,000 rules / 10", *pair, "ms", 1.2, at_least=False),
        *(
            Row(f"longest pause by a change of {lines:,} / 50 ms", max(took), 50, "ms", 1, at_least=False)
            for lines, took in pauses.items()
        ),
    ]


def _with_rules(bench: Bench, name: str, sizes: tuple[int, int, int, int]) -> Database:
    database = bench.postgres.database(name)
    bench.postgres.run(LINES.format(*sizes, tenant=TENANT), name)
    bench.postgres.run("VACUUM ANALYZE", name)
    return database


async def _measured(
    databases: dict[str, Database], rounds: int
) -> tuple[dict[str, list[float]], dict[int, list[float]]]:
    first: dict[str, list[float]] = {size: [] for size in databases}
    pauses: dict[int, list[float]] = {1: [], 1_000: []}
    async with AsyncExitStack() as stack:
        houses = {size: await stack.enter_async_context(house(found)) for size, found in databases.items()}
        _ask_everything(houses["many"])
        Garbage().stay()
        for _ in range(rounds):
            for _ in range(CHANGES):
                for size, opened in houses.items():
                    first[size].append(await _first_decision(opened, LARGE if size == "many" else SMALL))
            for lines, took in pauses.items():
                took.append(await _pause(houses["many"], lines))
    return first, pauses


def _ask_everything(opened: Assembly) -> None:
    for case_type in range(LARGE[0]):
        for event in range(LARGE[1]):
            _decide(opened, f"type_{case_type}", f"event_{event}")


async def _first_decision(opened: Assembly, sizes: tuple[int, int, int, int]) -> float:
    case_type, event = f"type_{random.randrange(sizes[0])}", f"event_{random.randrange(sizes[1])}"
    version = await _changed(opened, [_line(case_type, event, "role:new")])
    began = perf_counter()
    await opened.policies.catch_up(version)
    _decide(opened, case_type, event)
    return (perf_counter() - began) * 1000


async def _pause(opened: Assembly, lines: int) -> float:
    """The longest time in ms in which nothing else got its turn."""
    places = [(random.randrange(LARGE[0]), random.randrange(LARGE[1])) for _ in range(lines)]
    version = await _changed(
        opened, [_line(f"type_{t}", f"event_{e}", f"role:x{n}") for n, (t, e) in enumerate(places)]
    )
    following = asyncio.create_task(opened.policies.catch_up(version))
    longest, last = 0.0, perf_counter()
    while not following.done():
        await asyncio.sleep(0)
        now = perf_counter()
        longest, last = max(longest, now - last), now
    await following
    return longest * 1000


async def _changed(opened: Assembly, lines: Sequence[PolicyLine]) -> int:
    async with opened.store.transaction("*") as tx:
        return await tx.change_policy(PolicyChange(add=lines))


def _line(case_type: str, event: str, role: str) -> PolicyLine:
    return PolicyLine(kind="p", role=role, tenant="*", obj=case_type, act=event, eft="allow")


def _decide(opened: Assembly, case_type: str, event: str) -> None:
    engine = opened.policies.engine
    roles = engine.closure(TENANT, "user:u1", frozenset())
    assert engine.decide(TENANT, roles, case_type, event, lambda: View({})).allowed
