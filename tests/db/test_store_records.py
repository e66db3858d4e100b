"""What both stores hold when they record."""

import asyncio
from dataclasses import replace

import pytest

from app.db import open_store
from app.domain.case.case import Surroundings
from app.domain.case.made_by_verbs import CaseRole
from app.services.store.failures import Refused, StoreUnavailable
from app.services.store.ports import Store
from app.services.store.stored import Acted, CaseKey, Changed, Record
from tests.clock_making import a_clock
from tests.factories import (
    ALICE,
    BOB,
    OPENED,
    TENANT,
    TENANTS,
    a_case,
    denied,
    entry_of,
    moved,
    moving,
    new_id,
    opening,
    told,
)


async def record(store: Store, *records: Record) -> None:
    async with store.transaction(*TENANTS) as tx:
        for each in records:
            await tx.record(each)


async def stored(store: Store, case):
    found = await store.case(CaseKey(case.tenant, case.id))
    return None if found is None else found.case


async def test_a_case_comes_back_as_it_was_recorded(store):
    case = a_case(
        reference="R-1",
        state="checks.budget.open+checks.fraud.open",
        data={"note": "nul \0 and ü and \ud800", "big": 1e16, "one": 1.0, "none": None},
        memory={"checks": ("checks.budget.open", "checks.fraud.ok")},
        assignee=BOB,
        team="team:claims",
        urgency=-3,
        closed_at=OPENED,
    )
    await record(store, opening(case))
    again = await stored(store, case)
    assert again == case
    assert isinstance(again.data["big"], float)
    assert (await store.case(CaseKey(case.tenant, case_type=case.case_type, reference="R-1"))).case == case


async def test_a_record_moves_opens_and_logs_many_cases_at_once(store):
    first, second = a_case(), a_case()
    await record(store, opening(first, second))
    third = a_case()
    moves, opens = moving((first, moved(first)), (second, moved(second))), opening(third)
    await record(store, Record(cases=[*moves.cases, *opens.cases], entries=[*moves.entries, *opens.entries]))
    assert [(await stored(store, c)).seq for c in (first, second, third)] == [2, 2, 1]


async def test_of_two_tenants_cases_with_one_id_the_right_one_moves(store):
    mine = a_case()
    theirs = a_case(tenant=TENANTS[1], id=mine.id)
    await record(store, opening(mine), opening(theirs))
    await record(store, moving((mine, moved(mine))))
    assert (await stored(store, mine), await stored(store, theirs)) == (moved(mine), theirs)


async def test_a_state_that_the_log_does_not_end_in_is_refused(store):
    case = a_case()
    with pytest.raises(Refused):
        await record(store, Record(cases=[Changed(None, case)], entries=[entry_of(case, target="approved")]))
    assert await stored(store, case) is None


async def test_a_case_without_an_entry_is_refused(store):
    with pytest.raises(Refused):
        await record(store, Record(cases=[Changed(None, a_case())]))


async def test_a_move_without_its_entry_is_refused(store):
    case = a_case()
    await record(store, opening(case))
    with pytest.raises(Refused):
        await record(store, Record(cases=[Changed(1, moved(case))]))
    assert await stored(store, case) == case


async def test_seq_never_falls_even_where_the_log_has_that_entry(store):
    case = a_case()
    later = moved(case)
    await record(store, opening(case), moving((case, later)))
    with pytest.raises(Refused, match="only grows"):
        await record(store, Record(cases=[Changed(2, case)]))
    with pytest.raises(Refused, match="only grows"):
        await record(store, Record(cases=[Changed(2, replace(later, data={"amount_cents": 9}))]))
    assert await stored(store, case) == later


async def test_of_many_records_of_one_version_exactly_one_applies(store):
    case = a_case()
    await record(store, opening(case))

    async def attempt(number: int) -> bool:
        try:
            await record(store, moving((case, moved(case, data={"by": number}))))
        except Refused:
            return False
        return True

    assert sum(await asyncio.gather(*map(attempt, range(8)))) == 1
    assert (await stored(store, case)).seq == 2
    chain = await store.entries(case.tenant, case.id, denied=False, after=None, limit=10)
    assert [entry.case_seq for entry in chain] == [1, 2]


async def test_a_case_that_moved_on_is_refused(store):
    case = a_case()
    later = moved(case)
    await record(store, opening(case), moving((case, later)))
    with pytest.raises(Refused, match="moved on"):
        await record(
            store, Record(cases=[Changed(1, moved(later))], entries=[entry_of(moved(later), source="submitted")])
        )


async def test_one_case_twice_in_a_record_is_refused(store):
    case = a_case()
    await record(store, opening(case))
    twice = moving((case, moved(case)), (case, moved(case, seq=3)))
    with pytest.raises(Refused):
        await record(store, twice)


async def test_a_reference_belongs_to_one_case_of_a_type_and_tenant(store):
    await record(store, opening(a_case(reference="R-1")))
    with pytest.raises(Refused):
        await record(store, opening(a_case(reference="R-1")))
    await record(store, opening(a_case(reference="R-1", case_type="permit"), a_case(reference="R-1", tenant="globex")))


async def test_what_was_refused_does_not_commit_though_the_caller_goes_on(store):
    case, other = a_case(), a_case()
    await record(store, opening(case))

    async def going_on() -> None:
        async with store.transaction(TENANT) as tx:
            await tx.record(opening(other))
            with pytest.raises(Refused):
                await tx.record(opening(case))

    with pytest.raises(Refused):
        await going_on()
    assert await stored(store, other) is None


async def test_an_exception_leaves_nothing_behind(store):
    case = a_case()

    async def failing() -> None:
        async with store.transaction(TENANT) as tx:
            await tx.record(opening(case))
            raise KeyError("of the caller")

    with pytest.raises(KeyError):
        await failing()
    assert await stored(store, case) is None


async def test_a_record_may_be_empty(store):
    await record(store, Record())


async def test_who_acted_is_remembered_once(store):
    case = a_case()
    acted = [Acted(case.tenant, case.id, "submit", who) for who in (ALICE, BOB, ALICE)]
    await record(store, opening(case), Record(acted=acted), Record(acted=acted[:1]))
    found = await store.case(CaseKey(case.tenant, case.id))
    assert found.surroundings == Surroundings(acted={"submit": frozenset({ALICE, BOB})})


async def test_entries_come_in_order_with_the_values_behind_their_commitments(store):
    case = a_case()
    second = moved(case)
    fields = {"/data/iban": "DE00", "/payload/note": None, "/reason": {"a": [1, 1e16]}}
    entry = entry_of(second, source="draft", fields=fields)
    refusals = [denied(case, fields={"/payload/x": 1}), denied(case)]
    await record(store, opening(case), Record(cases=[Changed(1, second)], entries=[entry, *refusals]))

    chain = await store.entries(case.tenant, case.id, denied=False, after=1, limit=10)
    seen = [(one.entry_id, one.entry, one.entry_hash) for one in chain]
    assert seen == [(entry.draft.entry_id, entry.entry, entry.entry_hash)]
    assert chain[0].values == fields
    first, *rest = await store.entries(case.tenant, case.id, denied=True, after=None, limit=1)
    assert (first.entry_id, first.case_seq, rest) == (refusals[0].draft.entry_id, None, [])
    (last,) = await store.entries(case.tenant, case.id, denied=True, after=first.entry_id, limit=5)
    assert last.entry_id == refusals[1].draft.entry_id


@pytest.mark.parametrize("wrong", [{"case_seq": 1, "target": None}, {"case_seq": None, "target": "draft"}])
async def test_an_entry_has_a_target_just_if_it_is_part_of_a_chain(store, wrong):
    with pytest.raises(Refused):
        await record(store, Record(entries=[entry_of(a_case(), **wrong)]))


async def test_an_entry_id_is_used_once(store):
    case = a_case()
    entry_id = new_id()
    await record(store, Record(entries=[denied(case, entry_id=entry_id)]))
    with pytest.raises(Refused):
        await record(store, Record(entries=[denied(case, entry_id=entry_id, kind="export")]))


async def test_another_tenants_rows_are_never_read(store):
    case = a_case(tenant="acme", reference="R-1")
    acted = Acted("acme", case.id, "submit", ALICE)
    await record(store, opening(case), Record(entries=[denied(case)], acted=[acted]))
    assert await store.case(CaseKey("globex", case.id)) is None
    assert await store.case(CaseKey("globex", case_type=case.case_type, reference="R-1")) is None
    for part in (True, False):
        assert await store.entries("globex", case.id, denied=part, after=None, limit=10) == []
    async with store.transaction(TENANT) as tx:
        locked = await tx.lock([CaseKey("globex", case.id)], [])
    assert (locked.cases, locked.surroundings) == ({}, {})
    twin = told(replace(case, tenant="globex", creator=BOB))
    await record(store, opening(twin))
    assert (await store.case(CaseKey("globex", case.id))).surroundings == Surroundings()
    assert await stored(store, case) == case


async def test_what_is_around_a_case_is_that_of_its_tenant_even_where_a_transaction_names_both(store):
    mine = a_case()
    theirs = a_case(tenant="globex", id=mine.id)
    around = Record(
        acted=[Acted(TENANT, mine.id, "submit", ALICE)],
        holds={CaseRole(tenant=TENANT, case_id=mine.id, subject=ALICE, role="[handler]"): True},
        clocks=[a_clock(mine)],
    )
    await record(store, opening(mine), opening(theirs), around)
    async with store.transaction(TENANT, "globex") as tx:
        locked = await tx.lock([CaseKey("globex", theirs.id)], [])
    assert locked.surroundings[theirs.id] == Surroundings()
    assert not locked.clocks[theirs.id]


async def test_a_database_that_is_not_there_is_unavailable(tmp_path):
    for url in (f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/x.db", "postgresql://nobody@127.0.0.1:1/none"):
        store = open_store(url)
        with pytest.raises(StoreUnavailable):
            await store.policy_version()
        with pytest.raises(StoreUnavailable):
            await record(store, Record())
        (problem,) = await store.problems()
        assert "cannot be used" in problem
        await store.close()
