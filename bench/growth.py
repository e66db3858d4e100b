"""One event at a time on a case with a long story, and among a million other cases."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from time import perf_counter

from sqlalchemy import text

from app.domain.case.attempt import Actor, Attempt, Opens
from app.services.assembly import Assembly
from app.services.entries.identity import new_id
from bench.grown import grown, house
from bench.harness import Bench, Row, median
from bench.servers import TENANT, Database

LONG = 10_000
EVENTS = 300
"""Fired on each side in each round, one side after the other."""
CLERK = Actor(tenant=TENANT, id="user:carla", roles=frozenset({"role:clerk"}))
CLAIM = {"amount_cents": 5_000, "currency": "EUR"}


def growth(bench: Bench) -> Sequence[Row]:
    """In the process, with the database and durable commits; medians in ms."""
    entries, cases = asyncio.run(_measured(grown(bench), bench.rounds))
    return [
        Row("event on a case with 10,000 entries / a new case", *_pair(entries), "ms", 1.2, at_least=False),
        Row("event among 1,000,000 cases / 1,000", *_pair(cases), "ms", 1.2, at_least=False),
    ]


def _pair(took: Mapping[str, Sequence[float]]) -> tuple[float, float]:
    return median(took["many"]), median(took["few"])


Took = Mapping[str, list[float]]


async def _measured(databases: Mapping[str, Database], rounds: int) -> tuple[Took, Took]:
    entries: Took = {"few": [], "many": []}
    cases: Took = {"few": [], "many": []}
    async with AsyncExitStack() as stack:
        houses = {size: await stack.enter_async_context(house(found)) for size, found in databases.items()}
        for opened in houses.values():
            await _fire(opened, await new_case(opened))
        long = await _long_case(houses["few"])
        ids = {size: await _some_cases(opened) for size, opened in houses.items()}
        for _ in range(rounds):
            new = await new_case(houses["few"])
            for _ in range(EVENTS):
                entries["few"].append(await _fire(houses["few"], new))
                entries["many"].append(await _fire(houses["few"], long))
                for size, opened in houses.items():
                    cases[size].append(await _fire(opened, random.choice(ids[size])))
    return entries, cases


async def _long_case(opened: Assembly) -> str:
    case_id = await new_case(opened)
    for _ in range(LONG // 1000):
        answers = await opened.desk.submit([note(case_id) for _ in range(1000)])
        assert not any(answer.error for answer in answers)
    return case_id


async def _some_cases(opened: Assembly) -> list[str]:
    """Open claims from all over the table, as many as there are in the smaller one."""
    wanted = "SELECT id FROM cases WHERE state = 'submitted' ORDER BY md5(id) LIMIT 2000"
    rows = await opened.store._rows(text(wanted), TENANT)  # type: ignore[attr-defined]
    return [row["id"] for row in rows]


async def new_case(opened: Assembly) -> str:
    opening = Attempt(
        actor=CLERK,
        event="save",
        entry_id=new_id(),
        new_case_id=new_id(),
        request_id="r",
        opens=Opens.ALWAYS,
        case_type="expense_claim",
        data=CLAIM,
    )
    [answer] = await opened.desk.submit([opening])
    assert answer.error is None, answer.error
    return opening.new_case_id


async def _fire(opened: Assembly, case_id: str) -> float:
    """How long one event took, in ms."""
    attempt = note(case_id)
    began = perf_counter()
    [answer] = await opened.desk.submit([attempt])
    took = (perf_counter() - began) * 1000
    assert answer.error is None, answer.error
    return took


def note(case_id: str) -> Attempt:
    return Attempt(
        actor=CLERK,
        event="add_note",
        entry_id=new_id(),
        new_case_id="",
        request_id="r",
        case_id=case_id,
        payload={"note": "seen"},
    )
