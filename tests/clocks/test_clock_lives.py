"""Random lives of cases with random clocks, through the whole service on both stores: the log alone tells all of it.

LIVES says how many, LIVES_SEED from which seed on.
"""

import json
import os
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from app.db import open_store
from app.db.sqlite.store import SqliteStore
from app.domain.calendars.timeline import Timeline
from app.domain.case.attempt import Attempt, Opens
from app.domain.clocks.after_event import earliest_due
from app.domain.clocks.explained import explained
from app.domain.deciding.fold import Fold
from app.domain.declaring.checks.load_calendar import load_calendar
from app.domain.values.rfc3339 import parse_rfc3339, rfc3339
from app.policy.files import read_policy
from app.services.assembly import Assembly
from app.services.desk.working_copy import states_of
from app.services.policy.policies import PolicySource
from app.services.store.ports import Store
from app.services.store.stored import CaseKey, PolicyFile
from tests.databases import Database
from tests.factories import TENANT
from tests.house import attempt, declaring, rows, running
from tests.lengths import length
from tests.random_clocks import CALENDAR_FILES, EVENTS, POLICY, random_case_type
from tests.ticking import AGENT, Watch

LIVES = int(os.environ.get("LIVES", length(60, 180)))
FIRST_SEED = int(os.environ.get("LIVES_SEED", "0"))
CASES = 3
"""Lives of one seed, which share a case type and are lived at once."""
SEEDS = 10
"""That share a database."""
FIRST_DAY = datetime(2020, 1, 6, 9, tzinfo=UTC)
MOMENTS = ("opened_at", "changed_at", "closed_at", "recorded_at")
MOST_ROUNDS = 6
"""Of ticks at one moment: a clock may fire an event that starts it again with a due that has passed."""


@dataclass
class World:
    """A house and its time: that of a watch on SQLite, on PostgreSQL that of the database."""

    house: Assembly
    database: Database
    dice: random.Random
    watch: Watch | None
    told: Counter[str] = field(default_factory=Counter)

    def timeline(self, name: str) -> Timeline:
        return self.house.calendars.timeline(name)

    @property
    def now(self) -> datetime:
        return self.watch.now if self.watch else datetime.now(UTC)


def declared_by(seeds: range) -> Any:
    types = {f"type{seed}": random_case_type(random.Random(seed), f"type{seed}") for seed in seeds}
    calendars = {name: load_calendar(text, f"{name}.yaml").calendar for name, text in CALENDAR_FILES.items()}
    policy = read_policy(POLICY, "lives.csv")
    source = PolicySource(PolicyFile(policy.name, policy.sha256), [line.policy_line for line in policy.lines])
    return replace(declaring(**types), case_types=types, calendars=calendars, policies=(source,))


@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + max(LIVES // CASES, 1), SEEDS))
async def test_whatever_happens_what_is_kept_is_what_the_log_makes_of_it(database: Database, first: int) -> None:
    seeds = range(first, min(first + SEEDS, FIRST_SEED + LIVES // CASES))
    watch = Watch(FIRST_DAY) if database.kind == "sqlite" else None
    told: Counter[str] = Counter()
    async with running(opened(database, watch), declared_by(seeds)) as house:
        for seed in seeds:
            if watch:
                watch.now = FIRST_DAY + timedelta(days=20 * seed)
            world = World(house, database, random.Random(f"life {seed}"), watch, told)
            try:
                for case_id in await live(world, f"type{seed}"):
                    await check(world, case_id)
            except BaseException:
                print(f"seed {seed}: LIVES_SEED={seed} LIVES={CASES} lives it again")
                raise
        assert not [found async for _, differ in house.clocks.differences() for found in differ]
    await check_firings(database)
    print(database.kind, dict(told))
    assert told["applied"]


def opened(database: Database, watch: Watch | None) -> Store:
    """On SQLite without waiting for the disk, which takes most of the time and shows nothing here."""
    store = open_store(database.url, now=watch)
    if isinstance(store, SqliteStore):
        event.listen(store._engine.sync_engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
    return store


# What happens.


async def live(world: World, name: str) -> list[str]:
    """A few cases at once: events and ticks in any order."""
    dice, cases = world.dice, []
    occurred = world.now - timedelta(minutes=dice.randrange(3 * 1440))
    for _ in range(dice.randint(4, 14)):
        doing = dice.randrange(10)
        if len(cases) < CASES and (doing < 3 or not cases):
            new = opening(world, name, occurred)
            await submit(world, [new])
            cases.append(new.new_case_id)
        elif doing < 7:
            await submit(world, [firing(world, dice.choice(cases), occurred) for _ in range(dice.choice([1, 1, 2, 4]))])
        if dice.random() < 0.7:
            await pass_by(world, cases)
            occurred += timedelta(minutes=dice.randrange(600))
        if dice.random() < 0.5:
            await tick(world)
        if cases:
            await check_due(world, dice.choice(cases))
    await tick(world)
    return [case_id for case_id in cases if await world.house.store.case(CaseKey(TENANT, case_id))]


def opening(world: World, name: str, occurred: datetime) -> Attempt:
    dice = world.dice
    data: dict[str, Any] = {"p": dice.randrange(4)} if dice.random() < 0.7 else {}
    if dice.random() < 0.5:
        data["received"] = moment(world, -3 * 1440, 0)
    if dice.random() < 0.6:
        data["deadline"] = moment(world, -1440, 4 * 1440)
    values = happening(world, occurred)
    return attempt(AGENT, None, case_type=name, data=data, opens=Opens.ALWAYS, **values)


def firing(world: World, case_id: str, occurred: datetime) -> Attempt:
    dice, name = world.dice, world.dice.choice(EVENTS)
    payload: dict[str, Any] | None = None
    if name == "rate":
        payload = {"p": dice.randrange(4)} if dice.random() < 0.9 else {"p": "much"}
    if name == "plan":
        payload = {"deadline": moment(world, -1440, 4 * 1440) if dice.random() < 0.9 else "soon"}
    return attempt(AGENT, name, case_id, payload=payload, **happening(world, occurred))


def happening(world: World, occurred: datetime) -> dict[str, Any]:
    """Imported, perhaps in the wrong order or from the future, or now."""
    dice = world.dice
    if dice.random() > (0.25 if world.watch else 0.8):
        return {}
    return {"occurred_at": occurred + timedelta(minutes=dice.randrange(-300, 900))}


def moment(world: World, least: int, most: int) -> str:
    there = world.now.replace(microsecond=0) + timedelta(minutes=world.dice.randrange(least, most))
    return there.date().isoformat() if world.dice.random() < 0.3 else rfc3339(there)


async def submit(world: World, attempts: list[Attempt]) -> None:
    for answer in await world.house.desk.submit(attempts):
        code = answer.error.code if answer.error else "applied"
        assert code in ("applied", "wrong_state", "invalid"), (code, answer.error)
        world.told["applied" if code == "applied" else "refused"] += 1


async def pass_by(world: World, cases: list[str]) -> None:
    """To exactly a moment at which something is due, just before or after it, or to anywhere."""
    if world.watch is None:
        return
    dice, now = world.dice, world.watch.now
    found = await world.house.store.clocks(TENANT, cases)
    moments = [one.next_fire_at for clocks in found.values() for one in clocks if one.next_fire_at]
    if moments and dice.random() < 0.6:
        there = min(moments) + timedelta(microseconds=dice.choice([0, 0, 0, -1, 1, 10**6]))
        world.watch.now = max(now, there)
    else:
        world.watch.now = now + timedelta(minutes=dice.choice([0, 10, 30, 60, 240, 1440]))


async def tick(world: World) -> None:
    for _ in range(MOST_ROUNDS):
        fired = await world.house.desk.escalate(world.dice.choice([1, 2, 64]))
        world.told["fired"] += len(fired)
        if not fired:
            return


# What must hold.


async def check_due(world: World, case_id: str) -> None:
    """Also between two things that happen the case says which of its running clocks is due first."""
    found = await world.house.store.case(CaseKey(TENANT, case_id))
    assert found is None or found.case.due_at == earliest_due(states_of(found.clocks))


async def check(world: World, case_id: str) -> None:
    found = await world.house.store.case(CaseKey(TENANT, case_id))
    assert found is not None
    stored = await world.house.store.cycles(TENANT, case_id)
    assert await world.house.clocks.rebuilt(TENANT, case_id) == list(stored)
    case, fold = found.case, await folded(world, case_id)
    assert fold.case is not None
    for name in ("state", "data", "version", "seq", "urgency", "assignee", "team", "last_hash", "due_at", *MOMENTS):
        assert getattr(fold.case, name) == getattr(case, name), name
    assert case.due_at == earliest_due(states_of(found.clocks))
    running = [clock.due_at for clock in stored if clock.status == "running" and clock.due_at and clock.current]
    assert case.due_at == min(running, default=None)
    now = max(world.now, case.recorded_at)
    for clock in stored:
        if "started_at" in clock.facts:
            turns, fired = fold.changes[clock.name], fold.fired.get((clock.name, clock.cycle), {})
            adds_up(explained(fold.machine.clocks[clock.name], turns, clock.cycle, world, now, fired))
    for name in {clock.name for clock in stored}:
        cycles = [clock for clock in stored if clock.name == name]
        assert [clock.cycle for clock in cycles] == list(range(1, len(cycles) + 1))
        assert [clock.current for clock in cycles] == [False] * (len(cycles) - 1) + [True]
        assert all(clock.status not in ("running", "paused", "pending") for clock in cycles[:-1])


def adds_up(why: dict[str, Any]) -> None:
    """The segments follow each other, and what counts of them is what the clock has counted."""
    segments = why["segments"]
    counted = timedelta(0)
    for place, one in enumerate(segments):
        since, until = parse_rfc3339(one["from"]), parse_rfc3339(one["to"])
        assert since < until
        assert place == 0 or segments[place - 1]["to"] <= one["from"], why
        counted += (until - since) * one["counted"]
    assert counted.total_seconds() == why["elapsed_seconds"], why


async def folded(world: World, case_id: str) -> Fold:
    """The log one entry after the other, with a look at the clock before each step of it."""
    entries = await world.house.store.entries(TENANT, case_id, denied=False, after=None, limit=10_000)
    first = json.loads(entries[0].entry)
    fold = Fold(world.house.definitions.of(first["definition"]["hash"]), world.house.calendars)
    seen: set[Any] = set()
    for stored in entries:
        entry = json.loads(stored.entry)
        told = entry.get("sla", {})
        if "step" in told:
            state = fold.clocks[told["clock"]]
            running = state.status == "running" or bool(state.resume_at and rfc3339(state.resume_at) <= entry["at"])
            assert running, f"entry {entry['case_seq']} fires {told} of a clock that is {state.status}"
            assert state.cycle == told["cycle"]
            keys = {(told["clock"], told["cycle"], one["step"], one["n"]) for one in [told, *told["skipped"]]}
            assert len(keys) == 1 + len(told["skipped"])
            assert not keys & seen
            seen |= keys
            past = {(one.step, one.n) for one in state.owed if one.skipped}
            for one in told["skipped"]:
                before = state.known_since and one["due_at"] < rfc3339(state.known_since)
                assert before or (one["step"], one["n"]) in past, f"skips {one}, which is not past"
            urgency = min(fold.case.urgency + told["does"].get("urgency", 0), 100) if fold.case else 0
            assert told["becomes"].get("urgency", fold.case and fold.case.urgency) == urgency
            assert told["due_at"] <= entry["at"]
        fold.take(entry, stored.values, stored.entry_hash)
        world.told[entry["kind"] if "resumed" not in told else "resumed"] += 1
    for (name, cycle), state in fold.cycles.items():
        for step, reached in enumerate(state.reached):
            told_of = {key for key in seen if key[:3] == (name, cycle, step)}
            owed = [one for one in state.owed if one.step == step]
            assert len(told_of) + len(owed) == reached, f"step {step} of {name} {cycle}: {reached} are due or past"
    return fold


async def check_firings(database: Database) -> None:
    """Every firing row has the entry that tells of it, and every firing that is told has a row."""
    texts = await rows(database, "SELECT entry_id, case_id, entry FROM audit_entry WHERE kind = 'sla'")
    told = set()
    for row in texts:
        sla = json.loads(row["entry"])["sla"]
        firings = [sla, *sla["skipped"]] if "step" in sla else []
        told |= {(str(row["entry_id"]), sla["clock"], sla["cycle"], one["step"], one["n"]) for one in firings}
    kept = await rows(database, "SELECT entry_id, clock, cycle, step, n FROM sla_firing")
    assert {(str(row["entry_id"]), row["clock"], row["cycle"], row["step"], row["n"]) for row in kept} == told
    assert len(kept) == len(told)
