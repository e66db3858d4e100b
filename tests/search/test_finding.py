"""Finding cases by words, as people do it: what was opened, said and changed a moment ago, and only one's own."""

import asyncio
import random
from dataclasses import replace

import pytest

from app.db.reads.search import SearchEffort
from app.domain.case.attempt import Actor
from app.domain.policy.scope import Scope
from app.domain.values.errors import Unavailable
from app.services.assembly import Assembly
from app.services.cases.views import Wanted
from app.services.desk.searchable import text_of
from app.services.store.stored import CaseKey, Record
from tests.databases import Database
from tests.house import (
    ADMIN,
    ALICE,
    CLERK,
    MANAGER,
    STRANGER,
    SUPERVISOR,
    actor,
    applied,
    code,
    fire,
    fired,
    open_claim,
    open_incident,
    opened,
    rows,
    state,
)
from tests.lengths import part
from tests.over_http import client_of
from tests.working import assign, comment

AGENT = actor("ann", "agent")
TEXTS = "SELECT case_id, own, said FROM case_text ORDER BY case_id"


async def found(house: Assembly, q: str, by: Actor = ADMIN, **wanted: object) -> set[str]:
    page = await house.cases.find(by, Wanted(q=q, limit=200, **wanted))  # type: ignore[arg-type]
    return {case.id for case in page.items}


async def test_a_case_is_found_by_reference_data_and_comments_together(house: Assembly) -> None:
    case_id = await opened(
        house, data={"amount_cents": 1, "currency": "EUR", "purpose": "Train to Köln"}, reference="EXP-7"
    )
    other = await opened(
        house, data={"amount_cents": 1, "currency": "EUR", "purpose": "Train to Ulm"}, reference="EXP-77"
    )
    await comment(house, case_id, CLERK, "Where is the *receipt*?")
    assert await found(house, "train") == {case_id, other}
    assert await found(house, "köln receipt exp-7") == {case_id}
    assert await found(house, "EXP-7") == {case_id}
    assert await found(house, "EXP-7*") == {case_id, other}
    assert await found(house, '"train receipt"') == await found(house, "EUR") == await found(house, "receip") == set()


async def test_an_edited_comment_is_found_by_what_it_says_now(house: Assembly) -> None:
    case_id = await open_claim(house)
    first = (await comment(house, case_id, CLERK, "About Zoe")).shown["id"]
    await comment(house, case_id, CLERK, "Something else")
    for name in ("Yan", "Max"):
        assert code(await comment(house, case_id, CLERK, f"About {name}", edits=first)) == "applied"
    assert await found(house, "zoe") == await found(house, "yan") == set()
    assert await found(house, "max else") == {case_id}


async def test_many_comments_at_once_are_all_found(house: Assembly) -> None:
    case_id = await open_claim(house)
    await asyncio.gather(*(comment(house, case_id, CLERK, f"number n{n}") for n in range(20)))
    assert await found(house, " ".join(f"n{n}" for n in range(0, 20, 2))) == {case_id}


async def test_of_too_many_comments_the_newest_are_found(house: Assembly) -> None:
    case_id = await open_claim(house)
    for n in range(5):
        await comment(house, case_id, CLERK, f"n{n} " + "word " * 1_900)
    assert [bool(await found(house, f"n{n}")) for n in range(5)] == [False, False, True, True, True]


async def test_an_event_that_changes_no_text_writes_none(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house)
    places = "SELECT xmin, ctid FROM case_text" if database.kind == "postgres" else "SELECT id FROM case_words_data"
    before = await rows(database, places), await rows(database, TEXTS)
    await fired(house, case_id, "add_note", CLERK, payload={"note": "unsearched"})
    await fired(house, case_id, "triage", CLERK)
    await assign(house, case_id, SUPERVISOR, team="team:a")
    assert (await rows(database, places), await rows(database, TEXTS)) == before
    assert await found(house, "unsearched") == set()


async def test_an_event_that_changes_text_changes_what_is_found(house: Assembly) -> None:
    case_id = await open_incident(house, by=AGENT)
    await fired(house, case_id, "triage", AGENT, payload={"priority": 3})
    await comment(house, case_id, AGENT, "said before")
    assert await found(house, "replaced") == set()
    await fired(house, case_id, "resolve", SUPERVISOR, data={"resolution": "Fuser replaced"})
    assert await found(house, "replaced printer said") == {case_id}


async def test_a_refused_attempt_leaves_no_word(house: Assembly) -> None:
    case_id = await open_claim(house)
    assert code(await comment(house, case_id, STRANGER, "slander")) != "applied"
    assert code(await fire(house, case_id, "pay", MANAGER, reason="slander")) != "applied"
    assert await found(house, "slander") == set()


async def test_nobody_finds_a_case_that_he_may_not_read(house: Assembly) -> None:
    case_id = await open_claim(house, data={"amount_cents": 1, "currency": "EUR", "purpose": "secret"})
    assert await found(house, "secret", by=STRANGER) == set()
    assert await found(house, "secret", by=replace(ADMIN, tenant="globex")) == set()
    assert await found(house, "secret", by=replace(ADMIN, scope=Scope(case_types=frozenset({"incident"})))) == set()
    assert await found(house, "secret", by=ALICE) == await found(house, "secret", by=CLERK) == {case_id}
    for by, value in ((STRANGER, 0), (CLERK, 1)):
        page = await house.cases.find(by, Wanted(q="secret", count=True))
        assert page.count is not None
        assert (page.count.value, page.count.more) == (value, False)


async def test_what_is_found_can_be_built_anew_from_the_log(house: Assembly, database: Database) -> None:
    case_id = await open_incident(house, by=AGENT)
    first = (await comment(house, case_id, AGENT, "one")).shown["id"]
    await comment(house, case_id, AGENT, "two")
    await comment(house, case_id, AGENT, "three", edits=first)
    before = await rows(database, TEXTS)
    case = await state(house, case_id)
    fields = house.definitions.of(case.definition).texts
    written = await house.store.comments(case.tenant, case_id, None, 200)
    async with house.store.transaction(case.tenant) as tx:
        await tx.lock([CaseKey(case.tenant, case_id)], [])
        await tx.record(Record(search_texts=[text_of(case, fields, written)]))
    after = await rows(database, TEXTS)
    assert [sorted(row["said"].split("\n")) for row in after] == [sorted(row["said"].split("\n")) for row in before]
    assert [row["own"] for row in after] == [row["own"] for row in before]
    erased = [replace(one, text=None) for one in written]
    async with house.store.transaction(case.tenant) as tx:
        await tx.record(Record(search_texts=[text_of(case, fields, erased)]))
    assert await found(house, "three") == await found(house, "two") == set()
    assert await found(house, "printer") == {case_id}


LITTLE = SearchEffort(first_look=0, few=0, long_look=5, most_by_index=0, most_sorted=0, long_walk=0, most_counted=5)
LOOKED_FOR = [
    (None, SearchEffort()),
    ("kept", LITTLE),
    ("kept", replace(LITTLE, most_by_index=500, long_walk=500)),
]
SORTS = ["opened_at", "-opened_at", "changed_at", "-changed_at", "urgency", "-due_at", "reference"]


@pytest.mark.parametrize(
    ("sort", "q", "effort"), part([(sort, *looked_for) for sort in SORTS for looked_for in LOOKED_FOR], 2)
)
async def test_pages_hold_each_case_that_stays_once_while_others_come_and_go(
    house: Assembly, sort: str, q: str | None, effort: SearchEffort
) -> None:
    house.store.effort = effort  # type: ignore[attr-defined]
    chance = random.Random(3)
    for name in [f"K-{n}" for n in range(12)] + [f"M-{n}" for n in range(6)]:
        await opened(house, reference=name, data={"amount_cents": 1, "currency": "EUR", "purpose": "kept kept"})
    ids = {case.reference: case.id for case in (await house.cases.find(ADMIN, Wanted(limit=200))).items}
    stay = {ids[f"K-{n}"] for n in range(12)}
    movers = [ids[f"M-{n}"] for n in range(6)]
    seen: list[str] = []
    wanted = Wanted(sort=sort, q=q, limit=3)
    while True:
        page = await house.cases.find(ADMIN, wanted)
        seen += [case.id for case in page.items]
        if page.next_cursor is None:
            break
        wanted = replace(wanted, cursor=page.next_cursor)
        if movers:  # one is closed, one moves, one comes
            mover = movers.pop(chance.randrange(len(movers)))
            await fired(house, mover, "triage", CLERK)
            await fire(house, mover, "reject", SUPERVISOR, reason="no")
            await comment(house, mover, CLERK, "moved")
            new = {"amount_cents": 1, "currency": "EUR", "purpose": "kept too"}
            await opened(house, reference=f"{chance.choice('AZ')}-{len(seen)}", data=new)
    assert sorted(one for one in seen if one in stay) == sorted(stay)


async def test_counts_are_exact_up_to_a_thousand(house: Assembly) -> None:
    async with client_of(house) as client:
        for total in (999, 1000, 1001):
            missing = total - (await _count(client, "")).get("value", 0) if total == 999 else 1
            attempts = [
                {
                    "case_type": "expense_claim",
                    "reference": f"R{total}-{n}",
                    "event": "save",
                    "data": {"amount_cents": 1, "currency": "EUR", "purpose": "many"},
                }
                for n in range(missing)
            ]
            for some in (attempts[:500], attempts[500:]):
                answers = (
                    (await client.post("/api/v1/events", json={"attempts": some})).json()["results"] if some else []
                )
                assert {answer["status"] for answer in answers} <= {201}
            shown = {"value": min(total, 1000), "more": total > 1000}
            assert await _count(client, "") == await _count(client, "&q=many") == shown
        assert await _count(client, "&q=few") == {"value": 0, "more": False}
        assert "count" not in (await client.get("/api/v1/cases?limit=1")).json()


async def _count(client: object, filters: str) -> dict[str, int]:
    answer = await client.get(f"/api/v1/cases?limit=1&count=true{filters}")  # type: ignore[attr-defined]
    return dict(answer.json()["count"])


@pytest.mark.parametrize("q", ["", "%20", "-", "*", "%22%22", "x" * 201, "%00", "_"])
async def test_a_search_that_cannot_be_is_a_422_that_names_q(house: Assembly, q: str) -> None:
    async with client_of(house) as client:
        answer = await client.get(f"/api/v1/cases?q={q}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "q")


ODD = [
    "'",
    "\"'",
    "a' OR 1=1 --",
    ":*",
    "a:*",
    "!a",
    "a & | b",
    "(a",
    "a <-> b",
    "NEAR(a b)",
    "own:a",
    "^a",
    "\\",
    "a\\",
    "%",
    "a_",
    "{a}",
    "東*x",
    "🖨 a",
]


@pytest.mark.parametrize("q", ODD)
async def test_no_spelling_of_a_search_is_an_error_of_the_database(house: Assembly, q: str) -> None:
    house.store.effort = SearchEffort(
        first_look=0, few=0, long_look=10, most_by_index=10, most_sorted=10, long_walk=10, most_counted=10
    )  # type: ignore[attr-defined]
    await open_claim(house)
    async with client_of(house) as client:
        answer = await client.get("/api/v1/cases", params={"q": q, "count": "true"})
        assert answer.status_code in (200, 422)


async def test_applied_comments_are_found_at_once_by_whoever_wrote_them(house: Assembly) -> None:
    case_id = await open_claim(house)
    assert applied(await fire(house, case_id, "add_note", CLERK, payload={"note": "x"}))["version"] == 2
    await comment(house, case_id, CLERK, "immediately")
    assert await found(house, "immediately", by=CLERK) == {case_id}


async def test_a_caller_who_searches_much_at_once_is_told_to_come_again_and_nobody_else_is(house: Assembly) -> None:
    await open_claim(house)
    wide, plain = Wanted(count=True), Wanted()
    many = [house.cases.find(ALICE, wide) for _ in range(12)]
    others = [house.cases.find(actor("vera", tenant="globex"), wide), house.cases.find(ALICE, plain)]
    found = await asyncio.gather(*many, *others, return_exceptions=True)
    assert [isinstance(one, Unavailable) for one in found] == [False] * 4 + [True] * 8 + [False] * 2
    assert (await house.cases.find(ALICE, wide)).count is not None
