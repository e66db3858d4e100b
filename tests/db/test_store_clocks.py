"""What both stores keep of clocks, firings and calendars, and how they find what is due."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.db import open_store
from app.domain.case.case import Case
from app.services.store.failures import Refused
from app.services.store.ports import Store
from app.services.store.stored import CaseKey, Record, StoredCalendar, StoredClock
from tests.clock_making import IN_THE_FUTURE, LONG_AGO, a_clock, a_cycle_ago, firing
from tests.databases import Database
from tests.factories import OPENED, TENANT, TENANTS, a_case, moved, moving, opening, told


async def record(store: Store, *records: Record) -> None:
    async with store.transaction(*TENANTS) as tx:
        for each in records:
            await tx.record(each)


async def with_clocks(store: Store, case: Case, *clocks: StoredClock) -> None:
    await record(store, replace(opening(case), clocks=clocks))


async def due(store: Store, limit: int = 10) -> list[str]:
    async with store.transaction(TENANT) as tx:
        return [case.id for case in (await tx.lock_due(limit)).cases.values()]


async def late(store: Store, count: int) -> list[Case]:
    """Cases with a clock that is due, the oldest last."""
    cases = [a_case() for _ in range(count)]
    for days, case in enumerate(cases):
        await with_clocks(store, case, a_clock(case, next_fire_at=LONG_AGO - timedelta(days=days)))
    return cases


async def test_a_clock_comes_back_as_it_was_recorded(store):
    case = a_case(due_at=OPENED)
    clock = a_clock(case, due_at=OPENED, breached_at=OPENED, facts={"big": 1e16, "nul": "\0\ud800ü", "none": None})
    paused = a_clock(case, "answer", status="paused", due_at=None, next_fire_at=None, facts=None)
    await with_clocks(store, case, clock, paused)
    found = await store.case(CaseKey(TENANT, case.id))
    assert (found.case, list(found.clocks)) == (case, [paused, clock])
    assert await store.cycles(TENANT, case.id) == [paused, clock]
    async with store.transaction(TENANT) as tx:
        locked = await tx.lock([CaseKey(TENANT, case.id)], [])
    assert list(locked.clocks[case.id]) == [paused, clock]
    assert isinstance(locked.clocks[case.id][1].facts["big"], float)


async def test_a_record_replaces_the_clocks_that_are_there(store):
    case = a_case()
    clock, other = a_clock(case), a_clock(case, "answer")
    await with_clocks(store, case, clock, other)
    later = replace(clock, status="met", due_at=None, next_fire_at=None, facts={"elapsed": 2})
    await record(store, Record(clocks=[later]))
    assert await store.cycles(TENANT, case.id) == [other, later]


async def test_of_two_tenants_clocks_of_one_id_the_right_one_is_replaced(store):
    mine = a_case()
    theirs = a_case(tenant=TENANTS[1], id=mine.id)
    await with_clocks(store, mine, a_clock(mine))
    await with_clocks(store, theirs, a_clock(theirs))
    async with store.transaction(*TENANTS) as tx:
        await tx.recache([replace(a_clock(mine), next_fire_at=LONG_AGO)])
    assert (await store.cycles(TENANTS[1], theirs.id))[0].next_fire_at == a_clock(theirs).next_fire_at


async def test_a_lock_returns_the_newest_cycle_of_every_clock(store):
    case, without = a_case(), a_case()
    first = a_clock(case)
    await record(store, replace(opening(case, without), clocks=[first]))
    old, new = a_cycle_ago(first), a_clock(case, cycle=2)
    await record(store, Record(clocks=[new, old]))
    async with store.transaction(TENANT) as tx:
        locked = await tx.lock([CaseKey(TENANT, case.id), CaseKey(TENANT, without.id)], [])
    assert {case_id: list(clocks) for case_id, clocks in locked.clocks.items()} == {case.id: [new], without.id: []}
    assert await store.cycles(TENANT, case.id) == [old, new]
    assert dict(await store.clocks(TENANT, [case.id, without.id])) == {case.id: (new,), without.id: ()}


async def test_the_second_who_locks_sees_the_clocks_of_the_first(store, database):
    from tests.db.test_store_locks import waits

    case = a_case()
    await with_clocks(store, case)

    async def second():
        async with store.transaction(TENANT) as tx:
            return await tx.lock([CaseKey(TENANT, case.id)], [])

    async with store.transaction(TENANT) as tx:
        await tx.lock([CaseKey(TENANT, case.id)], [])
        task = asyncio.create_task(second())
        await waits(database.url, task)
        await tx.record(replace(moving((case, moved(case))), clocks=[a_clock(case)]))
    assert list((await task).clocks[case.id]) == [a_clock(case)]


WRONG = {
    "two current cycles": lambda clock: [clock, replace(clock, cycle=2)],
    "an old cycle that fires": lambda clock: [a_cycle_ago(clock, next_fire_at=OPENED)],
    "one cycle twice": lambda clock: [clock, replace(clock, facts=2)],
    "a clock of no case": lambda clock: [replace(clock, case_id="none")],
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_a_clock_that_cannot_be_is_refused(store, wrong):
    case = a_case()
    with pytest.raises(Refused):
        await with_clocks(store, case, *wrong(a_clock(case)))
    assert await store.case(CaseKey(TENANT, case.id)) is None
    assert await store.every_clock(None, 10) == []


async def test_what_is_due_is_found_oldest_first_and_nothing_else(store):
    newer, older = await late(store, 2)
    waiting, idle, none = a_case(), a_case(), a_case()
    await with_clocks(store, waiting, a_clock(waiting))
    await with_clocks(store, idle, a_clock(idle, status="paused", next_fire_at=None))
    await with_clocks(store, none)
    assert await due(store) == [older.id, newer.id]
    assert await due(store, 1) == [older.id]
    async with store.transaction(TENANT) as tx:
        locked = await tx.lock_due(10)
        assert locked.cases[CaseKey(TENANT, older.id)] == older
        assert [clock.next_fire_at for clock in locked.clocks[older.id]] == [LONG_AGO - timedelta(days=1)]
        assert datetime.now(UTC) - locked.at < timedelta(minutes=1)


async def test_a_case_with_many_due_clocks_counts_once(store):
    (other,) = await late(store, 1)
    case = a_case()
    names = "abc"
    await with_clocks(store, case, *(a_clock(case, n, next_fire_at=LONG_AGO - timedelta(days=9)) for n in names))
    assert await due(store, 2) == [case.id, other.id]


async def test_nothing_is_due_where_there_are_no_clocks(store):
    async with store.transaction(TENANT) as tx:
        locked = await tx.lock_due(10)
    assert (locked.cases, locked.clocks) == ({}, {})


async def test_what_fell_due_is_locked_until_it_is_recorded(store):
    (case,) = await late(store, 1)
    async with store.transaction(TENANT) as tx:
        locked = await tx.lock_due(10)
        (clock,) = locked.clocks[case.id]
        await tx.record(replace(moving((case, moved(case))), clocks=[replace(clock, next_fire_at=IN_THE_FUTURE)]))
    assert await due(store) == []
    assert (await store.case(CaseKey(TENANT, case.id))).case.seq == 2


async def test_those_who_ask_at_once_get_other_cases(postgres: Database):
    """Three stores, as three processes have; a case that an event has locked is left out too."""
    async with AsyncExitStack() as stack:
        stores = [open_store(postgres.url) for _ in range(4)]
        for store in stores:
            stack.push_async_callback(store.close)
        oldest_first = [case.id for case in await late(stores[0], 8)][::-1]
        event = await stack.enter_async_context(stores[3].transaction(TENANT))
        await event.lock([CaseKey(TENANT, oldest_first[1])], [])
        taken = []
        for store in stores[:3]:
            tx = await stack.enter_async_context(store.transaction(TENANT))
            taken.append([case.id for case in (await tx.lock_due(3)).cases.values()])
    free = [oldest_first[0], *oldest_first[2:]]
    assert taken == [free[:3], free[3:6], free[6:]]


async def test_a_clock_that_moved_on_before_it_was_locked_is_shown_as_it_is(postgres: Database):
    """Found in the index, but the event that had the case locked has reset it meanwhile."""
    store, other = open_store(postgres.url), open_store(postgres.url)
    (case,) = await late(store, 1)
    async with store.transaction(TENANT) as tx:
        await tx.lock([CaseKey(TENANT, case.id)], [])
        clocks = (await store.clocks(TENANT, [case.id]))[case.id]
        await tx.record(Record(clocks=[replace(clocks[0], next_fire_at=IN_THE_FUTURE)]))
        assert await due(other) == []
    assert await due(other) == []
    await store.close()
    await other.close()


async def test_a_step_fires_once(store):
    case = a_case()
    clock = a_clock(case)
    await with_clocks(store, case, clock)
    await record(store, firing(clock, case), firing(clock, case, n=2), firing(clock, case, step=1))
    later = replace(clock, facts={"elapsed": 9})
    with pytest.raises(Refused):
        await record(store, replace(moving((case, moved(case))), clocks=[later]), firing(clock, case))
    found = await store.case(CaseKey(TENANT, case.id))
    assert (found.case, list(found.clocks)) == (case, [clock])


async def test_of_many_who_fire_a_step_one_does(store):
    case = a_case()
    clock = a_clock(case)
    await with_clocks(store, case, clock)

    async def attempt() -> bool:
        try:
            await record(store, firing(clock, case))
        except Refused:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt() for _ in range(6)))) == 1


async def test_a_firing_has_a_clock_and_an_entry(store):
    case = a_case()
    await with_clocks(store, case, a_clock(case))
    fired = firing(a_clock(case), case)
    for wrong in (replace(fired, entries=[]), firing(a_clock(case, "other"), case)):
        with pytest.raises(Refused):
            await record(store, wrong)


async def test_every_clock_of_every_tenant_comes_once_page_by_page(store):
    clocks = []
    for tenant in ("acme", "globex"):
        case = a_case(tenant=tenant)
        its = [a_cycle_ago(a_clock(case)), a_clock(case, cycle=2), a_clock(case, "answer")]
        await with_clocks(store, case, *its)
        clocks += its
    wanted = sorted(clocks, key=key_of)
    for limit in (1, 2, 10):
        found: list[StoredClock] = []
        while page := await store.every_clock(key_of(found[-1]) if found else None, limit):
            assert len(page) <= limit
            found += page
        assert found == wanted


def key_of(clock: StoredClock) -> tuple[str, str, str, int]:
    return (clock.tenant, clock.case_id, clock.name, clock.cycle)


async def test_another_tenants_clocks_are_never_read(store):
    case = a_case(tenant="acme")
    twin = told(replace(case, tenant="globex"))
    await with_clocks(store, case, a_clock(case))
    await with_clocks(store, twin)
    assert (await store.case(CaseKey("globex", case.id))).clocks == ()
    assert await store.cycles("globex", case.id) == []
    assert dict(await store.clocks("globex", [case.id])) == {case.id: ()}


async def test_running_and_paused_clocks_are_counted(store):
    statuses = ("running", "running", "paused", "met", "pending")
    for status in statuses:
        case = a_case()
        await with_clocks(store, case, a_clock(case, status=status), a_clock(case, "answer", status="met"))
    counted = [("expense_claim", "decision", "paused", 1), ("expense_claim", "decision", "running", 2)]
    assert await store.clock_counts() == counted


async def test_the_earliest_moment_to_fire_is_told_with_the_stores_time(store):
    assert (await store.next_due())[0] is None
    await late(store, 3)
    earliest, now = await store.next_due()
    assert earliest == LONG_AGO - timedelta(days=2)
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)


async def test_a_recalculation_changes_what_is_cached_and_nothing_else(store):
    case = a_case()
    clock = a_clock(case)
    await with_clocks(store, case, clock)
    new = replace(clock, status="paused", due_at=None, next_fire_at=None, breached_at=OPENED, facts=[1])
    async with store.transaction(TENANT) as tx:
        await tx.recache([replace(new, case_type="other", current=False)])
        await tx.recache([])
    assert await store.cycles(TENANT, case.id) == [new]


async def test_a_recalculation_makes_no_clocks(store):
    case = a_case()
    await with_clocks(store, case, a_clock(case))
    with pytest.raises(Refused, match="not there"):
        async with store.transaction(TENANT) as tx:
            await tx.recache([a_clock(case, facts=2), a_clock(case, "other")])
    assert await store.every_clock(None, 10) == [a_clock(case)]


async def add(store: Store, name: str, digest: str, applies_from: datetime = OPENED) -> tuple[StoredCalendar, bool]:
    async with store.transaction(TENANT) as tx:
        return await tx.add_calendar(name, digest, f'{{"zone":"{digest}"}}', applies_from)


async def test_a_calendar_gets_the_next_version_of_its_name(store):
    made = [await add(store, *of) for of in (("de", "a"), ("de", "b", IN_THE_FUTURE), ("fr", "a"))]
    assert [(c.name, c.version, c.hash, c.applies_from, new) for c, new in made] == [
        ("de", 1, "a", OPENED, True),
        ("de", 2, "b", IN_THE_FUTURE, True),
        ("fr", 1, "a", OPENED, True),
    ]
    assert await store.calendars() == [calendar for calendar, _ in made]


async def test_the_newest_calendar_again_changes_nothing_but_an_older_one_comes_back(store):
    first, _ = await add(store, "de", "a")
    assert await add(store, "de", "a", IN_THE_FUTURE) == (first, False)
    await add(store, "de", "b")
    again, new = await add(store, "de", "a", IN_THE_FUTURE)
    assert (again.version, again.applies_from, new) == (3, IN_THE_FUTURE, True)


async def test_calendars_added_at_once_get_versions_of_their_own(store):
    made = await asyncio.gather(*(add(store, "de", digest) for digest in "abcde"))
    assert sorted(calendar.version for calendar, _ in made) == [1, 2, 3, 4, 5]


async def test_a_store_on_sqlite_goes_by_the_clock_that_it_is_given(tmp_path, sqlite_template):
    file = tmp_path / "driven.db"
    file.write_bytes(sqlite_template.read_bytes())
    time = [OPENED]
    store = open_store(f"sqlite+aiosqlite:///{file}", now=lambda: time[0])
    case = a_case(due_at=OPENED + timedelta(days=2))
    await with_clocks(store, case, a_clock(case, next_fire_at=OPENED + timedelta(days=1)))
    assert (await due(store), (await store.next_due())[1]) == ([], OPENED)
    time[0] += timedelta(days=1)
    async with store.transaction(TENANT) as tx:
        locked = await tx.lock_due(10)
    assert (list(locked.cases.values()), locked.at) == ([case], time[0])
    await store.close()


def test_a_store_on_postgresql_takes_no_clock():
    with pytest.raises(ValueError, match="database's"):
        open_store("postgresql://nobody@127.0.0.1:1/none", now=lambda: OPENED)
