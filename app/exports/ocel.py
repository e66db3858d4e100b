"""OCEL 2.0 as JSON: events are entries, objects are cases and whoever acted; for object-centric process mining.

Types and attributes are declared before they are used, for readers that take a file as it comes: so events, and objects
sorted by what was said of them, wait on the disk until all are known. Values are texts, as the JSON schema of OCEL 2.0
has them; their types stand in the declarations.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import IO, Final

from app.domain.values.json import Json, JsonObject
from app.exports.beside import rows
from app.exports.mined import activity, as_text, becomes, facts, happened, kind_of, resource, said
from app.services.log.exports import READ, ExportedRow, Extract
from app.services.log.sorted_lines import SortedLines
from app.services.policy.past import PolicyInMemory

MOST_ATTRIBUTES: Final = 500
"""Of one type that have a name of their own; what is left stands in `other_values`, as JSON."""
OTHERS: Final = "other_values"
PEOPLE: Final = {"user": "Person", "service": "Service", "system": "System", "operator": "Operator"}
"""No case type is called so: theirs are in lower case."""
ELSEWHERE: Final = "Linked case"
"""A case that others are linked to, of which nothing is exported."""
UNSAID: Final = object()
Relations = dict[tuple[str, str], None]


async def write(extract: Extract, out: IO[bytes], _: PolicyInMemory) -> None:
    events, objects = Declared(), Declared()
    with SortedLines() as about, tempfile.TemporaryFile() as events_file, tempfile.TemporaryFile() as objects_file:
        begun = False
        async for one in rows(extract):
            events_file.write((b",\n" if begun else b"\n") + _json(_event(one.entry, one.values, events)))
            begun = True
            for line in _about_objects(one):
                about.add(line)
        _write_list(objects_file, _objects(about.merged(), objects))
        out.write(b"{")
        for name, types in (("eventTypes", events), ("objectTypes", objects)):
            out.write(f'"{name}":['.encode())
            _write_list(out, types.types())
            out.write(b"],\n")
        for name, file in (("events", events_file), ("objects", objects_file)):
            file.seek(0)
            out.write(f'"{name}":['.encode())
            shutil.copyfileobj(file, out)
            out.write(b"],\n" if file is events_file else b"]}\n")


class Declared:
    """The types that there were, with the attributes of each and what kinds of values these had."""

    def __init__(self) -> None:
        self._kinds: dict[str, dict[str, str]] = {}

    def there_is(self, type_: str) -> None:
        self._kinds.setdefault(type_, {})

    def named(self, type_: str, values: Iterable[tuple[str, Json]]) -> Iterator[tuple[str, str]]:
        """The attributes by name with their texts; those beyond the most that there may be in one."""
        known = self._kinds.setdefault(type_, {})
        others = {}
        for name, value in values:
            if name in known or len(known) < MOST_ATTRIBUTES:
                known[name] = _both(known.get(name), kind_of(value))
                yield name, as_text(value)
            else:
                others[name] = value
        if others:
            known[OTHERS] = "string"
            yield OTHERS, as_text(others)

    def types(self) -> Iterator[JsonObject]:
        for type_, known in sorted(self._kinds.items()):
            yield {"name": type_, "attributes": [{"name": name, "type": kind} for name, kind in sorted(known.items())]}


def _both(before: str | None, kind: str) -> str:
    if before is None or before == kind:
        return kind
    return "float" if {before, kind} == {"integer", "float"} else "string"


def _event(entry: JsonObject, values: Mapping[str, Json], declared: Declared) -> JsonObject:
    type_ = activity(entry)
    attributes = declared.named(type_, (*facts(entry), *said(values)))
    return {
        "id": entry["entry_id"],
        "type": type_,
        "time": happened(entry),
        "attributes": [{"name": name, "value": text} for name, text in attributes],
        "relationships": [_relation(*one) for one in _related(entry)],
    }


def _related(entry: JsonObject) -> Relations:
    """The objects of an event, each with what it is to it."""
    actor, link = entry.get("actor") or {}, entry.get("link") or {}
    found: Relations = {}
    for object_id, qualifier in (
        (entry.get("case_id"), "case"),
        (resource(entry), "actor"),
        (actor.get("reference") if actor.get("on_behalf_of") else None, "caller"),
        (becomes(entry).get("assignee"), "assignee"),
        (link.get("to"), "other case"),
    ):
        if object_id:
            found[object_id, qualifier] = None
    return found


def _about_objects(one: ExportedRow) -> Iterator[bytes]:
    """Lines that say something of an object: its id, the leaf, and what."""
    entry = one.entry
    for object_id, qualifier in _related(entry):
        if qualifier == "case":
            told = _of_case(entry, one.values)
        else:
            told = {"type": ELSEWHERE if qualifier == "other case" else _kind_of_actor(object_id)}
        yield f"{object_id}\t{one.leaf_index:016}\t".encode() + _json(told) + b"\n"


def _of_case(entry: JsonObject, values: Mapping[str, Json]) -> JsonObject:
    """A refused attempt changes nothing of it."""
    told: dict[str, Json] = {"type": entry.get("case_type") or ELSEWHERE}
    if entry.get("case_seq") is None:
        return told
    changed = {"state": entry["target"], **becomes(entry)}
    changed |= {name: value for name, value in said(values) if name == "reference" or name.startswith("data.")}
    told["at"] = happened(entry)
    told["changed"] = {name: value for name, value in changed.items() if value is not None}
    if link := entry.get("link"):
        told["link"] = [link["to"], link["type"]]
    return told


def _kind_of_actor(reference: str) -> str:
    return PEOPLE.get(reference.partition(":")[0], "Person")


def _objects(lines: Iterator[bytes], declared: Declared) -> Iterator[JsonObject]:
    for object_id, about in groupby(lines, lambda line: line[: line.index(b"\t")]):
        yield _object(object_id.decode(), (READ(line.split(b"\t", 2)[2]) for line in about), declared)


def _object(object_id: str, about: Iterator[JsonObject], declared: Declared) -> JsonObject:
    """What was said of it, one after the other; of attributes what changed."""
    type_, known, attributes = ELSEWHERE, dict[str, Json](), list[JsonObject]()
    related: Relations = {}
    for told in about:
        type_ = told["type"] if type_ == ELSEWHERE else type_
        if "link" in told:
            related[tuple(told["link"])] = None
        new = {name: value for name, value in told.get("changed", {}).items() if known.get(name, UNSAID) != value}
        known |= new
        for name, text in declared.named(type_, new.items()):
            attributes.append({"name": name, "time": told["at"], "value": text})
    declared.there_is(type_)
    relationships = [_relation(*one) for one in related]
    return {"id": object_id, "type": type_, "attributes": attributes, "relationships": relationships}


def _relation(object_id: str, qualifier: str) -> JsonObject:
    return {"objectId": object_id, "qualifier": qualifier}


def _write_list(out: IO[bytes], items: Iterable[JsonObject]) -> None:
    for number, item in enumerate(items):
        out.write(b",\n" if number else b"\n")
        out.write(_json(item))


def _json(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
