"""A dry run answers what the call after it is answered, says what it will change, and leaves the database as it is."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.domain.case.attempt import Attempt, Opens
from app.domain.verbs.assigning import Assign, Claim
from app.domain.verbs.commenting import Comment
from app.domain.verbs.linking import Link
from app.services.assembly import Assembly
from app.services.desk.answer import Answer, case_json
from app.services.store.ports import Store
from app.services.store.stored import CaseKey, PolicyChange, PolicyLine
from tests.databases import Database
from tests.house import (
    ADMIN,
    ALICE,
    CLERK,
    STRANGER,
    SUPERVISOR,
    attempt,
    let_nobody_read,
    open_claim,
    opening,
    rows,
    tried,
)
from tests.lengths import length
from tests.naive_attempts import Attempts
from tests.naive_house import naive_house
from tests.naive_types import naive_model
from tests.whole_database import everything

ROUNDS = length(12, 600)
SEED = int(os.environ.get("MODEL_SEED", "7"))
MOMENTS = ("opened_at", "changed_at", "closed_at")


class Unkeyed(Attempts):
    """The same by chance, without keys, which mean nothing to a dry run."""

    def _attempt(self, hot: list[str]) -> Attempt:
        return replace(super()._attempt(hot), idempotency=None)


async def dry(house: Assembly, database: Database, *attempts: Attempt) -> list[Answer]:
    """What they would be answered, and nothing is written."""
    before = await everything(database)
    answers = await house.trials.submit(attempts)
    assert await everything(database) == before
    return answers


def told(answer: Answer) -> Any:
    """All that a caller learns, but moments and the receipt."""
    error = answer.error
    if error is not None:
        return error.code, error.message, error.reasons, error.errors, error.extra
    case = answer.case and {name: value for name, value in answer.case.items() if name not in (*MOMENTS, "slas")}
    shown = answer.shown and {name: value for name, value in answer.shown.items() if not name.endswith("_at")}
    return answer.opened, case, shown, answer.case_id


def with_changes(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The data once each path is what it is told to become."""
    after = dict(data)
    for path, pair in changes.items():
        _, name, *rest = path.split(".")
        assert not rest
        assert after.get(name) == pair["from"]
        after[name] = pair["to"]
    return after


@pytest.fixture
async def naive(store: Store, database: Database, tmp_path: Path) -> AsyncIterator[Assembly]:
    async with naive_house(store, database, tmp_path) as house:
        yield house


async def test_a_dry_run_and_the_call_after_it_agree_and_it_writes_nothing(naive: Assembly, database: Database) -> None:
    made, seen = Unkeyed(Random(SEED), naive_model()), Counter[str]()
    for _ in range(ROUNDS):
        batch = [attempt for attempt, _ in made.batch()]
        before = {key: await naive.store.case(key) for one in batch if (key := one.names)}
        trial = await dry(naive, database, *batch)
        real = await naive.desk.submit(batch)
        assert list(map(told, trial)) == list(map(told, real))
        for attempted, answer, was in zip(batch, trial, (before.get(one.names) for one in batch), strict=True):
            seen[answer.error.code if answer.error else "applied"] += 1
            if answer.error is None:
                assert answer.tried
                assert answer.receipt is None
                if answer.changes is not None and [one.names for one in batch].count(attempted.names) == 1:
                    _check_changes(answer, was.case.state if was else None, was.case.data if was else {})
    assert {"applied", "denied", "not_found", "invalid", "wrong_state", "guard_refused"} <= set(seen)


def _check_changes(answer: Answer, state: str | None, data: Mapping[str, Any]) -> None:
    assert answer.changes is not None
    assert answer.case is not None
    assert answer.changes["state"] == {"from": state, "to": answer.case["state"]}
    assert with_changes(data, answer.changes["data"]) == answer.case["data"]


async def test_a_batch_larger_than_a_transaction_sees_what_its_first_attempts_did(
    house: Assembly, database: Database
) -> None:
    openings = [replace(opening(reference=f"R{n}"), opens=Opens.IF_ABSENT) for n in range(70)]
    moves = [replace(one, event="triage", actor=CLERK, data=None, new_case_id="", payload=None) for one in openings]
    answers = await dry(house, database, *openings, *moves)
    assert [answer.error for answer in answers] == [None] * 140
    assert {answer.case["state"] for answer in answers[70:] if answer.case} == {"review.first_line"}


async def test_steps_of_clocks_that_are_due_belong_to_what_it_would_change(house: Assembly, database: Database) -> None:
    long_ago = datetime(2026, 3, 2, 9, tzinfo=UTC)
    opened = await tried(house, opening(by=ADMIN, occurred_at=long_ago))
    assert opened.case is not None
    case_id = opened.case["id"]
    triage = attempt(CLERK, "triage", case_id)
    [answer] = await dry(house, database, triage)
    assert answer.changes is not None
    assert answer.changes["state"] == {"from": "submitted", "to": "review.first_line"}
    assert answer.changes["data"] == {}
    assert answer.case is not None
    assert answer.case["urgency"] > opened.case["urgency"]  # the last of the steps that are past acts
    clock = answer.changes["clocks"]["decision"]
    assert (clock["from"]["breached_at"], clock["to"]["breached_at"]) == (None, clock["to"]["due_at"])
    real = await tried(house, triage)
    assert real.case is not None
    assert told(real) == told(answer)
    assert clock["to"] == real.case["slas"]["decision"]


async def test_verbs_are_tried_too(house: Assembly, database: Database) -> None:
    one, other = await open_claim(house), await open_claim(house)
    tries = [
        attempt(CLERK, None, one, verb=Claim()),
        attempt(STRANGER, None, one, verb=Claim()),
        attempt(SUPERVISOR, None, one, verb=Assign("user:carl", "team:north", frozenset({"assignee", "team"}))),
        attempt(CLERK, None, one, verb=Comment("Looks fine", (), None, None)),
        attempt(CLERK, None, one, verb=Link("blocks", other)),
        attempt(CLERK, None, one, verb=Link("blocks", other)),
    ]
    trial = await dry(house, database, *tries)
    real = await house.desk.submit(tries)
    assert list(map(told, trial)) == list(map(told, real))
    assert [answer.error.code if answer.error else None for answer in real] == [
        None,
        "not_found",
        *[None] * 3,
        "conflict",
    ]
    assert trial[3].changes == {"state": {"from": "submitted", "to": "submitted"}, "data": {}, "clocks": {}}
    [again] = await dry(house, database, tries[4])
    assert again.error is not None
    assert again.error.code == "conflict"


async def test_whoever_may_not_read_learns_of_no_change(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house)
    await let_nobody_read(house, "expense_claim")
    triage = attempt(CLERK, "triage", case_id)
    [trial] = await dry(house, database, triage)
    assert (trial.error, trial.case, trial.changes) == (None, None, None)
    assert told(trial) == told(await tried(house, triage))


async def test_who_would_read_only_once_it_is_theirs_learns_of_no_change(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house)
    await let_nobody_read(house, "expense_claim")
    line = PolicyLine(kind="p", role="[assignee]", tenant="*", obj="expense_claim", act="case:read", eft="allow")
    async with house.store.transaction(line.tenant) as tx:
        await tx.change_policy(PolicyChange(add=[line]))
    claim = attempt(CLERK, None, case_id, verb=Claim())
    [trial] = await dry(house, database, claim)
    assert trial.case is not None
    assert trial.changes is None
    assert told(trial) == told(await tried(house, claim))


async def test_where_somebody_was_faster_the_call_says_so(house: Assembly) -> None:
    case_id = await open_claim(house)
    triage = attempt(CLERK, "triage", case_id, if_version=1)
    [trial] = await house.trials.submit([triage])
    assert trial.error is None
    await tried(house, attempt(SUPERVISOR, None, case_id, verb=Assign("user:carl", None, frozenset({"assignee"}))))
    late = await tried(house, triage)
    assert late.error is not None
    assert late.error.code == "version_conflict"


async def test_it_waits_for_no_lock(house: Assembly) -> None:
    case_id = await open_claim(house)
    async with house.store.transaction("acme") as tx:
        await tx.lock([CaseKey("acme", case_id)], [])
        [answer] = await asyncio.wait_for(house.trials.submit([attempt(CLERK, "triage", case_id)]), 20)
    assert answer.error is None


async def test_it_is_counted_and_none_of_it_as_an_attempt(house: Assembly) -> None:
    tried_, committed = Counter[Any](), []
    house.tell_tried(tried_.update)
    house.tell_committed(committed.append)
    await house.trials.submit([opening(), opening(by=STRANGER, event="pay")])
    assert tried_ == {("expense_claim", "event", "applied"): 1, ("expense_claim", "event", "invalid"): 1}
    assert not committed


async def test_a_refusal_that_is_only_tried_is_neither_logged_nor_counted(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house)
    asked: Sequence[Attempt] = [attempt(CLERK, "approve", case_id) for _ in range(100)]
    answers = await dry(house, database, *asked)
    assert {answer.error.code for answer in answers if answer.error} == {"denied"}
    await tried(house, attempt(CLERK, "approve", case_id))
    assert len(await rows(database, 'SELECT 1 FROM audit_entry WHERE entry LIKE \'%"kind":"denied"%\'')) == 1


async def test_the_case_that_is_told_is_the_one_that_is_read_afterwards(house: Assembly, database: Database) -> None:
    one = opening()
    [trial] = await dry(house, database, one)
    await tried(house, one)
    shown = await house.cases.show(ALICE, one.new_case_id)
    now = case_json(shown.case, shown.clocks)
    assert trial.case is not None
    late = timedelta(minutes=2)
    for name, value in now.items():
        if name in ("opened_at", "changed_at"):
            assert datetime.fromisoformat(str(value)) - datetime.fromisoformat(trial.case[name]) < late
        elif name != "slas":
            assert trial.case[name] == value
    assert trial.changes is not None
    assert trial.changes["state"] == {"from": None, "to": "submitted"}
    assert set(trial.changes["clocks"]) == set(now["slas"])
