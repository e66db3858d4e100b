"""Reading: one case, pages, what may be fired, the log; and nothing of what is not the reader's."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from app.domain.values.errors import CaseError, Invalid, NotFound
from app.services.assembly import Assembly
from app.services.cases.views import Wanted
from app.services.desk.answer import case_json
from app.services.store.case_query import ORDERS
from tests.clock_making import IN_THE_FUTURE, LONG_AGO
from tests.factories import TENANT, a_case, new_id
from tests.factories import opening as a_record
from tests.house import (
    ADMIN,
    ALICE,
    CASHIER,
    CLERK,
    STRANGER,
    actor,
    applied,
    fire,
    fired,
    open_claim,
    open_incident,
    open_permit,
    opened,
    opening,
    state,
    tried,
)
from tests.over_http import client_of

FOREIGNER = actor("root", "admin", "clerk", "cashier", tenant="other")


async def test_a_case_reads_as_it_was_answered(house: Assembly) -> None:
    answered = applied(await tried(house, opening(reference="R-1")))
    shown = await house.cases.show(ALICE, answered["id"])
    assert case_json(shown.case, shown.clocks) == answered


async def test_who_may_not_read_learns_of_no_case_by_any_way(house: Assembly) -> None:
    claim = await open_claim(house)
    told = set()
    for who, case_id in ((STRANGER, claim), (FOREIGNER, claim), (CLERK, new_id()), (STRANGER, "")):
        for read in (
            house.cases.read(who, case_id),
            house.cases.possible(who, case_id, True),
            house.cases.log(who, case_id, False, None, 9),
            house.cases.log(who, case_id, True, None, 9),
        ):
            with pytest.raises(NotFound) as refused:
                await read
            told.add((str(refused.value), refused.value.reasons, str(refused.value.extra)))
    assert told == {("there is no such case", (), "{}")}
    for who in (STRANGER, FOREIGNER):
        assert list((await house.cases.find(who, Wanted())).items) == []


async def test_everybody_lists_what_the_policy_lets_them_read(house: Assembly) -> None:
    mine, other = await open_claim(house), await open_claim(house, by=actor("bob"))
    incident, permit = await open_incident(house), await open_permit(house)
    expected = {
        ALICE: {mine, incident, permit},
        CLERK: {mine, other},
        CASHIER: {mine, other},
        actor("ag", "agent"): {incident},
        actor("in", "intake", "agent"): {incident, permit},
        ADMIN: {mine, other, incident, permit},
        STRANGER: set(),
    }
    for who, cases in expected.items():
        assert {case.id for case in (await house.cases.find(who, Wanted())).items} == cases, who


async def test_pages_hold_every_case_once_in_every_order(house: Assembly) -> None:
    every = [await opened(house, reference=f"R-{n}" if n % 2 else None) for n in range(7)]
    for sort in ORDERS:
        assert sorted(await _all_pages(house, Wanted(sort=sort, limit=2))) == sorted(every), sort
    assert await _all_pages(house, Wanted(sort="-opened_at", limit=3)) == every[::-1]
    assert (await house.cases.find(ALICE, Wanted(limit=7))).next_cursor is None


async def _all_pages(house: Assembly, wanted: Wanted) -> list[str]:
    found: list[str] = []
    while True:
        page = await house.cases.find(ALICE, wanted)
        found += [case.id for case in page.items]
        if page.next_cursor is None:
            return found
        wanted = replace(wanted, cursor=page.next_cursor)


async def test_a_filter_for_a_state_includes_its_substates_and_regions(house: Assembly) -> None:
    review, checks = await open_claim(house, to="review"), await open_claim(house, to="checks")
    await open_claim(house)
    for wanted, expected in {"review": [review], "checks": [checks], "checks.fraud": [checks], "draft": []}.items():
        assert [case.id for case in (await house.cases.find(CLERK, Wanted(state=wanted))).items] == expected


async def test_what_is_overdue_is_listed_by_due_moment_over_http(house: Assembly) -> None:
    cases = [a_case(due_at=due) for due in (None, IN_THE_FUTURE, LONG_AGO, LONG_AGO, None)]
    async with house.store.transaction(TENANT) as tx:
        await tx.record(a_record(*cases))
    never, [soon], late = cases[::4], cases[1:2], cases[2:4]
    ids = {
        ("due_at", None): [*late, soon, *never],
        ("-due_at", None): [soon, *late[::-1], *never[::-1]],
        ("due_at", True): late,
        ("-due_at", False): [soon, *never[::-1]],
    }
    async with client_of(house, "admin") as client:
        for (sort, overdue), expected in ids.items():
            shown: list[str] = []
            params: dict[str, Any] = {"sort": sort, "limit": 1} | ({} if overdue is None else {"overdue": overdue})
            while (page := (await client.get("/api/v1/cases", params=params)).json())["next_cursor"]:
                shown += [item["id"] for item in page["items"]]
                params["cursor"] = page["next_cursor"]
            assert [*shown, *(item["id"] for item in page["items"])] == [case.id for case in expected]


def _forged(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


SOME = "0198c0de-0000-7000-8000-000000000001"
FORGED = {
    "no base64": ("-changed_at", "%%%"),
    "no ascii": ("-changed_at", "é"),
    "no json": ("-changed_at", "e30x"),
    "another shape": ("-changed_at", _forged("-changed_at", 1)),
    "another sort": ("urgency", _forged("-urgency", 1, SOME)),
    "another type": ("urgency", _forged("urgency", "1", SOME)),
    "no number": ("urgency", _forged("urgency", 2**70, SOME)),
    "no uuid": ("urgency", _forged("urgency", 1, "x")),
    "no text": ("reference", _forged("reference", "\0", SOME)),
    "half a pair": ("reference", _forged("reference", "\ud800", SOME)),
    "never urgent": ("urgency", _forged("urgency", None, SOME)),
    "due at a number": ("due_at", _forged("due_at", 1, SOME)),
    "no moment": ("opened_at", _forged("opened_at", 1, SOME)),
    "a moment before all": ("opened_at", _forged("opened_at", "0001-01-01T00:00:00+14:00", SOME)),
    "too deep": ("urgency", base64.urlsafe_b64encode(b"[" * 100_000).decode()),
}


async def test_a_cursor_that_this_service_did_not_give_is_invalid(house: Assembly) -> None:
    await open_claim(house)
    for said, (sort, cursor) in FORGED.items():
        with pytest.raises(CaseError) as refused:
            await house.cases.find(ALICE, Wanted(sort=sort, cursor=cursor))
        assert (said, type(refused.value)) == (said, Invalid)
        assert refused.value.errors[0].field == "cursor"
    with pytest.raises(Invalid, match="sort: must be one of"):
        await house.cases.find(ALICE, Wanted(sort="data"))


async def test_the_log_pages_through_the_chain_and_through_the_refusals(house: Assembly) -> None:
    claim = await open_claim(house)
    for _ in range(4):
        await fired(house, claim, "add_note", ALICE, payload={"note": "mine"})
        await fire(house, claim, "approve", ALICE)
    chain = await house.cases.log(CLERK, claim, False, None, 50)
    assert [entry.case_seq for entry in chain] == [1, 2, 3, 4, 5]
    assert chain[-1].values == {"/payload/note": "mine"}
    assert chain[-1].entry_hash == (await state(house, claim)).last_hash
    assert await house.cases.log(CLERK, claim, False, 2, 2) == chain[2:4]
    refusals = await house.cases.log(CLERK, claim, True, None, 50)
    assert [json.loads(entry.entry)["kind"] for entry in refusals] == ["denied"] * 4
    assert await house.cases.log(CLERK, claim, True, refusals[1].entry_id, 50) == refusals[2:]


async def test_the_log_pages_over_http_too(house: Assembly) -> None:
    claim = await open_claim(house)
    await fired(house, claim, "add_note", ALICE)
    await fire(house, claim, "approve", ALICE)
    async with client_of(house) as client:
        url = f"/api/v1/cases/{claim}/audit"
        first = (await client.get(url, params={"limit": 1})).json()
        rest = (await client.get(url, params={"after": first["next_after"]})).json()
        assert [item["case_seq"] for item in (*first["items"], *rest["items"])] == [1, 2]
        denied = (await client.get(url, params={"limit": 1, "denied": True})).json()
        assert (await client.get(url, params={"after": denied["next_after"], "denied": True})).json()["items"] == []
