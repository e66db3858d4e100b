"""Every refusal is in the log, singly or counted, and none takes more of it than it tells."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from app.db import open_store
from app.domain.policy.scope import Scope
from app.domain.values.errors import Denied
from app.services.assembly import Assembly
from app.services.callers.api_keys import NewKey
from app.services.entries.refusals import MINUTE, MOST_NAMES, OTHERS, CountedRefusal, Refusals
from app.services.policy.requests import AskedChange
from app.services.store.failures import StoreUnavailable
from tests.databases import Database
from tests.factories import TENANT
from tests.fake_stores import AT, FakeEntries
from tests.house import (
    CASHIER,
    CLERK,
    STRANGER,
    actor,
    another_process,
    attempt,
    code,
    entries,
    open_claim,
    policy_file,
    rows,
    running,
    state,
    submit,
)


async def refuse(
    house: Assembly, case_id: str, times: int, event: str = "approve", by: Any = CASHIER, **values: Any
) -> None:
    answers = await submit(house, *(attempt(by, event, case_id, **values) for _ in range(times)))
    assert {code(answer) for answer in answers} <= {"denied", "not_found", "wrong_state"}


async def logged(database: Database) -> tuple[int, list[dict[str, Any]]]:
    """How many refusals have an entry of their own, and the entries of counted ones."""
    found = await entries(database, "denied")
    return sum("counted" not in entry for entry in found), [entry for entry in found if "counted" in entry]


async def test_what_one_caller_is_refused_too_often_in_a_minute_is_one_entry_with_counts(
    house: Assembly, database: Database
) -> None:
    house.refusals.most = 3
    claim = await open_claim(house)
    before = await state(house, claim)
    await refuse(house, claim, 5)
    await refuse(house, claim, 4, "pay")
    await refuse(house, claim, 2, "pay", CLERK)
    assert await logged(database) == (5, [])
    await house.refusals.write(everything=True)
    single, [counted] = await logged(database)
    assert (single, counted["actor"], counted["counted"]) == (5, {"reference": CASHIER.id}, 6)
    assert counted["counts"] == [
        {"code": "denied", "event": "approve", "count": 2},
        {"code": "wrong_state", "event": "pay", "count": 4},
    ]
    assert before.opened_at <= datetime.fromisoformat(counted["since"]) <= datetime.fromisoformat(counted["until"])
    assert (await state(house, claim)) == before
    await house.refusals.write(everything=True)
    assert len((await logged(database))[1]) == 1


async def test_every_refusal_is_counted_once_whatever_the_batch(house: Assembly, database: Database) -> None:
    house.refusals.most = 10
    claim = await open_claim(house)
    await refuse(house, claim, 150)
    await house.refusals.write(everything=True)
    single, [counted] = await logged(database)
    assert (single, counted["counted"]) == (10, 140)


async def test_the_next_minute_begins_anew(house: Assembly, database: Database) -> None:
    now = 1000.0
    house.refusals.most, house.refusals.clock = 1, lambda: now
    claim = await open_claim(house)
    await refuse(house, claim, 3)
    now += MINUTE - 0.001
    await house.refusals.write()
    assert await logged(database) == (1, [])
    now += 0.001
    await refuse(house, claim, 2, "pay")
    await house.refusals.write()
    single, [counted] = await logged(database)
    assert (single, counted["counts"]) == (2, [{"code": "denied", "event": "approve", "count": 2}])
    now += MINUTE
    await house.refusals.write()
    assert (await logged(database))[1][1]["counts"] == [{"code": "wrong_state", "event": "pay", "count": 1}]
    assert house.refusals._minutes == {}


async def test_a_minute_that_is_over_is_in_the_log_whatever_becomes_of_the_process(
    house: Assembly, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Without anybody asking for it: one that is killed loses the minute that runs, of which its own log has a line."""
    now = 1000.0
    house.refusals.most, house.refusals.clock = 1, lambda: now
    await refuse(house, await open_claim(house), 4)
    write, looked = house.refusals.write, asyncio.Event()

    async def writing(**how: bool) -> None:
        await write(**how)
        looked.set()

    house.refusals.write = writing  # type: ignore[method-assign]
    now += MINUTE
    async with asyncio.timeout(60):
        await looked.wait()
    assert (await logged(database))[1][0]["counted"] == 3
    told = [record.getMessage() for record in caplog.records if record.name == "stateward.refusals"]
    assert told == ["user:cash of acme is refused often: counted until a minute is over"]


async def test_what_was_counted_is_written_when_the_process_stops(database: Database) -> None:
    async with running(open_store(database.url)) as house:
        house.refusals.most = 1
        claim = await open_claim(house)
        await refuse(house, claim, 5)
        assert await logged(database) == (1, [])
    single, [counted] = await logged(database)
    assert (single, counted["counted"]) == (1, 4)


async def test_each_replica_counts_what_it_refuses(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    async with another_process(database) as other:
        for replica, times in ((house, 4), (other, 6)):
            replica.refusals.most = 2
            await refuse(replica, claim, times)
    await house.refusals.write(everything=True)
    single, counted = await logged(database)
    assert (single, sorted(entry["counted"] for entry in counted)) == (4, [2, 4])


async def test_whoever_is_refused_little_has_entries_of_their_own_beside_who_is_refused_much(
    house: Assembly, database: Database
) -> None:
    house.refusals.most = 2
    claim = await open_claim(house)
    theirs = await open_claim(house, by=actor("alice", tenant="globex"))
    await refuse(house, claim, 20)
    await refuse(house, claim, 2, by=STRANGER)
    await refuse(house, theirs, 2, by=actor("cash", "cashier", tenant="globex"))
    assert (await logged(database))[0] == 6


async def test_what_cannot_be_written_is_written_later(house: Assembly, database: Database) -> None:
    house.refusals.most = 1
    await refuse(house, await open_claim(house), 3)
    transaction = house.store.transaction

    @asynccontextmanager
    async def away(*_: str) -> AsyncIterator[Any]:
        raise StoreUnavailable("away")
        yield

    house.store.transaction = away  # type: ignore[method-assign,assignment]
    await house.refusals.write(everything=True)
    house.store.transaction = transaction  # type: ignore[method-assign]
    assert await logged(database) == (1, [])
    await house.refusals.write()
    assert (await logged(database))[1][0]["counted"] == 2


async def test_a_batch_that_was_not_committed_counts_nothing(house: Assembly, database: Database) -> None:
    """It is tried again, and what is refused then is counted then."""
    house.refusals.most = 1
    claim = await open_claim(house)
    record, failed = type(house.store).transaction, []

    @asynccontextmanager
    async def fails_once(*tenants: str) -> AsyncIterator[Any]:
        async with record(house.store, *tenants) as tx:
            yield tx
            if not failed:
                failed.append(tx)
                raise RuntimeError("the commit fails")

    house.store.transaction = fails_once  # type: ignore[method-assign,assignment]
    await refuse(house, claim, 4)
    await house.refusals.write(everything=True)
    single, [counted] = await logged(database)
    assert single + counted["counted"] == 4


async def test_the_same_request_again_is_counted_no_second_time(house: Assembly, database: Database) -> None:
    house.refusals.most = 1
    claim = await open_claim(house)
    for _ in range(3):
        await refuse(house, claim, 1)
        await refuse(house, claim, 1, by=CASHIER, key="k")
        await refuse(house, claim, 1, by=STRANGER)
        await refuse(house, claim, 1, by=STRANGER, key="s")
    await house.refusals.write(everything=True)
    assert sorted(entry["counted"] for entry in (await logged(database))[1]) == [3, 3]


async def test_refused_changes_of_policy_and_keys_are_counted_too(house: Assembly, database: Database) -> None:
    house.refusals.most = 2
    wanted = NewKey(title="a key", subject="service:x", roles=frozenset(), scope=Scope())
    for _ in range(3):
        with pytest.raises(Denied):
            await house.api_keys.make(CLERK, wanted, "request-1")
        with pytest.raises(Denied):
            await house.policy_changes.change(
                CLERK, AskedChange(add=[replace(policy_file("expense_claim").lines[0], tenant=TENANT)])
            )
    await house.refusals.write(everything=True)
    single, [counted] = await logged(database)
    assert (single, counted["counts"]) == (2, [{"code": "denied", "event": "case:admin", "count": 4}])


async def test_more_names_than_an_entry_tells_apart_are_counted_together() -> None:
    store = FakeEntries()
    refusals = Refusals(store)
    refusals.count(CountedRefusal((TENANT, "user:x"), "wrong_state", f"{n:0100}", AT) for n in range(500))
    await refusals.write(everything=True)
    [counted] = [entry.draft.body for entry in store.written]
    others = [one["count"] for one in counted["counts"] if one["event"] == OTHERS]
    assert (counted["counted"], len(counted["counts"]), others) == (500, MOST_NAMES + 1, [400])


SENT = {
    "few": ({"note": "why not"}, 0),
    "many fields": ({f"f{n}": n for n in range(190)}, 190),
    "a large value": ({"note": "x" * 900_000}, 1),
    "more fields than any entry holds": ({f"f{n}": n for n in range(1000)}, 1000),
    "long names": ({"n" * 3000: 1}, 1),
}


@pytest.mark.parametrize("sent", SENT)
async def test_what_is_refused_is_kept_as_far_as_it_is_small(house: Assembly, database: Database, sent: str) -> None:
    payload, left_out = SENT[sent]
    claim = await open_claim(house)
    await refuse(house, claim, 1, payload=payload, reason="I tried")
    [entry] = await entries(database, "denied")
    assert entry.get("left_out", 0) == left_out
    assert set(entry["fields"]) == {"/reason", *([] if left_out else ["/payload/note"])}
    [size] = await rows(
        database,
        "SELECT sum(length(value) + length(path) + 32) AS n FROM audit_payload p"
        " WHERE EXISTS (SELECT 1 FROM audit_entry e WHERE e.entry_id = p.entry_id AND e.kind = 'denied')",
    )
    assert size["n"] + len(json.dumps(entry)) < 4_000


async def test_a_long_reason_is_left_out_alone(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    await refuse(house, claim, 1, payload={"note": "short"}, reason="x" * 5000)
    [entry] = await entries(database, "denied")
    assert (set(entry["fields"]), entry["left_out"]) == ({"/payload/note"}, 1)
