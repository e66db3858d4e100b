"""Whatever people try on two processes at once, the log and the cases tell one story."""

import asyncio
import json
import random

import pytest

from app.domain.case.attempt import Attempt
from app.services.assembly import Assembly
from app.services.desk.answer import Answer, to_json
from tests.databases import Database
from tests.house import (
    ADMIN,
    ALICE,
    CASHIER,
    CLERK,
    MANAGER,
    SMALL_CLAIM,
    STRANGER,
    SUPERVISOR,
    another_process,
    attempt,
    code,
    declared,
    open_claim,
    rows,
    submit,
)

PEOPLE = (ALICE, CLERK, SUPERVISOR, MANAGER, CASHIER, STRANGER, ADMIN)
EVENTS = (*declared().case_types["expense_claim"].events, "save", "fly")
Told = list[tuple[Attempt, Answer]]


@pytest.mark.parametrize("seed", [1, 2])
async def test_state_is_the_fold_of_the_log_and_every_answer_has_its_entry(
    house: Assembly, database: Database, seed: int
) -> None:
    chance = random.Random(seed)
    claims = [
        await open_claim(house, chance.choice([SMALL_CLAIM, {"amount_cents": 99_999, "currency": "GBP"}]))
        for _ in range(4)
    ]
    batches = [[_any_attempt(chance, claims) for _ in range(chance.randint(1, 9))] for _ in range(60)]
    async with another_process(database) as other:
        answers = await asyncio.gather(*(submit(chance.choice([house, other]), *batch) for batch in batches))
    told = [
        pair for batch, answered in zip(batches, answers, strict=True) for pair in zip(batch, answered, strict=True)
    ]
    assert {code(answer) for _, answer in told} >= {"applied", "denied", "wrong_state", "version_conflict", "not_found"}
    assert "internal" not in {code(answer) for _, answer in told}
    await _every_answer_has_its_entry(told, database)
    await _every_case_is_the_fold_of_its_entries(database)


def _any_attempt(chance: random.Random, claims: list[str]) -> Attempt:
    key = f"k{chance.randint(1, 40)}" if chance.random() < 0.4 else None
    version = chance.randint(1, 6) if chance.random() < 0.2 else None
    event, claim = chance.choice(EVENTS), chance.choice(claims)
    return attempt(chance.choice(PEOPLE), event, claim, key, reason="r", if_version=version)


async def _every_answer_has_its_entry(told: Told, database: Database) -> None:
    stored = {row["entry_id"]: row for row in await rows(database, "SELECT * FROM audit_entry")}
    applied = [(one, answer) for one, answer in told if answer.receipt and not answer.replayed]
    for one, answer in applied:
        assert answer.receipt.entry_id == one.entry_id
        assert (stored[one.entry_id]["case_seq"], stored[one.entry_id]["entry_hash"]) == (
            answer.receipt.case_seq,
            answer.receipt.entry_hash,
        )
    for one, answer in told:
        if answer.error is not None and one.entry_id in stored:
            assert (stored[one.entry_id]["case_seq"], stored[one.entry_id]["kind"]) == (None, "denied")
    given = {json.dumps(to_json(answer), sort_keys=True) for _, answer in applied}
    replayed = [answer for _, answer in told if answer.receipt and answer.replayed]
    assert all(json.dumps(to_json(answer), sort_keys=True) in given for answer in replayed)
    assert len([row for row in stored.values() if row["kind"] == "transition"]) == len(applied)


async def _every_case_is_the_fold_of_its_entries(database: Database) -> None:
    chained = await rows(database, "SELECT * FROM audit_entry WHERE case_seq IS NOT NULL ORDER BY case_id, case_seq")
    for case in await rows(database, "SELECT * FROM cases"):
        steps = [row for row in chained if row["case_id"] == case["id"]]
        assert [row["case_seq"] for row in steps] == list(range(1, case["seq"] + 1))
        assert [row["source"] for row in steps[1:]] == [row["target"] for row in steps[:-1]]
        assert [row["prev_hash"] for row in steps[1:]] == [row["entry_hash"] for row in steps[:-1]]
        assert (steps[-1]["target"], steps[-1]["entry_hash"]) == (case["state"], case["last_hash"])
        times = [row["at"] for row in steps]
        assert times == sorted(set(times))
