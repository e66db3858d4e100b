"""How large a case may become, and how often an answer tells it."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest

from app.db.reads import listing
from app.db.rows.rows import case_row
from app.domain.case.attempt import Attempt
from app.domain.definition.case_type import CaseType
from app.domain.values.data_size import bytes_of
from app.services.assembly import Assembly
from app.services.cases import cases
from app.services.cases.views import Wanted
from app.services.desk import shown_once
from app.services.desk.answer import Answer
from app.services.desk.shown_once import ShownOnce
from app.services.fairness import yielding
from app.services.policy.policies import PolicySource
from app.services.store.stored import PolicyFile, PolicyLine
from tests.databases import Database, open_store
from tests.declaring import checked, claim
from tests.factories import a_case
from tests.house import ALICE, attempt, code, declaring, opening, rows, running, state, tried
from tests.over_http import client_of

NOTES = "notes"
CASES = "/api/v1/cases"


def notes(most: int | None = None) -> CaseType:
    """A case type whose notes grow by an event, and may be replaced or cut."""
    text = {"payload": {"type": "object", "properties": {"note": {"type": "string"}}}}
    declared = {
        "case_type": NOTES,
        "initial": "kept",
        "data": {"type": "object", "properties": {"notes": {"type": "string"}, "mark": {"type": "boolean"}}},
        "states": {"kept": {}},
        "events": {
            "add": {"from": "kept", "to": "=", "set": {"data.notes": "data.notes + payload.note"}, **text},
            "put": {"from": "kept", "to": "=", "set": {"data.notes": "payload.note"}, **text},
            "mark": {"from": "kept", "to": "=", "set": {"data.mark": "true"}},
            "touch": {"from": "kept", "to": "="},
        },
        **({} if most is None else {"max_data_bytes": most}),
    }
    return CaseType.model_validate(declared)


ACTS = ("open", "add", "put", "mark", "touch", "case:read")
ANYBODY = PolicySource(
    PolicyFile("notes.csv", "0" * 64),
    [PolicyLine(kind="p", role="*", tenant="*", obj=NOTES, act=act, eft="allow") for act in ACTS],
)


def keeping_notes(database: Database, most: int | None = None) -> AbstractAsyncContextManager[Assembly]:
    """A process of the service in whose declaration notes have this largest size."""
    found = declaring(notes=notes(most))
    return running(open_store(database.url), replace(found, policies=[*found.policies, ANYBODY]))


async def noted(house: Assembly, text: str) -> str:
    """The id of a case that holds these notes."""
    one = opening(case_type=NOTES, event=None, data={"notes": text})
    assert code(await tried(house, one)) == "applied"
    return one.new_case_id


async def test_an_opening_above_the_largest_size_is_too_large(database: Database) -> None:
    async with keeping_notes(database) as house:
        frame = bytes_of({"notes": ""})
        await noted(house, "x" * (256 * 1024 - frame))
        answer = await tried(
            house, opening(case_type=NOTES, event=None, data={"notes": "x" * (256 * 1024 - frame + 1)})
        )
        assert code(answer) == "too_large"
        assert "262145 bytes" in answer.error.message
        assert [fault.field for fault in answer.error.errors] == ["data"]
        wide = {"notes": "é" * (128 * 1024)}  # two bytes each
        assert code(await tried(house, opening(case_type=NOTES, event=None, data=wide))) == "too_large"


async def test_what_set_makes_of_the_data_ends_at_the_largest_size(database: Database) -> None:
    async with keeping_notes(database, 1_000) as house:
        case_id = await noted(house, "")
        answers = [await tried(house, adding(case_id, "x" * 200)) for _ in range(6)]
        assert [code(answer) for answer in answers] == ["applied"] * 4 + ["too_large"] * 2
        assert len((await state(house, case_id)).data["notes"]) == 800


async def test_a_case_that_is_larger_already_takes_what_does_not_enlarge_it(database: Database) -> None:
    """The newest version says how large, whichever version the case was opened under."""
    async with keeping_notes(database) as house:
        case_id = await noted(house, "x" * 5_000)
    async with keeping_notes(database, 1_000) as house:
        assert (await state(house, case_id)).definition_version == 1
        tries = [
            (attempt(ALICE, "touch", case_id), "applied"),
            (adding(case_id, "x"), "too_large"),
            (attempt(ALICE, "mark", case_id), "too_large"),
            (adding(case_id, ""), "applied"),
            (adding(case_id, "y" * 4_000, "put"), "applied"),
            (adding(case_id, "y" * 4_001, "put"), "too_large"),
            (adding(case_id, "y" * 900, "put"), "applied"),
            (attempt(ALICE, "mark", case_id), "applied"),
        ]
        assert [code(await tried(house, one)) for one, _ in tries] == [expected for _, expected in tries]
    async with keeping_notes(database, 10_000) as house:
        assert code(await tried(house, adding(case_id, "z" * 8_000))) == "applied"


async def test_over_http_it_is_a_413_that_names_the_data_and_a_batch_goes_on(database: Database) -> None:
    async with keeping_notes(database, 1_000) as house, client_of(house) as client:
        answer = await client.post(CASES, json={"case_type": NOTES, "data": {"notes": "x" * 1_000}})
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (413, "too_large")
        assert [fault["field"] for fault in problem["errors"]] == ["data"]
        case_id = await noted(house, "")
        batch = [{"case_id": case_id, "event": "add", "payload": {"note": "x" * size}} for size in (10, 990, 10)]
        results = (await client.post("/api/v1/events", json={"attempts": batch})).json()["results"]
        assert [result["status"] for result in results] == [200, 413, 200]


def adding(case_id: str, note: str, event: str = "add") -> Attempt:
    return attempt(ALICE, event, case_id, payload={"note": note})


async def test_a_small_case_stands_in_each_of_its_results_and_a_large_one_in_the_last(database: Database) -> None:
    async with keeping_notes(database) as house, client_of(house) as client:
        small, large = await noted(house, "s" * 3_000), await noted(house, "l" * 5_000)
        attempts = [{"case_id": case_id, "event": "touch"} for case_id in (small, large, small, large, large)]
        results = (await client.post("/api/v1/events", json={"attempts": attempts})).json()["results"]
        assert [sorted(result) for result in results] == [
            ["case", "receipt", "status"],
            ["case_id", "receipt", "status"],
            ["case", "receipt", "status"],
            ["case_id", "receipt", "status"],
            ["case", "receipt", "status"],
        ]
        assert [results[1]["case_id"], results[3]["case_id"]] == [large, large]
        assert [results[place]["case"]["version"] for place in (0, 2, 4)] == [2, 3, 4]


async def test_a_thousand_events_on_one_large_case_answer_with_it_once(database: Database) -> None:
    async with keeping_notes(database) as house, client_of(house) as client:
        case_id = await noted(house, "x" * 200_000)
        one = {"case_id": case_id, "event": "mark"}
        batch = {"attempts": [{**one, "idempotency_key": f"k{place}"} for place in range(200)]}
        for _ in range(2):
            answer = await client.post("/api/v1/events", json=batch)
            assert [result["status"] for result in answer.json()["results"]] == [200] * 200
            assert answer.text.count("x" * 200_000) == 1
            assert len(answer.content) < 300_000
        kept = await rows(database, "SELECT answer FROM idempotency")
        assert sum(len(str(row["answer"])) for row in kept) < 200 * 500


async def test_the_cases_of_an_answer_have_8_mib_together(database: Database) -> None:
    async with keeping_notes(database) as house, client_of(house) as client:
        ids = [await noted(house, "x" * 250_000) for _ in range(40)]
        attempts = [{"case_id": case_id, "event": "touch"} for case_id in ids]
        answer = await client.post("/api/v1/events", json={"attempts": attempts})
        results = answer.json()["results"]
        assert len(answer.content) < shown_once.MOST + 100_000
        assert sum("case" in result for result in results) == shown_once.MOST // 250_500
        assert [result.get("case_id", result.get("case", {}).get("id")) for result in results] == ids


@pytest.mark.parametrize("sort", ["opened_at", "-changed_at", "reference"])
async def test_a_page_of_large_cases_ends_at_8_mib_and_goes_on_behind(
    database: Database, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(cases, "MOST_BYTES", 25_000)
    async with keeping_notes(database) as house:
        sizes = [10_000, 10_000, 10_000, 40_000, 10_000, 1, 1]
        ids = [await noted(house, "x" * size) for size in sizes]
        pages, cursor, found = [], None, []
        while not pages or cursor:
            page = await house.cases.find(ALICE, Wanted(case_type=NOTES, sort=sort, limit=200, cursor=cursor))
            pages.append([len(case.data["notes"]) for case in page.items])
            found += [case.id for case in page.items]
            cursor = page.next_cursor
    assert sorted(found) == sorted(ids)
    assert all(sum(page) <= 25_000 or len(page) == 1 for page in pages)
    if sort == "opened_at":
        assert pages == [[10_000, 10_000], [10_000], [40_000], [10_000, 1, 1]]


def test_what_is_left_out_is_let_go_while_the_batch_goes_on() -> None:
    """Of a thousand states of one case one is held at a time."""
    once = ShownOnce()
    for number in range(100):
        once.add([Answer(case={"data": f"{number}" + "x" * 5_000}, case_id="a") for _ in range(10)])
        assert sum(answer.case is not None for answer in once.answers) == 1
    assert once.answers[-1].case is not None
    assert len(once.answers) == 1_000


def test_a_single_answer_is_told_however_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown_once, "MOST", 10)
    once = ShownOnce()
    once.add([Answer(case={"data": "x" * 100}, case_id="a")])
    assert once.answers[0].case is not None


@pytest.mark.parametrize("size", ["0", "2000000", "many", "4.5", "true"])
def test_check_says_what_a_largest_size_is(size: str) -> None:
    faults = checked(claim("a: {}") + f"max_data_bytes: {size}\n")
    [fault] = [fault for fault in faults if fault.severity == "error"]
    assert fault.remedy == "it takes a whole number of bytes from 1 to 1048576"
    assert not [fault for fault in checked(claim("a: {}") + "max_data_bytes: 4096\n") if fault.severity == "error"]


async def test_between_the_cases_of_a_page_others_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yielding, "LONGEST", 0)
    served = 0

    async def others() -> None:
        nonlocal served
        while True:
            served += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    row = {**case_row(a_case(data={"note": "long"})), "data": '{"note":"long"}'}
    cases = await listing.found([row] * 20)  # type: ignore[list-item]
    beside.cancel()
    assert [case.data for case in cases] == [{"note": "long"}] * 20
    assert served >= 20
