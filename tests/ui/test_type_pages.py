"""The pages of case types: what can happen, who may, in which time, and what changed between versions."""

import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings

from app.domain.deciding.step_effects import STEP_EFFECTS, StepEffect
from app.domain.definition.case_type import CaseType
from app.services.assembly import Assembly
from app.services.definitions.case_types import CaseTypeView
from app.ui.frame.words import words
from app.ui.types.conditions import in_words
from tests.databases import Database
from tests.definitions.test_diagrams_of_any_case_type import case_types
from tests.fake_services import Fakes
from tests.house import ADMIN, CLERK, SUPERVISOR, actor, another_process, declared, declaring, house, open_claim
from tests.lengths import length
from tests.ui.serving import client_of, pages, reader

__all__ = ["house"]
SHIPPED = ("expense_claim", "incident", "permit")
NAUGHTY = '<script>alert(1)</script>" onload="x {{ 7 * 7000007 }} \u202e'


def table(page: str, caption: str) -> list[list[str]]:
    """The rows of a table, as text."""
    [found] = re.findall(rf"<caption[^>]*>{caption}</caption>(.*?)</table>", page, re.DOTALL)
    body = found.partition("<tbody>")[2]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [[text_of(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in rows]


def text_of(html: str) -> str:
    """What somebody reads of it."""
    plain = re.sub(r"<[^>]+>", " ", html)
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        plain = plain.replace(entity, sign)
    return " ".join(plain.split())


def of(case_type: CaseType, path: str = "/types/t", **likes: Any) -> str:
    """The page of a case type, over fakes."""
    fakes = Fakes()
    fakes.case_types.view = CaseTypeView(case_type, 1, case_type.hash())
    with pages(fakes.services(), reader(**likes)) as client:
        answer = client.get(path)
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def attributes(page: str) -> set[str]:
    """The names of all attributes, as a browser reads them."""
    found: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.update(name for name, _ in attrs)

    Reader().feed(page)
    return found


@pytest.mark.parametrize("name", SHIPPED)
async def test_a_shipped_case_type_has_a_page_in_both_languages(house: Assembly, name: str) -> None:
    for language in ("en", "de"):
        async with client_of(house, reader(CLERK, language=language)) as client:
            answer = await client.get(f"/types/{name}")
        assert answer.status_code == 200
        shipped = declared().case_types[name]
        assert len(table(answer.text, "[^<]*(?:Transitions|Übergänge)")) > 0
        titles = [state.title for state in shipped.states.values()]
        for title in titles:
            said = getattr(title, "languages", {}).get(language, title)
            assert said in answer.text


async def test_the_table_says_who_may_do_what_from_where_and_on_what_condition(house: Assembly) -> None:
    async with client_of(house) as client:
        page = (await client.get("/types/expense_claim")).text
    rows = table(page, "Transitions")
    assert rows[0] == ["a new case", "Save as a draft", "Draft", "everybody", ""]
    approve = [row for row in rows if row[1].startswith("Approve")]
    assert approve[0] == [
        "In review › First approval",
        "Approve Approve in full",
        "Approved",
        "manager; head of office, supervisor within limits",
        "Amount: at most 500.00 nobody who fired “Submit” on the case",
    ]
    assert "role:" not in page
    answer = next(row for row in rows if row[1] == "Answer")
    assert answer[2] == "In checks, where it was"
    assert "whoever opened the case" in answer[3]
    joined = next(row for row in rows if row[1] == "by itself, when finished")
    assert joined[:3] == ["In checks", "by itself, when finished", "Approved"]


def test_an_effect_that_the_page_has_no_words_for_is_told_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    more = StepEffect(key="at", takes="a point in time")
    monkeypatch.setattr("app.domain.deciding.step_effects.STEP_EFFECTS", (*STEP_EFFECTS, more))
    told = text_of(of(declared().case_types["incident"], "/types/incident"))
    assert "at: 100%" in told
    assert "calls 100%" not in told


async def test_clocks_are_told_in_words(house: Assembly) -> None:
    async with client_of(house) as client:
        incident = (await client.get("/types/incident")).text
        permit = (await client.get("/types/permit")).text
    reaction, resolution, confirmation = table(incident, "Clocks")
    assert reaction[0] == "Somebody looks at it"
    assert reaction[1].startswith("30 min if")
    assert "4 working hours otherwise" in reaction[1]
    assert "At 75 % of the time: tells supervisor" in reaction[3]
    assert "fires “Mark as late”" in reaction[3]
    assert (
        "2 working hours after it was due: tells supervisor, then every 2 working hours, at most 5 times"
        in resolution[3]
    )
    assert confirmation[1:] == ["5 days", "around the clock", "When it is due: fires “Close”"]
    receipt = table(permit, "Clocks")[0]
    assert receipt[1] == "2 business days, until 16:00; what comes after 15:00 counts from the next day"


async def test_versions_and_what_changed_between_them_are_told(house: Assembly, database: Database) -> None:
    told: dict[str, Any] = declared().case_types["expense_claim"].model_dump(by_alias=True, exclude_none=True)
    told["states"]["lost"] = {"title": {"en": "Lost", "de": "Verloren"}}
    told["events"]["take_up"] = told["events"].pop("triage")
    told["events"]["pay"]["title"] = "Pay out"
    newer = CaseType.model_validate(told)
    async with another_process(database, declaring(expense_claim=newer)) as process, client_of(process) as client:
        newest = (await client.get("/types/expense_claim")).text
        first = (await client.get("/types/expense_claim?version=1")).text
        turned = (await client.get("/types/expense_claim?version=1&against=2")).text
        missing = await client.get("/types/expense_claim?version=3")
    assert [row[0] for row in table(newest, "Versions")] == ["2", "1"]
    assert table(newest, "Versions")[0][2] == "opens new cases shown here"
    said = text_of(newest.partition('id="changes"')[2])
    for sentence in (
        "Added: Lost",
        "Added: Take into review",
        "Removed: Take into review",
        "Changed: Pay out (title)",
    ):
        assert sentence in said
    assert "This is version 1. New cases are opened under another one." in text_of(first)
    assert 'id="changes"' not in first
    assert "Removed: Take into review" in text_of(turned), "told from the older to the newer one"
    assert missing.status_code == 404


async def test_a_case_type_of_which_somebody_may_read_and_open_nothing_is_not_there(house: Assembly) -> None:
    stranger = reader(actor("user:zoe"), "Zoe Stranger")
    async with client_of(house, stranger) as client:
        listed = (await client.get("/types")).text
        answers = {name: (await client.get(f"/types/{name}")).status_code for name in (*SHIPPED, "nonsense")}
        drawn = {name: (await client.get(f"/types/{name}/diagram")).status_code for name in (*SHIPPED, "nonsense")}
    known = {name for name in SHIPPED if f'href="/types/{name}"' in listed}
    assert known == {name for name, status in answers.items() if status == 200}
    assert answers == drawn
    assert answers["nonsense"] == 404


async def test_a_case_type_that_no_line_gives_somebody_is_not_there_for_them(
    house: Assembly, database: Database
) -> None:
    plain = CaseType.model_validate({"case_type": "plain", "initial": "a", "states": {"a": {}}})
    paths = ("/types/plain", "/types/plain/diagram", "/types/plain?version=1")
    async with another_process(database, declaring(plain=plain)) as process:
        for who, status in ((CLERK, 404), (ADMIN, 200)):
            async with client_of(process, reader(who)) as client:
                assert [(await client.get(path)).status_code for path in paths] == [status] * 3
                assert ('href="/types/plain"' in (await client.get("/types")).text) is (status == 200)


async def test_a_case_type_whose_file_is_gone_is_shown_to_who_may_read_its_cases(
    house: Assembly, database: Database
) -> None:
    await open_claim(house)
    async with another_process(database, declaring(expense_claim=None)) as process, client_of(process) as client:
        gone = await client.get("/types/expense_claim")
        listed = (await client.get("/types")).text
    assert gone.status_code == 200
    assert "opens new cases" not in gone.text
    assert 'href="/new/expense_claim"' not in gone.text
    assert 'href="/types/expense_claim"' not in listed


async def test_a_queue_looks_as_the_newest_version_says_that_says_something(
    house: Assembly, database: Database
) -> None:
    """The version in force says nothing of its look, and the one before did."""
    await open_claim(house)
    told: dict[str, Any] = declared().case_types["expense_claim"].model_dump(by_alias=True, exclude_none=True)
    told.pop("views")
    plain = CaseType.model_validate(told)
    async with another_process(database, declaring(expense_claim=plain)) as process, client_of(process) as client:
        page = (await client.get("/?view=unassigned&type=expense_claim")).text
    headings = [text_of(one) for one in re.findall(r"<th scope=\"col\".*?</th>", page, re.DOTALL)]
    assert {"Amount", "Category"} <= set(headings)
    assert "What it was for" not in headings, "the first fields of the schema are for those who never said anything"


async def test_who_may_open_one_is_offered_to(house: Assembly) -> None:
    async with client_of(house, reader(SUPERVISOR)) as client:
        assert 'href="/new/expense_claim"' in (await client.get("/types/expense_claim")).text


def test_a_diagram_in_a_page_carries_no_style() -> None:
    page = of(declared().case_types["permit"], "/types/permit")
    [svg] = re.findall(r"<svg class=\"statechart\".*?</svg>", page, re.DOTALL)
    for element in ElementTree.fromstring(svg).iter():
        assert not {"style", "fill", "stroke"} & set(element.keys())
    assert "<style" not in page


@settings(max_examples=length(12, 25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case_types())
def test_whatever_can_be_declared_has_a_page(case_type: CaseType) -> None:
    assert "<h1>" in of(case_type)


def test_text_that_means_mischief_is_shown_as_text() -> None:
    naughty = CaseType.model_validate(
        {
            "case_type": "t",
            "title": NAUGHTY,
            "description": NAUGHTY,
            "opening": {"submit": "a"},
            "states": {"a": {"title": NAUGHTY}, "b": {"final": True}},
            "events": {"go": {"title": NAUGHTY, "from": "a", "to": "b", "when": "data.x == '<img src=x>' || true"}},
            "slas": {"s": {"title": NAUGHTY, "start": {"enters": "a"}, "target": "4h"}},
        }
    )
    page = of(naughty)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert attributes(page).isdisjoint({"onload", "{{", "7"})
    assert "49000049" not in text_of(page)
    assert page.count("&lt;script&gt;") >= 6


def large(events: int, fields: int = 0) -> CaseType:
    return CaseType.model_validate(
        {
            "case_type": "t",
            "opening": {"submit": "s0"},
            "data": {"type": "object", "properties": {f"f{n}": {"type": "string"} for n in range(fields)}},
            "states": {f"s{n}": {} for n in range(150)},
            "events": {f"e{n}": {"from": f"s{n % 150}", "to": f"s{(n + 1) % 150}"} for n in range(events)},
        }
    )


def test_the_table_of_a_large_case_type_has_pages_and_its_diagram_one_of_its_own() -> None:
    case_type = large(600, 4000)
    first, last, alone = of(case_type), of(case_type, "/types/t?from=601"), of(case_type, "/types/t/diagram")
    assert len(table(first, "Transitions")) == 50
    assert "1–50 of 601" in text_of(first)
    assert table(last, "Transitions")[0][1] == "E599"
    assert table(of(case_type, "/types/t?from=9999"), "Transitions")[0][1] == "E599", "beyond the end is the end"
    assert "statechart" not in first
    assert 'href="/types/t/diagram?version=1"' in first
    assert "statechart" in alone
    assert len(first) < 100_000


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        ("data.amount_cents <= 50000", ["Amount: at most 500.00"]),
        ("data.fee > 123", ["Fee: more than 1.23 EUR"]),
        ("data.fee < 100 && data.kind != 'a'", ["Fee: less than 1.00 EUR", "Kind: not “First”"]),
        ("data.area >= 1000", ["Area: at least 1,000 m²"]),
        ("data.late == true", ["Late: yes"]),
        ("!data.late", ["Late: no"]),
        ("data.late", ["Late: yes"]),
        ("has(payload.note)", ["Note is filled in"]),
        ("!has(payload.note)", ["Note is empty"]),
        ("data.name == 'Ann'", ["Name: “Ann”"]),
        ("data.fee > data.area", None),
        ("data.late || data.fee > 1", None),
        ("data.name == 'a && b'", ["Name: “a && b”"]),
        ("data.kind in ['a', 'b'] && 5 < data.area", ["Kind: “First” or “b”", "Area: more than 5 m²"]),
        ("!(data.late || data.fee > 100)", ["Late: no", "Fee: at most 1.00 EUR"]),
        ("payload.note != null", ["Note is filled in"]),
        ("case.creator == actor.id", None),
        ("data.name.size() > 3", None),
        ("actor.id == case.creator", None),
        ("x" * 500, None),
    ],
)
def test_a_guard_is_told_in_words_only_where_all_of_it_is_understood(guard: str, said: list[str] | None) -> None:
    case_type = CaseType.model_validate(
        {
            "case_type": "t",
            "initial": "a",
            "states": {"a": {}},
            "data": {
                "type": "object",
                "properties": {
                    "amount_cents": {"type": "integer", "title": "Amount", "x-money": "data.currency"},
                    "currency": {"type": "string"},
                    "fee": {"type": "integer", "x-money": "EUR"},
                    "kind": {"enum": ["a"], "x-titles": {"a": "First"}},
                    "area": {"type": "integer", "x-unit": "m²"},
                    "late": {"type": "boolean"},
                    "name": {"type": "string"},
                },
            },
        }
    )
    payload = {"type": "object", "properties": {"note": {"type": "string", "title": "Note"}}}
    assert in_words(guard, case_type, payload, words("en")) == said


def test_nobody_is_let_in_without_signing_in() -> None:
    with pages(signed_in=False) as client:
        for path in ("/types", "/types/expense_claim", "/types/expense_claim/diagram"):
            assert client.get(path).status_code == 303
