"""What was entered wrongly is put right: in the case, its clocks and its log, by whom the policy lets."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from httpx import AsyncClient

from app.commands.deciding_again import deciding
from app.domain.clocks.explained import Stretch
from app.domain.schemas.merge_patch import merged
from app.domain.values.rfc3339 import parse_rfc3339
from app.domain.verbs.correcting import Correct
from app.services.assembly import Assembly
from app.services.cases.views import Wanted
from app.services.desk.answer import Answer
from app.services.log.checking import LogCheck
from app.verify import verify
from tests.clocks.test_clocks import agrees, clock, opened
from tests.databases import Database, sqlite_of
from tests.exporting import export
from tests.house import (
    CASHIER,
    CLERK,
    MANAGER,
    SUPERVISOR,
    applied,
    attempt,
    code,
    entries,
    fired,
    open_claim,
    state,
    tried,
)
from tests.lengths import length
from tests.over_http import client_of
from tests.ticking import AGENT, POLICY, Watch, declared_with, tick, ticking, watch

__all__ = ["watch"]
WHY = "The receipt says so"
MAY = POLICY + "p, role:agent, *, ticket, case:correct, , allow\n"


async def correct(house: Assembly, case_id: str, by: Any = MANAGER, reason: str | None = WHY, **data: Any) -> Answer:
    return await tried(house, attempt(by, None, case_id, verb=Correct(), data=data, reason=reason))


async def log_agrees(house: Assembly) -> None:
    """Each case is what its entries tell."""
    steps = [step async for step in LogCheck(house.store, house.clocks, None, (), None).steps()]
    assert [one for step in steps for one in step.wrong] == []


async def test_old_and_new_value_stand_in_the_log_and_no_event_is_invented(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house, {"amount_cents": 42000, "currency": "EUR", "cost_centre": "A1"})
    before = await state(house, case_id)
    case = applied(await correct(house, case_id, amount_cents=4200, cost_centre=None))
    assert case["data"] == {"amount_cents": 4200, "currency": "EUR", "submitted_by": "user:alice"}
    assert (case["state"], case["version"]) == ("submitted", before.version + 1)
    [entry] = await entries(database, "corrected")
    assert (entry["event"], entry["act"], entry["removed"]) == (None, "case:correct", ["/data/cost_centre"])
    assert (entry["source"], entry["target"]) == ("submitted", "submitted")
    stored = (await house.cases.log(MANAGER, case_id, False, None, 10))[-1]
    assert stored.values == {
        "/data/amount_cents": 4200,
        "/was/amount_cents": 42000,
        "/was/cost_centre": "A1",
        "/reason": WHY,
    }
    history = await house.field_history.read(MANAGER, case_id, "amount_cents", 0, 10)
    assert [change.value for change in history.changes] == [42000, 4200]
    await log_agrees(house)


async def test_what_is_refused(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house)
    for by, reason, data, expected in (
        (CLERK, WHY, {"amount_cents": 1}, "denied"),
        (CASHIER, WHY, {"amount_cents": 1}, "denied"),
        (MANAGER, None, {"amount_cents": 1}, "invalid"),
        (MANAGER, "  ", {"amount_cents": 1}, "invalid"),
        (MANAGER, WHY, {}, "invalid"),
        (MANAGER, WHY, {"currency": "EUR"}, "invalid"),
        (MANAGER, WHY, {"amount_cents": "much"}, "invalid"),
        (MANAGER, WHY, {"amount_cents": None}, "invalid"),
        (MANAGER, WHY, {"purpose": "\ud800"}, "invalid"),
    ):
        assert code(await correct(house, case_id, by, reason, **data)) == expected, data
    assert code(await correct(house, "0198c0de-0000-7000-8000-00000000ffff", amount_cents=1)) == "not_found"
    assert await entries(database, "corrected") == []
    answer = await correct(house, case_id, amount_cents="much")
    assert answer.error is not None
    assert [fault.field for fault in answer.error.errors] == ["data.amount_cents"]


async def test_a_closed_case_is_corrected_and_stays_closed(house: Assembly) -> None:
    case_id = await open_claim(house)
    await fired(house, case_id, "reject", SUPERVISOR, reason="No receipt")
    closed = await state(house, case_id)
    applied(await correct(house, case_id, purpose="Train to Ulm"))
    after = await state(house, case_id)
    assert (after.closed_at, after.state) == (closed.closed_at, "rejected")
    page = await house.cases.find(MANAGER, Wanted(q="ulm"))
    assert [case.id for case in page.items] == [case_id]
    await log_agrees(house)


async def test_an_event_goes_by_the_corrected_data(house: Assembly) -> None:
    case_id = await open_claim(house, {"amount_cents": 120_000, "currency": "EUR"}, to="review")
    applied(await correct(house, case_id, amount_cents=12_000))
    assert (await fired(house, case_id, "approve", SUPERVISOR))["state"] == "approved"


async def test_random_corrections_leave_what_a_merge_patch_makes_and_the_log_tells_the_same(house: Assembly) -> None:
    dice = Random(3)
    case_id = await open_claim(house)
    schema: dict[str, Any] = {}
    data = dict((await state(house, case_id)).data)
    values = {
        "amount_cents": [1, 5_000, 70_000, "x", None],
        "currency": ["EUR", "GBP", None, "DEM"],
        "purpose": ["Taxi", "Zug nach Köln", None],
        "spent_on": ["2026-03-01", "tomorrow", None],
        "late": [True, False, None],
    }
    seen = set()
    for _ in range(length(25, 400)):
        patch = {name: dice.choice(values[name]) for name in dice.sample(sorted(values), dice.randint(0, 3))}
        one = attempt(MANAGER, None, case_id, verb=Correct(), data=patch, reason=WHY)
        [trial] = await house.trials.submit([one])
        answer = await tried(house, one)
        assert code(trial) == code(answer)
        seen.add(code(answer))
        after, _ = merged(data, patch, schema)
        if answer.error is None:
            assert trial.changes is not None
            changed = {f"data.{name}" for name in data.keys() | after.keys() if data.get(name) != after.get(name)}
            assert set(trial.changes["data"]) == changed
            data = after
        assert (await state(house, case_id)).data == data
    assert seen == {"applied", "invalid"}
    await log_agrees(house)


@pytest.fixture
def sqlite_file(tmp_path: Path, sqlite_template: Path) -> Database:
    return sqlite_of(Path(shutil.copy(sqlite_template, tmp_path / "ticking.db")))


async def test_a_clock_that_reads_the_field_counts_anew(sqlite_file: Database, watch: Watch, tmp_path: Path) -> None:
    slas = """
    promised: {kind: due_at, start: {enters: new}, stop: {enters: done}, due: {field: data.deadline}}
    received:
      start: {enters: new}
      start_at: data.received_on
      stop: {enters: done}
      target: 16h
      calendar: office
      steps: [{at: 100%, fire: escalate}]
    """
    async with ticking(sqlite_file, declared_with(tmp_path, slas, MAY), watch) as house:
        case_id = await opened(house, data={"deadline": "2026-06-10", "received_on": "2026-06-08T08:00:00Z"})
        assert (await clock(house, case_id, "promised"))["due_at"] == "2026-06-11T00:00:00.000000Z"
        watch.at(11)
        answer = await correct(house, case_id, AGENT, deadline="2026-06-12", received_on="2026-06-04T08:00:00Z")
        case = applied(answer)["slas"]
        assert case["promised"]["due_at"] == "2026-06-13T00:00:00.000000Z"
        assert case["received"]["started_at"] == "2026-06-04T08:00:00.000000Z"
        assert case["received"]["breached_at"] == "2026-06-08T11:00:00.000000Z"
        assert await agrees(house)
        told = await house.clocks.explain(AGENT, case_id, "received", None, Stretch())
        assert told["elapsed_seconds"] == sum(map(_seconds, told["segments"]))
        applied(await correct(house, case_id, AGENT, received_on="2026-06-08T10:00:00Z"))
        again = await clock(house, case_id, "received")
        assert (again["started_at"], again["breached_at"]) == ("2026-06-08T10:00:00.000000Z", None)
        assert again["due_at"] == "2026-06-10T10:00:00.000000Z"
        assert await agrees(house)
        await tick(house)
        assert await agrees(house)
        assert code(await correct(house, case_id, AGENT, received_on="2027-01-01")) == "invalid"


async def test_what_came_after_a_correction_is_decided_again_on_the_corrected_data(
    house: Assembly, tmp_path: Path
) -> None:
    """Above 500 a second pair of eyes would have been asked for."""
    case_id = await open_claim(house, {"amount_cents": 120_000, "currency": "EUR"}, to="review")
    applied(await correct(house, case_id, amount_cents=12_000, purpose=None, cost_centre="A1"))
    applied(await correct(house, case_id, cost_centre=None))
    assert (await fired(house, case_id, "approve", SUPERVISOR))["state"] == "approved"
    await house.ledger.sequence()
    path = await export(house.store, tmp_path / "export.zip")
    run = verify.Verification(verify.Archive(str(path)), None, [], [])
    run.begun = deciding
    verdict = run.run()
    assert verdict.findings == []
    assert (verdict.told["decided"]["again"], verdict.told["decided"]["not_again"]) == (3, {})


@pytest.fixture
async def client(house: Assembly) -> AsyncIterator[AsyncClient]:
    async with client_of(house, "manager", user="mona") as client:
        yield client


async def test_the_call(house: Assembly, client: AsyncClient) -> None:
    case_id = await open_claim(house)
    path, body = f"/api/v1/cases/{case_id}/corrections", {"data": {"amount_cents": 7}, "reason": WHY}
    acts = (await client.get(f"/api/v1/cases/{case_id}/events")).json()["acts"]
    assert {"verb": "correct", "act": "case:correct", "title": "Correct this case"} in acts
    trial = (await client.post(f"{path}?dry_run=true", json=body)).json()
    assert trial["changes"]["data"] == {"data.amount_cents": {"from": 120_000, "to": 7}}
    first = await client.post(path, json=body, headers={"idempotency-key": "k", "if-match": '"1"'})
    again = await client.post(path, json=body, headers={"idempotency-key": "k", "if-match": '"1"'})
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["receipt"] == first.json()["receipt"]
    late = await client.post(path, json=body | {"data": {"amount_cents": 8}}, headers={"if-match": '"1"'})
    assert late.status_code == 412
    without = await client.post(path, json={"data": {"amount_cents": 9}})
    assert without.json()["errors"][0]["field"] == "reason"


def _seconds(segment: dict[str, Any]) -> float:
    length = parse_rfc3339(segment["to"]) - parse_rfc3339(segment["from"])
    return length.total_seconds() if segment["counted"] else 0.0
