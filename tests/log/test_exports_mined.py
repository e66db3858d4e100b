"""XES and OCEL as a tool for process mining takes them: by the rules of the standards, and read back by r4pm."""

import asyncio
import json
import shutil
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import r4pm
from r4pm.bindings import bindings as mining

from app.db import open_store
from app.domain.case.attempt import Principal
from app.domain.values.rfc3339 import parse_rfc3339
from app.domain.verbs.linking import Link
from app.exports.mined import kind_of
from app.services.log import exports, sorted_lines
from app.services.log.sorted_lines import SortedLines
from tests.databases import sqlite_of
from tests.exporting import TakenApart, export, live
from tests.house import ADMIN, CLERK, applied, fired, open_claim, opened, running
from tests.working import comment, do

XES = "{http://www.xes-standard.org/}"
NAMED = {"xes": "log.xes", "ocel": "log.json"}
EVIL = 'a <b> & "c"\n\x0b]]> – ＝1'


@dataclass(frozen=True)
class Mined:
    xes: Path
    ocel: Path
    entries: list[dict[str, Any]]

    @property
    def of_cases(self) -> list[dict[str, Any]]:
        return [entry for entry in self.entries if "case_id" in entry]


@pytest.fixture(scope="module")
def mined(sqlite_lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mined]:
    """A log in which much happens, exported through several runs on the disk."""
    folder = tmp_path_factory.mktemp("mined")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exports, "PAGE", 7)
        patch.setattr(sorted_lines, "RUN", 20_000)
        yield asyncio.run(_mined(sqlite_lived_in, folder))


async def _mined(template: Path, folder: Path) -> Mined:
    database = sqlite_of(Path(shutil.copy(template, folder / "house.db")))
    async with running(open_store(database.url)) as house:
        first, second = await open_claim(house), await open_claim(house, by=CLERK)
        applied(await do(house, first, Link("parent", second), CLERK))
        applied(await comment(house, first, CLERK, EVIL))
        await live(house, 3)
        await fired(house, first, "triage", ADMIN, reason=EVIL, on_behalf_of=Principal(CLERK.id, CLERK.roles))
        where = {"applicant_name": EVIL, "site": "x", "floor_area_m2": 5, "protected_area": False}
        await opened(house, case_type="permit", event="apply", data=where, reference="P/1")
        await house.ledger.sequence()
        whole = TakenApart.of(await export(house.store, folder / "export.zip"))
        await house.ledger.sequence()
        size = len(whole.entries)
        paths = [await export(house.store, folder / name, kind=kind) for kind, name in NAMED.items()]
        later = TakenApart.of(await export(house.store, folder / "later.zip"))
        assert len(later.entries) == size + 1
        return Mined(*paths, [later.entry(at) for at in range(size + 1)])


def test_the_parts_of_an_xes_log_stand_in_the_order_and_with_the_attributes_of_the_standard(mined: Mined) -> None:
    root = ET.parse(mined.xes).getroot()
    assert root.tag == f"{XES}log"
    assert float(root.attrib["xes.version"]) == 1849.2016
    kinds = [one.tag.removeprefix(XES) for one in root]
    order = ("extension", "global", "classifier", "attribute", "trace")
    places = [order.index(kind if kind in order else "attribute") for kind in kinds]
    assert places == sorted(places)
    assert Counter(kinds)["global"] == 2
    for one in root.iter():
        _keeps_the_rules(one)
    for scope, under in (("trace", "trace"), ("event", "trace/event")):
        [wanted] = [one for one in root.iter(f"{XES}global") if one.get("scope") == scope]
        keys = {one.get("key") for one in wanted}
        assert keys
        for one in root.iterfind("/".join(f"{XES}{part}" for part in under.split("/"))):
            assert keys <= {attribute.get("key") for attribute in one}


REQUIRED = {
    "extension": {"name", "prefix", "uri"},
    "global": {"scope"},
    "classifier": {"name", "scope", "keys"},
    **{kind: {"key", "value"} for kind in ("string", "date", "int", "float", "boolean")},
}
READ_BY = {"date": parse_rfc3339, "int": int, "float": float, "boolean": {"true": True, "false": False}.__getitem__}


def _keeps_the_rules(one: ET.Element) -> None:
    kind = one.tag.removeprefix(XES)
    if kind not in REQUIRED:
        assert kind in {"log", "trace", "event"}
        assert not one.attrib or kind == "log"
        return
    assert set(one.keys()) == REQUIRED[kind]
    if kind in READ_BY:
        READ_BY[kind](one.attrib["value"])
    if "key" in one.attrib:
        assert ET.fromstring(f"<{one.attrib['key'].replace(':', '_')}/>") is not None


def test_xes_has_a_trace_for_each_case_with_its_entries_in_their_order(mined: Mined) -> None:
    root = ET.parse(mined.xes).getroot()
    read = {}
    for trace in root.iter(f"{XES}trace"):
        told = {one.get("key"): one.get("value") for one in trace}
        events = [{one.get("key"): one.get("value") for one in event} for event in trace.iter(f"{XES}event")]
        read[told["concept:name"]] = [event["entry_id"] for event in events]
    wanted: dict[str, list[str]] = {}
    for entry in mined.of_cases:
        wanted.setdefault(entry["case_id"], []).append(entry["entry_id"])
    assert read == wanted


def test_xes_tells_who_did_what_for_whom_and_every_letter_that_xml_may_hold(mined: Mined) -> None:
    events = [
        {one.get("key"): one.get("value") for one in event}
        for event in ET.parse(mined.xes).getroot().iter(f"{XES}event")
    ]
    [acted_for] = [event for event in events if "called_by" in event]
    assert (acted_for["concept:name"], acted_for["org:resource"]) == ("triage", "user:carl")
    assert (acted_for["called_by"], acted_for["lifecycle:transition"]) == ("user:root", "complete")
    assert acted_for["reason"] == EVIL.replace("\x0b", "\ufffd")
    assert {"denied", "comment", "linked", "submit"} <= {event["concept:name"] for event in events}


def test_r4pm_reads_as_many_traces_and_events_as_there_are(mined: Mined, tmp_path: Path) -> None:
    item = r4pm.import_item("EventLog", str(mined.xes))
    r4pm.export_item(item, str(tmp_path / "again.xes"))
    read, wanted = [ET.parse(path).getroot() for path in (tmp_path / "again.xes", mined.xes)]
    assert len(list(read.iter(f"{XES}trace"))) == len({entry["case_id"] for entry in mined.of_cases})
    assert _activities(read).total() == len(mined.of_cases)
    assert _activities(read) == _activities(wanted)


def _activities(log: ET.Element) -> Counter[str | None]:
    named = (event.find("*[@key='concept:name']") for event in log.iter(f"{XES}event"))
    return Counter(None if one is None else one.get("value") for one in named)


TEXT = {"type": "string"}
MOMENT = {"type": "string", "format": "date-time"}


def _listed(required: str, **properties: Any) -> dict[str, Any]:
    items = {"type": "object", "properties": properties, "required": required.split()}
    return {"type": "array", "items": items}


TYPES = _listed("name attributes", name=TEXT, attributes=_listed("name type", name=TEXT, type=TEXT))
RELATIONSHIPS = _listed("objectId qualifier", objectId=TEXT, qualifier=TEXT)
OCEL_2_0 = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "eventTypes": TYPES,
        "objectTypes": TYPES,
        "events": _listed(
            "id type time",
            id=TEXT,
            type=TEXT,
            time=MOMENT,
            attributes=_listed("name value", name=TEXT, value=TEXT),
            relationships=RELATIONSHIPS,
        ),
        "objects": _listed(
            "id type",
            id=TEXT,
            type=TEXT,
            relationships=RELATIONSHIPS,
            attributes=_listed("name value time", name=TEXT, value=TEXT, time=MOMENT),
        ),
    },
    "required": ["eventTypes", "objectTypes", "events", "objects"],
}
"""What the JSON schema of section 8.2 of the specification asks for."""


def test_ocel_is_valid_and_declares_all_that_it_uses(mined: Mined) -> None:
    document = json.loads(mined.ocel.read_text())
    assert list(document) == ["eventTypes", "objectTypes", "events", "objects"]
    jsonschema_rs.validator_for(OCEL_2_0, validate_formats=True).validate(document)
    for things, types in (("events", "eventTypes"), ("objects", "objectTypes")):
        declared = {one["name"]: {a["name"]: a["type"] for a in one["attributes"]} for one in document[types]}
        assert len(declared) == len(document[types])
        for thing in document[things]:
            for attribute in thing["attributes"]:
                kind = declared[thing["type"]][attribute["name"]]
                if kind != "string":
                    READ_BY[{"time": "date", "integer": "int"}.get(kind, kind)](attribute["value"])
    ids = [one["id"] for one in document["objects"]]
    assert len(set(ids)) == len(ids)
    for one in (*document["events"], *document["objects"]):
        assert {relation["objectId"] for relation in one["relationships"]} <= set(ids)


def test_ocel_follows_a_case_through_its_states_and_to_its_other_cases(mined: Mined) -> None:
    document = json.loads(mined.ocel.read_text())
    [linked] = [one for one in document["objects"] if [r for r in one["relationships"] if r["qualifier"] == "parent"]]
    states = [one["value"] for one in linked["attributes"] if one["name"] == "state"]
    mine = [entry["target"] for entry in mined.of_cases if entry["case_id"] == linked["id"] and "target" in entry]
    assert states == list(dict.fromkeys(mine))
    assert len(states) > 1
    assert linked["type"] == "expense_claim"
    people = {one["id"]: one["type"] for one in document["objects"] if ":" in one["id"]}
    assert people["user:alice"] == "Person"
    assert people["operator:olga"] == "Operator"


def _typed(declared: Any) -> dict[str, str]:
    """A reader that meets a value before its declaration makes one of its own, in which all are texts."""
    return {one["name"]: one["type"] for one in declared["attributes"]}


def test_r4pm_reads_as_many_events_and_objects_of_each_type_as_there_are(mined: Mined) -> None:
    document = json.loads(mined.ocel.read_text())
    item = r4pm.import_item("SlimLinkedOCEL", str(mined.ocel))
    assert mining.num_events(item) == len(document["events"]) == len(mined.entries)
    assert mining.num_objects(item) == len(document["objects"])
    [submit] = [type_ for type_ in document["eventTypes"] if type_["name"] == "submit"]
    assert _typed(mining.locel_get_ev_type(item, "submit")) == _typed(submit)
    for type_ in document["objectTypes"]:
        found = mining.get_object_ids_of_type(item, type_["name"])
        assert sorted(found) == sorted(one["id"] for one in document["objects"] if one["type"] == type_["name"])
    for type_ in document["eventTypes"]:
        found = mining.get_event_ids_of_type(item, type_["name"])
        assert sorted(found) == sorted(one["id"] for one in document["events"] if one["type"] == type_["name"])


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "boolean"),
        (5, "integer"),
        (0.5, "float"),
        ("2026-11-20T08:00:00Z", "time"),
        ("2026-13-20T08:00:00Z", "string"),
        ("2026-11-20", "string"),
        ([1], "string"),
    ],
)
def test_a_value_is_of_one_of_five_kinds(value: Any, kind: str) -> None:
    assert kind_of(value) == kind


@pytest.mark.parametrize("most", [2, 3, 256])
def test_lines_are_in_order_whatever_was_written_to_the_disk(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorted_lines, "RUN", 40)
    monkeypatch.setattr(sorted_lines, "MOST_RUNS", most)
    lines = [f"{number * 7919 % 100:02}\n".encode() for number in range(100)]
    with SortedLines() as found:
        for line in lines:
            found.add(line)
            assert len(found._runs) < max(most, 2)
        assert list(found.merged()) == sorted(lines)
