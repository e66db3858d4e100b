"""Clocks of cases: what events do to them, what fires when, and that the log alone tells the same."""

import json
from datetime import timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from app.domain.case.attempt import Opens
from app.domain.values.rfc3339 import rfc3339
from app.services.assembly import Assembly
from app.services.desk.answer import case_json
from app.services.desk.escalation import Fired
from tests.databases import Database
from tests.house import applied, attempt, code, entries, fired, rows, tried
from tests.ticking import AGENT, MONDAY, Watch, declared_with, tick, ticking, told, watch

__all__ = ["watch"]

DECISION = """
decision:
  start: {enters: new}
  pause: {in: waiting}
  stop: {enters: done}
  cancel: {enters: dropped}
  target: 8h
  calendar: office
  steps:
    - {at: 50%, notify: role:supervisor}
    - {at: 100%, fire: escalate}
    - {at: +1h, every: 1h, max: 3, urgency: 40}
"""


@pytest.fixture
def sqlite_file(tmp_path: Path, sqlite_template: Path) -> Database:
    file = tmp_path / "ticking.db"
    file.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite+aiosqlite:///{file}"
    return Database("sqlite", url, url)


async def opened(house: Assembly, **values: Any) -> str:
    one = attempt(AGENT, None, case_type="ticket", opens=Opens.ALWAYS, **{"data": {}, **values})
    applied(await tried(house, one))
    return one.new_case_id


async def clock(house: Assembly, case_id: str, name: str = "decision") -> dict[str, Any]:
    shown = await house.cases.show(AGENT, case_id)
    return case_json(shown.case, shown.clocks)["slas"][name]


async def agrees(house: Assembly) -> bool:
    """Whether every clock that is kept is what the log makes of it."""
    found = [different async for _, different in house.clocks.differences()]
    assert not any(found), found
    return bool(found)


async def test_a_clock_starts_pauses_and_is_met(sqlite_file: Database, watch: Watch, tmp_path: Path) -> None:
    async with ticking(sqlite_file, declared_with(tmp_path, DECISION), watch) as house:
        case_id = await opened(house)
        assert (await clock(house, case_id))["due_at"] == "2026-06-09T09:00:00.000000Z"  # 9:00 UTC is 10:00 in London
        watch.at(10)
        await fired(house, case_id, "take", AGENT)
        watch.at(11)
        await fired(house, case_id, "wait", AGENT)
        paused = await clock(house, case_id)
        assert (paused["status"], paused["due_at"], paused["paused"]) == ("paused", None, "in waiting")
        watch.at(15)
        await fired(house, case_id, "take", AGENT)
        assert (await clock(house, case_id))["due_at"] == "2026-06-09T13:00:00.000000Z"
        watch.at(12, 59, day=1)
        await tick(house)
        watch.at(13, day=1)
        await fired(house, case_id, "finish", AGENT)
        assert (await clock(house, case_id))["status"] == "met"
        assert await agrees(house)


async def test_steps_fire_once_each_in_order_and_every_firing_is_an_entry(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    async with ticking(sqlite_file, declared_with(tmp_path, DECISION), watch) as house:
        case_id = await opened(house)
        assert await tick(house) == []
        watch.at(13)
        assert told(await tick(house)) == [("decision", "50%", 1)]
        assert await tick(house) == []
        watch.at(9, day=1)
        assert told(await tick(house)) == [("decision", "100%", 1)]
        watch.at(15, day=1)
        late = await tick(house)
        assert told(late) == [("decision", "+1h", 1), ("decision", "+1h", 2), ("decision", "+1h", 3)]
        assert [one.late_by >= timedelta(hours=hours) for one, hours in zip(late, (5, 4, 3), strict=True)] == [True] * 3
        shown = (await house.cases.show(AGENT, case_id)).case
        assert (shown.urgency, shown.data["late"]) == (100, True)
        assert (await clock(house, case_id))["breached_at"] == "2026-06-09T09:00:00.000000Z"
        written = await entries(sqlite_file, "sla")
        assert [(entry["sla"]["step"], entry["sla"]["n"]) for entry in written] == [
            (0, 1),
            (1, 1),
            (2, 1),
            (2, 2),
            (2, 3),
        ]
        assert len(await rows(sqlite_file, "SELECT * FROM sla_firing")) == 5
        assert await agrees(house)


async def test_an_event_that_policy_denies_is_refused_visibly(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    policy = "p, role:agent, *, ticket, *, , allow\np, role:agent, *, ticket, case:read, , allow\n"
    async with ticking(sqlite_file, declared_with(tmp_path, DECISION, policy), watch) as house:
        case_id = await opened(house)
        watch.at(9, day=1)
        assert len(await tick(house)) == 2
        [denied] = await entries(sqlite_file, "denied")
        assert (denied["actor"]["reference"], denied["event"], denied["case_id"]) == ("system:sla", "escalate", case_id)
        assert "late" not in (await house.cases.show(AGENT, case_id)).case.data
        assert await agrees(house)


async def test_a_step_never_fires_after_the_clock_was_stopped(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    async with ticking(sqlite_file, declared_with(tmp_path, DECISION), watch) as house:
        case_id = await opened(house)
        watch.at(16)
        await tick(house)
        watch.at(9, day=1)
        await fired(house, case_id, "finish", AGENT)
        watch.pass_by(days=9)
        assert await tick(house) == []
        assert (await clock(house, case_id))["status"] == "met"


async def test_what_was_due_before_an_event_fires_before_it_though_no_tick_came(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    async with ticking(sqlite_file, declared_with(tmp_path, DECISION), watch) as house:
        told_of: list[Fired] = []
        house.tell_fired(told_of.extend)
        case_id = await opened(house)
        watch.at(10, day=1)
        await fired(house, case_id, "finish", AGENT)
        steps = [("decision", "50%", 1), ("decision", "100%", 1)]
        assert (told(told_of), await tick(house)) == (steps, [])
        assert (await clock(house, case_id))["status"] == "met_late"
        chain = sorted((one for one in await entries(sqlite_file) if one.get("case_seq")), key=itemgetter("case_seq"))
        kinds = [(entry["kind"], entry["event"]) for entry in chain]
        expected = [("sla", None), ("sla", None), ("transition", "escalate"), ("transition", "finish")]
        assert kinds == [("opened", "open"), *expected]
        assert await agrees(house)


async def test_a_step_whose_event_stops_the_clock_is_its_last(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    slas = """
    decision:
      start: {enters: new}
      stop: {event: escalate}
      target: 1h
      steps: [{at: 100%, fire: escalate}, {at: 100%, notify: role:supervisor}, {at: +1h, notify: role:supervisor}]
    """
    async with ticking(sqlite_file, declared_with(tmp_path, slas), watch) as house:
        case_id = await opened(house)
        watch.pass_by(hours=3)
        assert told(await tick(house)) == [("decision", "100%", 1)]
        assert (await clock(house, case_id))["status"] == "met_late"
        assert await agrees(house)


async def test_a_pause_of_limited_length_ends_by_itself_and_that_is_an_entry(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    slas = """
    decision:
      start: {enters: new}
      pause: {in: waiting}
      pause_max: 2h
      stop: {enters: done}
      target: 4h
    """
    async with ticking(sqlite_file, declared_with(tmp_path, slas), watch) as house:
        case_id = await opened(house)
        await fired(house, case_id, "take", AGENT)
        await fired(house, case_id, "wait", AGENT)
        watch.pass_by(hours=3)
        assert await tick(house) == []
        assert (await clock(house, case_id))["status"] == "running"
        [entry] = await entries(sqlite_file, "sla")
        assert entry["sla"]["resumed"] is True
        await fired(house, case_id, "hurry", AGENT)
        assert (await clock(house, case_id))["status"] == "running"
        assert await agrees(house)


async def test_the_first_target_that_holds_counts_and_is_looked_at_after_every_event(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    slas = """
    decision:
      start: {enters: new}
      stop: {enters: done}
      target: [{when: data.priority == 1, is: 1h, calendar: always}, {is: 8h}]
      calendar: office
    """
    async with ticking(sqlite_file, declared_with(tmp_path, slas), watch) as house:
        case_id = await opened(house)
        watch.pass_by(minutes=30)
        await fired(house, case_id, "rate", AGENT, payload={"priority": 1})
        now = await clock(house, case_id)
        assert (now["due_at"], now["calendar"]) == ("2026-06-08T10:00:00.000000Z", "always")
        watch.pass_by(hours=5)
        await fired(house, case_id, "rate", AGENT, payload={"priority": 2})
        assert (await clock(house, case_id))["breach_reason"] == "due"
        assert await agrees(house)


async def test_a_stopped_clock_goes_on_as_declared_when_it_starts_again(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    slas = "".join(
        f"\n{mode}:\n  start: {{enters: [new, work]}}\n  stop: {{enters: done}}\n  target: 8h\n  reopen: {mode}"
        for mode in ("ignore", "resume", "continue", "restart")
    )
    async with ticking(sqlite_file, declared_with(tmp_path, slas), watch) as house:
        case_id = await opened(house)
        watch.pass_by(hours=2)
        await fired(house, case_id, "finish", AGENT)
        watch.pass_by(hours=3)
        await fired(house, case_id, "reopen", AGENT)
        clocks = {name: await clock(house, case_id, name) for name in ("ignore", "resume", "continue", "restart")}
        due = {name: one["due_at"] for name, one in clocks.items()}
        assert clocks["ignore"]["status"] == "met"
        assert due["resume"] == rfc3339(MONDAY + timedelta(hours=11))
        assert due["continue"] == rfc3339(MONDAY + timedelta(hours=8))
        assert (due["restart"], clocks["restart"]["cycle"]) == (rfc3339(MONDAY + timedelta(hours=13)), 2)
        assert [row["current"] for row in await rows(sqlite_file, "SELECT * FROM clock WHERE name = 'restart'")] == [
            0,
            1,
        ]
        assert await agrees(house)


async def test_a_clock_may_start_in_the_past_and_its_past_steps_are_skipped(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    slas = """
    decision:
      start: {enters: new}
      start_at: data.received_on
      stop: {enters: done}
      target: 8h
      steps: [{at: 25%, notify: role:a}, {at: 50%, notify: role:b}, {at: 100%, notify: role:c}]
    """
    async with ticking(sqlite_file, declared_with(tmp_path, slas), watch) as house:
        case_id = await opened(house, data={"received_on": rfc3339(MONDAY - timedelta(hours=5))})
        assert (await clock(house, case_id))["due_at"] == rfc3339(MONDAY + timedelta(hours=3))
        assert told(await tick(house)) == [("decision", "50%", 1)]
        [entry] = await entries(sqlite_file, "sla")
        assert [one["step"] for one in entry["sla"]["skipped"]] == [0]
        future = attempt(AGENT, None, case_type="ticket", opens=Opens.ALWAYS, data={"received_on": "2026-06-09"})
        answer = await tried(house, future)
        assert (code(answer), answer.error and answer.error.errors[0].field) == ("invalid", "data.received_on")
        assert await agrees(house)


async def test_an_imported_case_counts_by_when_things_occurred(
    sqlite_file: Database, watch: Watch, tmp_path: Path
) -> None:
    long_ago = MONDAY - timedelta(days=70)
    async with ticking(sqlite_file, declared_with(tmp_path, DECISION), watch) as house:
        met = await opened(house, occurred_at=long_ago)
        await fired(house, met, "finish", AGENT, occurred_at=long_ago + timedelta(hours=2))
        missed = await opened(house, occurred_at=long_ago)
        assert (await clock(house, met))["status"] == "met"
        [step] = await tick(house)
        assert (step.case_id, told([step])) == (missed, [("decision", "+1h", 3)])
        [entry] = await entries(sqlite_file, "sla")
        assert [(one["step"], one["n"]) for one in entry["sla"]["skipped"]] == [(0, 1), (1, 1), (2, 1), (2, 2)]
        assert await agrees(house)


async def test_a_clock_follows_the_hours_of_the_team(sqlite_file: Database, watch: Watch, tmp_path: Path) -> None:
    slas = """
    first:
      start: {enters: new}
      stop: {enters: done}
      target: 1h
      steps: [{at: 100%, assign: "team:night"}]
    decision:
      start: {enters: new}
      stop: {enters: done}
      target: 4h
      calendar: {follow: team}
    """
    calendars = {"night": 'zone: UTC\nweekly: {mon-sun: ["22:00-30:00"]}\n'}
    async with ticking(sqlite_file, declared_with(tmp_path, slas, calendars=calendars), watch) as house:
        case_id = await opened(house)
        watch.pass_by(hours=1)
        await tick(house)
        shown = (await house.cases.show(AGENT, case_id)).case
        assert (shown.team, shown.version) == ("team:night", 2)
        assert (await clock(house, case_id))["due_at"] == "2026-06-09T01:00:00.000000Z"
        told_why = await house.clocks.explain(AGENT, case_id, "decision")
        assert [segment["counted"] for segment in told_why["segments"]] == [True]
        assert await agrees(house)


async def test_an_explanation_adds_up_to_what_was_counted(sqlite_file: Database, watch: Watch, tmp_path: Path) -> None:
    async with ticking(sqlite_file, declared_with(tmp_path, DECISION), watch) as house:
        case_id = await opened(house)
        watch.at(10)
        await fired(house, case_id, "take", AGENT)
        watch.at(11)
        await fired(house, case_id, "wait", AGENT)
        watch.at(12)
        await fired(house, case_id, "take", AGENT)
        watch.at(10, day=1)
        why = await house.clocks.explain(AGENT, case_id, "decision")
        whys = [(segment["counted"], segment["why"]) for segment in why["segments"]]
        assert whys == [
            (True, "working hours"),
            (False, "paused: in waiting"),
            (True, "working hours"),
            (False, "outside of working hours"),
            (True, "working hours"),
        ]
        assert why["elapsed_seconds"] == (2 + 4 + 2) * 3600
        assert json.dumps(why)


async def test_what_was_late_before_its_import_is_not_late_by_the_service(
    sqlite_file: Database, tmp_path: Path, watch: Watch
) -> None:
    received = DECISION + "received: {start: {enters: new}, start_at: data.received_on, target: 1h}\n"
    async with ticking(sqlite_file, declared_with(tmp_path, received), watch) as house:
        await opened(house, occurred_at=MONDAY - timedelta(days=365), data={"received_on": "2025-01-02"})
        assert max(one.late_by for one in await tick(house)) < timedelta(milliseconds=1)
        await opened(house)
        watch.pass_by(days=10)
        assert max(one.late_by for one in await tick(house)) > timedelta(days=1)
