"""Doing what `explain` says would allow an event does allow it: over the refusals of a random run, by a naive model."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.domain.case.attempt import Actor
from app.domain.explaining.explain import RefusedEvent
from app.domain.explaining.what_would_help import Way
from app.services.assembly import Assembly
from app.services.store.ports import Store
from tests.databases import Database, mostly_sqlite
from tests.lengths import length
from tests.naive_attempts import Attempts
from tests.naive_house import naive_house
from tests.naive_model import NaiveModel
from tests.naive_types import ACTORS, INCLUDES, naive_model
from tests.naive_worlds import DATA, NEWCOMER, PAYLOADS, PERSONAL, allowed, applies, attempt, worlds

__all__ = ["mostly_sqlite"]

ROUNDS = length(15, 45)
KINDS = {"role", "state", "rule", "guard", "four_eyes", "several", "at once", "none"}


@pytest.fixture
async def naive(store: Store, database: Database, tmp_path: Path) -> AsyncIterator[Assembly]:
    async with naive_house(store, database, tmp_path) as house:
        yield house


async def test_each_way_that_is_told_leads_to_the_event(naive: Assembly) -> None:
    model, random = naive_model(), Random(5)
    attempts = Attempts(random, model)
    for _ in range(ROUNDS):
        await naive.desk.submit([attempt for attempt, _ in attempts.batch()])
    seen: Counter[str] = Counter()
    for case in list(model.cases.values()):
        for actor in random.sample([one for one in ACTORS if one.tenant == case["tenant"]], 3):
            if model.policy.may(case, attempt(actor, case, ""), "case:read", acting=True):
                for refused in (await naive.cases.possible(actor, case["id"], True)).refused:
                    seen += _checked(model, case, actor, refused)
    assert set(seen) >= KINDS, seen


def _checked(model: NaiveModel, case: dict[str, Any], actor: Actor, refused: RefusedEvent) -> Counter[str]:
    """Every way leads there. Where none is told, nothing that this test can think of leads there either."""
    assert refused.reasons
    assert not applies(model, refused.event, (case, actor, PAYLOADS))
    if not refused.ways:
        assert not _some_way(model, case, actor.tenant, refused.event), (case, actor, refused)
        return Counter(none=1)
    tried = [_leads(model, case, actor, refused, way) for way in refused.ways]
    several, at_once = len(tried) > 1, any(sum(not change.met for change in way) > 1 for way in refused.ways)
    return Counter(change.code for way in refused.ways for change in way) + Counter(
        {"several": several, "at once": at_once}
    )


def _leads(model: NaiveModel, case: dict[str, Any], actor: Actor, refused: RefusedEvent, way: Way) -> None:
    told = [change.detail for change in way]
    found = list(worlds(model, case, actor, way, refused.event))
    assert found or any(text in PERSONAL for one in told for text in one.values()), (case, actor, refused.event, way)
    for world in found:
        assert allowed(model, refused.event, world), (world, refused.event, way)


def _some_way(model: NaiveModel, case: dict[str, Any], tenant: str, event: str) -> bool:
    """Whether somebody could fire it where the case is, with some one role and some data."""
    roles = [set(), *({role} for role in (*INCLUDES, "role:blind", "role:courier"))]
    return any(
        applies(model, event, ({**case, "data": data}, Actor(tenant=tenant, id=who, roles=frozenset(some)), PAYLOADS))
        for who in (NEWCOMER, case["creator"])
        for some in roles
        for data in (case["data"], *DATA[case["case_type"]][:3])
    )
