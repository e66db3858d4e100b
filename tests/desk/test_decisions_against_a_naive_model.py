"""The decision core agrees with a naive model over thousands of random attempts, on both databases."""

import dataclasses
import os
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.domain.case.attempt import Attempt
from app.services.assembly import Assembly
from app.services.desk.answer import Answer
from app.services.store.ports import Store
from app.services.store.stored import CaseKey
from tests.databases import Database
from tests.lengths import length
from tests.naive_attempts import Attempts
from tests.naive_house import naive_house
from tests.naive_log import Log, read_log
from tests.naive_model import Expected, NaiveModel
from tests.naive_types import naive_model

ATTEMPTS = length(2_000, 4_000)
SEED = int(os.environ.get("MODEL_SEED", "5"))
ANSWERS = {
    "ok", "denied", "not_found", "invalid", "version_conflict", "wrong_state", "guard_refused", "conflict",
    "idempotency_mismatch",
}  # fmt: skip


@pytest.fixture
async def house(store: Store, database: Database, tmp_path: Path) -> AsyncIterator[Assembly]:
    async with naive_house(store, database, tmp_path) as house:
        yield house


async def test_every_answer_case_and_entry_is_the_one_of_a_naive_model(house: Assembly, database: Database) -> None:
    model, seen = await agreed_on(house, Random(SEED))
    assert set(seen) == ANSWERS
    assert not never_fired(model)
    log = await read_log(database)
    log.check_hashes()
    for case in model.cases.values():
        await check_case(house.store, log, model, case)
    assert len(log.chained()) == sum(case["seq"] for case in model.cases.values())
    denied = [_refusal(log, entry) for entry in log.denied()]
    assert sorted(denied, key=str) == sorted(model.denied, key=str)


async def agreed_on(house: Assembly, random: Random) -> tuple[NaiveModel, Counter[str]]:
    """Submit random batches, compare every answer; returns the model and how often it gave each answer."""
    model, seen = naive_model(), Counter[str]()
    attempts = Attempts(random, model)
    story: list[tuple[Attempt, Expected]] = []
    while len(story) < ATTEMPTS:
        batch = attempts.batch()
        real = await house.desk.submit([attempt for attempt, _ in batch])
        for (attempt, expected), answer in zip(batch, real, strict=True):
            story.append((attempt, expected))
            seen[expected.code] += 1
            assert _told(answer) == _expected(expected), _report(story, answer)
    return model, seen


def never_fired(model: NaiveModel) -> set[str]:
    """Events that no attempt fired: a test that does not get there proves nothing about them."""
    fired = {entry["event"] for case in model.cases.values() for entry in case["entries"]}
    return {event for declared in model.types.values() for event in (*declared.events, *declared.opening)} - fired


async def check_case(store: Store, log: Log, model: NaiveModel, case: dict[str, Any]) -> None:
    """The stored case, its entries and what they fold to are those of the model."""
    found = await store.case(CaseKey(case["tenant"], case["id"]))
    assert found is not None
    stored, chain = found.case, log.chain(case["tenant"], case["id"])
    assert (stored.seq, stored.creator, stored.last_hash) == (case["seq"], case["creator"], chain[-1]["entry_hash"])
    names = ("id", "case_type", "reference", "version", "data", "state")
    shown = {name: getattr(stored, name) for name in names} | {"closed": stored.closed_at is not None}
    assert shown == model.shown(case)
    log.check_chain(chain)
    assert log.fold(chain) == (stored.state, stored.data)
    assert [_entry(log, entry) for entry in chain] == case["entries"]
    read = await store.entries(case["tenant"], case["id"], denied=False, after=None, limit=1000)
    assert [(e.entry, e.entry_hash) for e in read] == [(e["entry"], e["entry_hash"]) for e in chain]


def _entry(log: Log, entry: dict[str, Any]) -> dict[str, Any]:
    said = entry["said"]
    told = {name: said[name] for name in ("entry_id", "kind", "event", "source", "target")}
    return told | {"seq": said["case_seq"]} | _attempted(log, entry)


def _refusal(log: Log, entry: dict[str, Any]) -> dict[str, Any]:
    said = entry["said"]
    told = {name: said.get(name) for name in ("tenant", "entry_id", "kind", "case_id", "event")}
    return told | _attempted(log, entry)


def _attempted(log: Log, entry: dict[str, Any]) -> dict[str, Any]:
    said = entry["said"]
    at = datetime.fromisoformat(said["occurred_at"]) if "occurred_at" in said else None
    who = {"actor": said["actor"]["reference"], "on_behalf_of": said["actor"]["on_behalf_of"]}
    return {**who, "occurred_at": at, "sent": log.sent(entry)}


def _told(answer: Answer) -> dict[str, Any]:
    if answer.error:
        extra = answer.error.extra
        return {"code": answer.error.code, "extra": extra, "replayed": answer.replayed}
    assert answer.receipt is not None
    case = answer.case and {**answer.case, "closed": answer.case["closed_at"] is not None}
    names = ("id", "case_type", "reference", "version", "data", "state", "closed")
    shown = case and {name: case[name] for name in names}
    told = {"code": "ok", "seq": answer.receipt.case_seq, "opened": answer.opened, "case": shown}
    return {**told, "replayed": answer.replayed}


def _expected(expected: Expected) -> dict[str, Any]:
    told = dataclasses.asdict(expected)
    wanted = ("code", "seq", "opened", "case") if expected.code == "ok" else ("code", "extra")
    return {name: told[name] for name in (*wanted, "replayed")}


def _report(story: list[tuple[Attempt, Expected]], answer: Answer) -> str:
    """The attempt, both answers, and what happened to the same case or under the same key before."""
    attempt, expected = story[-1]
    before = [f"{_short(a)} -> {e.code} {(e.case or {}).get('state', '')}" for a, e in story[:-1] if _same(a, attempt)]
    return "\n".join(
        [
            *("before:", *before[-12:]),
            *("the attempt:", str(attempt)),
            *("the model:", str(_expected(expected))),
            *("the product:", str(_told(answer)), str(answer.error and (answer.error, answer.error.reasons))),
        ]
    )


def _same(one: Attempt, other: Attempt) -> bool:
    keys = one.idempotency and other.idempotency and one.idempotency.key == other.idempotency.key
    named = one.reference is not None and one.reference == other.reference
    return bool(keys or named or (other.case_id and other.case_id in (one.case_id, one.new_case_id)))


def _short(attempt: Attempt) -> str:
    values = {f.name: getattr(attempt, f.name) for f in dataclasses.fields(attempt)}
    left_out = {"entry_id", "new_case_id", "request_id"}
    return ", ".join(f"{name}={value}" for name, value in values.items() if value is not None and name not in left_out)
