"""What is sent to hurt others or the service itself ends as an answer, for whoever sent it alone."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.domain.definition.case_type import CaseType
from app.domain.values.errors import Invalid
from app.services.assembly import Assembly
from app.services.fairness.fair_queue import Caller
from app.services.fairness.slices import Slices
from app.ui.forms.from_schema import form_of
from app.ui.forms.inputs import Inputs, standing
from app.ui.forms.manner import Manner, Unreadable
from app.ui.forms.raw_json import read_json
from app.ui.forms.sheet import Part, Sheet
from app.ui.forms.showing import shown
from tests.databases import Database, sqlite_of
from tests.house import CLERK, declared, declaring, opened, running
from tests.over_http import services_of
from tests.ui.serving import client_of, reader
from tests.ui.test_forms_of_events import do, got, posted, seen_by

ENDS = {"seen_at": "0001-01-01T00:00:00Z", "gone_at": "9999-12-31T23:59:59Z"}
MOMENT = {"type": "string", "format": "date-time"}
TEXT = {"type": "string"}


def lists(*keys: str) -> dict[str, Any]:
    """Lists in one another, of texts at last."""
    inner = lists(*keys[1:]) if len(keys) > 1 else TEXT
    return {"type": "object", "properties": {keys[0]: {"type": "array", "items": inner}}}


def hostile() -> CaseType:
    told = declared().case_types["expense_claim"].model_dump(mode="json", by_alias=True, exclude_defaults=True)
    told["data"]["properties"] |= dict.fromkeys(ENDS, MOMENT)
    told["views"] = {**told.get("views", {}), "list": [f"data.{name}" for name in ENDS]}
    told["events"]["triage"]["payload"] = {
        "type": "object",
        "properties": {**dict.fromkeys(ENDS, MOMENT), "a": lists("a", "b")["properties"]["a"], "free": {}, "n": TEXT},
    }
    return CaseType.model_validate(told)


@pytest.fixture
def database(sqlite_lived_in: Path, tmp_path: Path) -> Database:
    file = tmp_path / "pages.db"
    file.write_bytes(sqlite_lived_in.read_bytes())
    return sqlite_of(file)


@pytest.fixture
async def house(_lived_in: None, store: Any) -> AsyncIterator[Assembly]:
    async with running(store, declaring(expense_claim=hostile())) as started:
        yield started


def crowd(*outer: str) -> dict[str, str]:
    """A hundred rows, each with a hundred."""
    [name] = outer
    return {f"{name}.rows": "100", **{f"{name}.{row}.b.rows": "100" for row in range(100)}}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
async def test_a_moment_at_the_end_of_the_calendar_spoils_nobodys_queue_case_or_form(
    house: Assembly, zone: str
) -> None:
    case_id = await opened(house, data={"amount_cents": 5, "currency": "EUR", **ENDS})
    async with client_of(house, reader(CLERK, zone=ZoneInfo(zone))) as client:
        for path in (
            "/?view=unassigned&type=expense_claim",
            f"/cases/{case_id}",
            f"/cases/{case_id}/fields",
            f"/cases/{case_id}/history",
        ):
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert "9999" in answer.text, path
        page = await got(client, do(case_id, "triage"))
        sent = page.sent("check", **{f"payload__{name}": text for name, text in ENDS.items()})
        again = await posted(client, do(case_id, "triage"), sent, 422)
    assert again.fields["payload.seen_at"] == [ENDS["seen_at"]]


async def test_lists_in_lists_are_not_multiplied_without_end(house: Assembly) -> None:
    case_id = await opened(house)
    async with seen_by(house, CLERK) as client:
        page = await got(client, do(case_id, "triage"))
        for button in ("add=payload.a", "restored=1", "act=fire"):
            name, _, value = button.partition("=")
            answer = await client.post(
                do(case_id, "triage"), data={**page.fields, **crowd("payload.a"), name: value}, timeout=60
            )
            assert answer.status_code == 422
            assert "payload.a.0" not in answer.text


class Noting(Slices):
    def __init__(self) -> None:
        super().__init__()
        self.turns: list[Caller] = []

    async def turn(self, caller: Caller) -> None:
        self.turns.append(caller)
        await super().turn(caller)


async def test_a_form_of_many_rows_waits_for_its_turn_and_a_short_one_does_not(house: Assembly) -> None:
    case_id, slices = await opened(house), Noting()
    async with client_of(house, services=replace(services_of(house), slices=slices)) as client:
        page = await got(client, do(case_id, "triage"))
        short = {**page.fields, "payload.a.rows": "1", "add": "payload.a"}
        await posted(client, do(case_id, "triage"), short, 422)
        assert slices.turns == []
        await posted(client, do(case_id, "triage"), {**short, "payload.a.0.b.rows": "100", "payload.a.rows": "99"}, 422)
        assert slices.turns == []
        many = {f"payload.a.{row}.b.rows": "100" for row in range(5)}
        await posted(client, do(case_id, "triage"), {**short, **many, "payload.a.rows": "9"}, 422)
    assert slices.turns == [(CLERK.tenant, CLERK.id)]


def test_a_list_takes_no_row_beyond_what_a_page_bears_and_says_so() -> None:
    form = form_of(lists("a", "b"), "data", "en")
    rows = {f"data.a.{row}.b.rows": ("100",) for row in range(19)}
    sheet = Sheet(
        parts=(Part(form),),
        inputs=Inputs({"data.a.rows": ("20",), **rows, "data.a.19.b.rows": ("60",)}),
        manner=Manner(),
    )
    full = sheet.bounded()
    pressed = Sheet(parts=full.parts, inputs=full.inputs.with_({"add": ("data.a",)}), manner=full.manner).pressed()
    assert pressed is not None
    assert pressed.inputs.one("data.a.rows") == "20"
    assert pressed.errors == {"data.a": "Enter less: a form holds at most 4,000 values"}
    with pytest.raises(Invalid):
        Sheet(parts=full.parts, inputs=full.inputs.with_({"data.a.19.b.rows": ("100",)}), manner=full.manner).bounded()


def test_no_more_rows_are_shown_than_a_list_may_have() -> None:
    form = form_of({"properties": {"l": {"type": "array", "maxItems": 2, "items": TEXT}}}, "data", "en")
    [part] = Sheet(parts=(Part(form),), inputs=Inputs({"data.l.rows": ("100",)}), manner=Manner()).shown()
    assert len(part.fields[0].parts) == 2


def test_lists_that_a_page_does_not_bear_are_shown_as_json_and_kept() -> None:
    item = {"type": "object", "properties": {f"f{n}": TEXT for n in range(8)}}
    form = form_of({"properties": {f"l{n}": {"type": "array", "items": item} for n in range(10)}}, "data", "en")
    value = {f"l{n}": [{"f0": "x"}] * 50 for n in range(10)}
    inputs = shown(form, ("data",), value, Manner(), standing({"data": value}))
    sheet = Sheet(parts=(Part(form),), inputs=inputs, manner=Manner()).bounded()
    assert inputs.all("raw") == tuple(f"data.l{n}" for n in range(4, 10))
    _, values = sheet.read()
    assert values == {"data": value}


def test_json_of_more_values_than_a_form_holds_is_refused_in_one_field_and_in_several() -> None:
    many = f"[{'0,' * 2_500}0]"
    assert len(read_json(many, Manner())) == 2_501
    with pytest.raises(Unreadable, match="at most 4,000 values"):
        read_json(f"[{'0,' * 4_000}0]", Manner())
    form = form_of({"type": "object", "properties": {"one": {}, "two": {}}}, "data", "en")
    sheet, values = Sheet(
        parts=(Part(form),), inputs=Inputs({"data.one": (many,), "data.two": (many,)}), manner=Manner()
    ).read()
    assert sheet.errors == {"data.two": "Enter less: a form holds at most 4,000 values"}
    assert values["data"].keys() == {"one"}


@pytest.mark.parametrize("was", ['{"n": "\\ud800"}', "[" * 100_000, f"[{'0,' * 5_000}0]", '{"n": 1e999}'])
async def test_what_a_form_was_filled_with_may_be_told_wrong(house: Assembly, was: str) -> None:
    case_id = await opened(house)
    async with seen_by(house, CLERK) as client:
        page = await got(client, do(case_id, "triage"))
        again = await posted(client, do(case_id, "triage"), {**page.fields, "was": was, "add": "payload.a"}, 422)
    assert again.fields["was"] == ["{}"]


async def test_a_row_of_five_thousand_digits_is_no_row(house: Assembly) -> None:
    case_id, digits = await opened(house), "9" * 5_000
    async with seen_by(house, CLERK) as client:
        page = await got(client, do(case_id, "triage"))
        sent = {**page.fields, "payload.a.rows": "2", f"payload.a.{digits}.b": "x"}
        for button in (f"payload.a.{digits}", "payload.a.0", f"payload.a.{digits}.b.1"):
            for name in ("remove", "add"):
                await posted(client, do(case_id, "triage"), {**sent, name: button}, 422)
