"""When a case was opened, changed and closed is when that happened; when it was recorded keeps its entries in order."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.case.attempt import Principal
from app.domain.case.case import Case
from app.domain.declaring.reading.load import load_case_type
from app.domain.values.rfc3339 import parse_rfc3339
from app.policy.files import read_policy
from app.services.assembly import Assembly
from app.services.cases.views import Wanted
from app.services.policy.policies import PolicySource
from app.services.store.ports import Store
from app.services.store.stored import PolicyFile
from tests.databases import Database
from tests.house import (
    CLERK,
    SMALL_CLAIM,
    actor,
    attempt,
    code,
    declaring,
    entries,
    fire,
    fired,
    open_claim,
    opened,
    running,
    state,
    submit,
)
from tests.ticking import AGENT, Watch, declared_with, tick, ticking, watch
from tests.working import comment, take_next

__all__ = ["watch"]

IMPORTER = replace(actor("importer", "admin", "importer"), id="service:importer")
THEN = datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LIFE = [("triage", "carl", "clerk"), ("approve", "susan", "supervisor"), ("pay", "cash", "cashier")]


def acting(name: str, role: str) -> Principal:
    return Principal(f"user:{name}", frozenset({f"role:{role}"}))


async def imported(house: Assembly, then: datetime = THEN, until: str = "pay", **values: Any) -> str:
    """A claim that was made `then` and went a step an hour."""
    case_id = await opened(house, by=IMPORTER, data=SMALL_CLAIM, occurred_at=then, **values)
    for hours, (event, name, role) in enumerate(LIFE, start=1):
        happened = {"occurred_at": then + hours * HOUR, "on_behalf_of": acting(name, role)}
        await fired(house, case_id, event, IMPORTER, **happened)
        if event == until:
            break
    return case_id


def moments(case: Case) -> tuple[datetime, datetime, datetime | None]:
    return case.opened_at, case.changed_at, case.closed_at


async def recorded(database: Database) -> list[datetime]:
    return [parse_rfc3339(entry["at"]) for entry in await entries(database) if "case_seq" in entry]


async def test_an_imported_case_opened_changed_and_closed_when_it_happened(house: Assembly, database: Database) -> None:
    before = datetime.now(UTC) - DAY
    case_id = await imported(house)
    case = await state(house, case_id)
    assert moments(case) == (THEN, THEN + 3 * HOUR, THEN + 3 * HOUR)
    at = await recorded(database)
    assert at == sorted(set(at))
    assert before < at[0]
    assert case.recorded_at == at[-1]


async def test_what_nobody_says_the_time_of_happened_when_it_was_recorded(house: Assembly, database: Database) -> None:
    case = await state(house, await open_claim(house))
    assert moments(case) == (case.recorded_at, case.recorded_at, None)
    assert [case.recorded_at] == await recorded(database)


async def test_what_is_told_of_the_future_happened_when_it_was_recorded(house: Assembly, database: Database) -> None:
    case_id = await imported(house, datetime.now(UTC) + 9 * DAY)
    case, at = await state(house, case_id), await recorded(database)
    assert moments(case) == (at[0], at[-1], at[-1])


async def test_what_is_told_late_takes_nothing_back_and_nothing_closes_before_it_opened(house: Assembly) -> None:
    case_id = await imported(house, until="approve")
    await fired(house, case_id, "add_note", IMPORTER, occurred_at=THEN + HOUR)
    assert moments(await state(house, case_id)) == (THEN, THEN + 2 * HOUR, None)
    late = {"occurred_at": THEN - DAY, "on_behalf_of": acting("cash", "cashier")}
    await fired(house, case_id, "pay", IMPORTER, **late)
    assert moments(await state(house, case_id)) == (THEN, THEN + 2 * HOUR, THEN)


async def test_entries_of_one_batch_keep_their_order_whatever_they_say_of_the_past(
    house: Assembly, database: Database
) -> None:
    case_id = await imported(house, until="triage")
    notes = [attempt(IMPORTER, "add_note", case_id, occurred_at=THEN + one * HOUR) for one in (5, 3, 6, 2)]
    assert {code(answer) for answer in await submit(house, *notes)} == {"applied"}
    at = await recorded(database)
    assert at == sorted(set(at))
    case = await state(house, case_id)
    assert (case.changed_at, case.recorded_at) == (THEN + 6 * HOUR, at[-1])


async def test_a_comment_changes_a_case_now_and_leaves_when_it_was_closed(house: Assembly) -> None:
    case_id = await imported(house)
    assert code(await comment(house, case_id, IMPORTER, "Found it")) == "applied"
    case = await state(house, case_id)
    assert moments(case) == (THEN, case.recorded_at, THEN + 3 * HOUR)


async def test_imported_cases_stand_in_lists_where_they_belong(house: Assembly) -> None:
    new = await open_claim(house, by=IMPORTER)
    old = [await imported(house, THEN - days * DAY, until="triage") for days in (5, 1, 3)]
    by_age = [old[0], old[2], old[1], new]
    for sort, expected in (("opened_at", by_age), ("-changed_at", by_age[::-1])):
        found: list[str] = []
        page = await house.cases.find(IMPORTER, Wanted(sort=sort, limit=1))
        found += [case.id for case in page.items]
        while page.next_cursor:
            page = await house.cases.find(IMPORTER, Wanted(sort=sort, limit=1, cursor=page.next_cursor))
            found += [case.id for case in page.items]
        assert found == expected, sort


LETTER = """
case_type: letter
initial: new
data: {type: object, properties: {answered_at: {}}, additionalProperties: false}
states: {new: {}, done: {final: true}}
events:
  note: {from: new, to: "="}
  write: {from: new, to: "=", when: "now - case.changed_at >= duration('24h')"}
  answer: {from: new, to: done, when: "now - case.opened_at < duration('336h')"}
"""
POLICY = """
p, role:importer, *, letter, *, , allow
p, role:importer, *, letter, case:read, , allow
p, role:clerk, *, letter, note, , allow
p, role:clerk, *, letter, case:read, , allow
p, role:clerk, *, letter, case:claim, , allow
"""


@pytest.fixture
async def letters(store: Store) -> AsyncIterator[Assembly]:
    case_type = load_case_type(LETTER, "letter.yaml").case_type
    policy = read_policy(POLICY, "letter.csv")
    source = PolicySource(PolicyFile(policy.name, policy.sha256), [line.policy_line for line in policy.lines])
    async with running(store, replace(declaring(letter=case_type), policies=(source,))) as house:
        yield house


async def letter(house: Assembly, **values: Any) -> str:
    return await opened(house, by=IMPORTER, case_type="letter", event=None, data={}, **values)


async def test_who_asks_for_the_next_case_gets_the_one_that_waits_since_longest(letters: Assembly) -> None:
    _, old, _ = [await letter(letters, **when) for when in ({}, {"occurred_at": THEN}, {"occurred_at": THEN + DAY})]
    taken = await take_next(letters, CLERK)
    assert taken is not None
    assert taken.case_id == old


async def test_a_guard_sees_an_imported_event_at_its_time(letters: Assembly) -> None:
    case_id = await letter(letters, occurred_at=THEN)
    for hours, event, expected in (
        (23, "write", "guard_refused"),
        (24, "write", "applied"),
        (47, "write", "guard_refused"),
        (24 * 14, "answer", "guard_refused"),
        (24 * 13, "answer", "applied"),
    ):
        happened = THEN + hours * HOUR
        assert code(await fire(letters, case_id, event, IMPORTER, occurred_at=happened)) == expected, (hours, event)
    late = await letter(letters, occurred_at=THEN)
    assert code(await fire(letters, late, "answer", IMPORTER)) == "guard_refused"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_step_that_an_import_brings_about_fires_now_and_the_case_closes_when_it_did(
    database: Database, watch: Watch, tmp_path: Path
) -> None:
    clock = "slow: {kind: elapsed, start: {enters: new}, target: 4h, steps: [{at: 100%, urgency: 10}]}"
    async with ticking(database, declared_with(tmp_path, clock), watch) as house:
        then = watch.now - 90 * DAY
        case_id = await opened(house, by=AGENT, case_type="ticket", event=None, data={}, occurred_at=then)
        await fired(house, case_id, "drop", AGENT, occurred_at=then + 2 * DAY)
        await tick(house)
        case = await state(house, case_id)
        assert case.urgency == 10
        assert (case.opened_at, case.closed_at) == (then, then + 2 * DAY)
        assert watch.now <= case.changed_at <= case.recorded_at
