"""Everybody whom `whocan` names can fire the event, and nobody else can: over the cases of a random run."""

import copy
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.domain.case.attempt import Actor, Attempt
from app.domain.values.errors import Denied, Invalid, NotFound
from app.services.assembly import Assembly
from app.services.store.ports import Store
from tests.databases import Database
from tests.factories import new_id
from tests.house import ADMIN, CLERK, STRANGER, actor, fired, open_claim, open_permit
from tests.lengths import length
from tests.naive_attempts import Attempts
from tests.naive_house import naive_house
from tests.naive_model import NaiveModel, copied
from tests.naive_types import OWN_ROLES, PEOPLE, naive_model
from tests.rulebook import add, member, rule

BATCHES = length(60, 90)
CASES = length(20, 30)
PAYLOADS: list[dict[str, Any]] = [
    {}, {"ticket": 1}, {"amount": 5}, {"amount": 700}, {"amount": 5000}, {"deep": True}, {"deep": False},
]  # fmt: skip
BY_LINES = [
    ("alice", "clerk"), ("carol", "chief"), ("eve", "blind"), ("gus", "boss"), ("jon", "courier"), ("hal", "banned"),
    ("hal", "clerk"),
]  # fmt: skip
NEWCOMER = "user:newcomer"


@pytest.fixture
async def naive(store: Store, database: Database, tmp_path: Path) -> AsyncIterator[Assembly]:
    async with naive_house(store, database, tmp_path) as house:
        yield house


async def test_everybody_whom_it_names_succeeds_and_nobody_else_does(naive: Assembly) -> None:
    model, random = naive_model(), Random(5)
    model.policy.own_roles = copy.deepcopy(OWN_ROLES)
    await _random_run(naive, model, random)
    for tenant in ("acme", "globex"):
        root = actor("root", "admin", "boss", tenant=tenant)
        lines = [member(user, role, tenant) for user, role in BY_LINES]
        await add(naive, root, *lines)
        for line in lines:
            model.policy.own_roles.setdefault((tenant, line.role), set()).add(line.obj)
    seen: Counter[str] = Counter()
    for case in random.sample(list(model.cases.values()), CASES):
        for event in model.types[case["case_type"]].events:
            seen += await _agrees(naive, model, case, event)
    assert all(seen[what] > 5 for what in ("subjects", "roles", "nobody", "payload")), seen


async def _random_run(house: Assembly, model: NaiveModel, random: Random) -> None:
    attempts = Attempts(random, model)
    for _ in range(BATCHES):
        await house.desk.submit([attempt for attempt, _ in attempts.batch()])


async def _agrees(house: Assembly, model: NaiveModel, case: dict[str, Any], event: str) -> Counter[str]:
    root = actor("root", "admin", tenant=case["tenant"])
    found = await house.who_can.fire(root, case["id"], event, None, 200)
    people = {who for who in (*PEOPLE, NEWCOMER) if who.startswith("user:")}
    named = {able.name for able in found.subjects}
    able = {who for who in people if _succeeds(model, case, event, who, set())}
    assert named <= able, (case, event)
    known = {case["creator"], *(user for tenant, user in model.policy.own_roles if tenant == case["tenant"])}
    everybody = "*" in {one.name for one in found.roles}
    assert not able & known - named, (case, event)
    assert everybody == (NEWCOMER in able), (case, event)
    assert everybody or named == able, (case, event)
    roles = {f"role:{name}" for name in ("clerk", "chief", "blind", "boss", "courier", "banned", "reader", "admin")}
    alone = {role for role in roles if _succeeds(model, case, event, NEWCOMER, {role})}
    told = {one.name for one in found.roles if one.name.startswith("role:")}
    assert (told == alone) or (everybody and told <= alone), (case, event)
    payload = any(one.needs for one in found.subjects)
    return Counter(subjects=len(named), roles=len(alone), nobody=not named, payload=payload)


def _succeeds(model: NaiveModel, case: dict[str, Any], event: str, who: str, roles: set[str]) -> bool:
    """Whether some payload lets him fire it, tried on a copy each."""
    by = Actor(tenant=case["tenant"], id=who, roles=frozenset(roles))
    attempt = Attempt(
        actor=by, event=event, entry_id=new_id(), new_case_id=new_id(), request_id="r", case_id=case["id"], reason="x"
    )
    return any(_fires(model, case, replace(attempt, payload=payload)) for payload in PAYLOADS)


def _fires(model: NaiveModel, case: dict[str, Any], attempt: Attempt) -> bool:
    kept = copied(case)
    try:
        return model.answer(attempt).code == "ok"
    finally:
        case.clear()
        case.update(kept)


async def test_it_takes_the_administrator_of_the_case_type_who_may_read_the_case(house: Assembly) -> None:
    claim = await open_claim(house)
    with pytest.raises(NotFound):
        await house.who_can.fire(STRANGER, claim, "triage", None, 10)
    with pytest.raises(NotFound):
        await house.who_can.fire(replace(ADMIN, tenant="globex"), claim, "triage", None, 10)
    with pytest.raises(Denied, match="case:admin"):
        await house.who_can.fire(CLERK, claim, "triage", None, 10)
    with pytest.raises(Invalid, match="event"):
        await house.who_can.fire(ADMIN, claim, "fly", None, 10)


async def test_four_eyes_and_the_own_roles_of_the_case_count_per_subject(house: Assembly) -> None:
    both = ("intake", "building_inspector", "environment_officer", "decider")
    await add(house, ADMIN, *(member("bob", role) for role in both), member("dora", "decider"))
    permit = await open_permit(house)
    for event in ("accept", "clear_building", "clear_environment"):
        await fired(house, permit, event, actor("bob"))
    found = await house.who_can.fire(ADMIN, permit, "grant", None, 10)
    assert [able.name for able in found.subjects] == ["user:dora"]
    assert "role:decider" in {able.name for able in found.roles}


async def test_subjects_come_in_pages(house: Assembly) -> None:
    claim = await open_claim(house)
    await add(house, ADMIN, rule("role:helper", "triage"), *(member(f"u{n}", "helper") for n in range(5)))
    found, after = [], None
    while True:
        page = await house.who_can.fire(ADMIN, claim, "triage", after, 2)
        found += [able.name for able in page.subjects]
        if page.after is None:
            break
        after = page.after
    assert found == [f"user:u{n}" for n in range(5)]
