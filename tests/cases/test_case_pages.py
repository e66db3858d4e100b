"""What the page of a case reads, on both databases: the newest first, bounded, without a gap."""

import json
from typing import Any

import pytest

from app.domain.values.errors import NotFound
from app.services.assembly import Assembly
from app.services.store.stored import PolicyChange, PolicyLine
from app.services.work import case_pages
from app.services.work.case_pages import OpenCase, Wanted
from tests.factories import TENANT
from tests.house import ALICE, CLERK, STRANGER, actor, fire, fired, open_claim, open_incident
from tests.working import comment

AGENT = actor("ida", "agent")


async def opened(house: Assembly, case_id: str, who: Any = CLERK) -> OpenCase:
    return await house.case_pages.opened(who, case_id)


async def kinds(house: Assembly, case: OpenCase, wanted: Wanted) -> list[str]:
    return [json.loads(one.entry)["kind"] for one in (await house.case_pages.history(case, wanted)).entries]


async def test_a_case_that_one_may_not_read_is_not_there(house: Assembly) -> None:
    with pytest.raises(NotFound):
        await opened(house, await open_claim(house), STRANGER)


async def test_the_history_mixes_refusals_in_and_leaves_out_what_is_not_asked_for(house: Assembly) -> None:
    case_id = await open_claim(house)
    await fire(house, case_id, "pay", CLERK)
    await comment(house, case_id, CLERK, "a remark")
    case = await opened(house, case_id)
    assert await kinds(house, case, Wanted()) == ["comment", "denied", "opened"]
    assert await kinds(house, case, Wanted(denied=False)) == ["comment", "opened"]
    assert await kinds(house, case, Wanted(chain=False)) == ["denied"]
    assert await kinds(house, case, Wanted(kinds=frozenset({"comment"}), denied=False)) == ["comment"]


async def test_pages_of_the_history_follow_each_other_also_where_few_of_a_kind_are_far_apart(
    house: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_pages, "SPAN", 5)
    case_id = await open_claim(house)
    await fired(house, case_id, "triage", CLERK)
    for number in range(12):
        await comment(house, case_id, CLERK, f"remark {number}")
        if number == 6:
            await fire(house, case_id, "pay", CLERK)
    case = await opened(house, case_id)
    for kind in (frozenset[str](), frozenset({"transition", "opened"})):
        seen, wanted, pages = list[str](), Wanted(kinds=kind, limit=3, denied=not kind), 0
        while True:
            page = await house.case_pages.history(case, wanted)
            seen += [one.entry_id for one in page.entries]
            pages += 1
            if not page.more:
                break
            wanted = Wanted(kinds=kind, chain=True, denied=not kind, below=page.below, before=page.before, limit=3)
        assert len(seen) == len(set(seen)) == (15 if not kind else 2)
        assert pages < 8


async def test_who_set_a_field_last_is_found_and_what_it_was_before(house: Assembly) -> None:
    case_id = await open_incident(house, priority=3)
    for priority in (2, 4):
        await fire(house, case_id, "triage" if priority == 2 else "nonsense", AGENT, payload={"priority": priority})
    case = await opened(house, case_id, AGENT)
    [last] = await house.case_pages.last_set(case, ["/data/priority", "/data/nothing"])
    assert (last.value, last.case_seq) == (2, 2)
    [before] = await house.case_pages.last_set(case, ["/data/priority"], below=2)
    assert (before.value, before.case_seq) == (3, 1)
    assert await house.case_pages.last_set(case, []) == []


async def test_the_newest_comments_come_first_each_as_it_reads_now(house: Assembly) -> None:
    case_id = await open_claim(house)
    first = (await comment(house, case_id, CLERK, "one")).shown["id"]
    await comment(house, case_id, CLERK, "two")
    await comment(house, case_id, CLERK, "ONE", edits=first)
    case = await opened(house, case_id)
    assert [one.text for one in await house.case_pages.comments(case, None, 10)] == ["two", "ONE"]
    found = await house.case_pages.comment(case, first)
    assert found is not None
    assert (found.text, found.id) == ("ONE", first)
    assert await house.case_pages.comment(await opened(house, await open_claim(house)), first) is None


async def test_the_way_that_a_case_came_is_told_once_a_step(house: Assembly) -> None:
    case = await opened(house, await open_claim(house, to="review"))
    travelled = await house.case_pages.travelled(case)
    assert travelled.took("submitted", "review")
    assert not travelled.took("review", "approved")
    assert travelled.been("submitted")
    assert not travelled.been("checks")


async def test_who_could_is_told_by_people_and_not_by_rights_of_the_reader(house: Assembly) -> None:
    for name in ("mona", "mia", "max"):
        await give(house, f"user:{name}", "role:manager")
    await give(house, ALICE.id, "role:manager")
    case = await opened(house, await open_claim(house, to="review"))
    assert await house.case_pages.who_could(case, "approve", 5) == (["user:max", "user:mia", "user:mona"], False)
    assert await house.case_pages.who_could(case, "approve", 2) == (["user:max", "user:mia"], True)
    assert await house.case_pages.who_could(case, "pay", 5) == ([], False)


async def give(house: Assembly, subject: str, role: str) -> None:
    async with house.store.transaction(TENANT) as tx:
        await tx.change_policy(PolicyChange(add=[PolicyLine(kind="g", role=subject, tenant=TENANT, obj=role)]))
