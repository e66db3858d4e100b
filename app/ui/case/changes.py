"""What an entry of the log changed: fields by their titles, with what they had before."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from app.domain.definition.fields import schema_at
from app.domain.definition.titles import in_words, titled
from app.domain.values.json import Json
from app.services.store.stored import StoredEntry
from app.ui.case.telling import Telling
from app.ui.case.values import in_line, is_empty

WAS: Final = "/was/"


class Change(NamedTuple):
    """A field by its title: `before` is None where nobody looked that far back, or there was nothing to look for."""

    label: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What is stored, and its text read once."""

    stored: StoredEntry
    body: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.body["kind"])

    @property
    def who(self) -> str:
        return who_of(self.body)


def was_of(entry: Entry) -> Mapping[str, Json]:
    """What a correction says that its fields were, by the paths of the data."""
    values = entry.stored.values
    return {path.replace(WAS, "/data/", 1): value for path, value in values.items() if path.startswith(WAS)}


def removed_by(entry: Entry) -> Sequence[str]:
    """The paths of the fields that an entry took away."""
    found: Sequence[str] = entry.body.get("removed", ())
    return found


def who_of(body: Mapping[str, Any]) -> str:
    """Whom an entry is of: the one acted for, else the caller."""
    actor = body["actor"]
    return str(actor.get("on_behalf_of") or actor["reference"])


def read(stored: StoredEntry) -> Entry:
    return Entry(stored, json.loads(stored.entry))


def changed_by(entry: Entry, befores: Mapping[str, Json]) -> Iterator[str]:
    """The paths of what an entry changed and is to be told."""
    for path, value in entry.stored.values.items():
        root = path[1:].partition("/")[0]
        if root == "data":
            if not (path in befores and befores[path] == value):
                yield path
        elif root == "reference" or (root == "payload" and not is_empty(value)):
            yield path
    yield from removed_by(entry)


def change_at(told: Telling, entry: Entry, befores: Mapping[str, Json], path: str) -> Change:
    value = entry.stored.values.get(path)
    root, _, name = path[1:].partition("/")
    name = name.replace("~1", "/").replace("~0", "~")
    if root == "payload":
        return _sent(told, entry, name, value)
    if root == "reference":
        return Change(told.gettext("Reference"), None, str(value))
    schema, before = schema_at(told.declared.data, f"data.{name}"), befores.get(path)
    was = None if is_empty(before) else in_line(told, schema, before)
    return Change(told.field(f"data.{name}"), was, in_line(told, schema, value))


def _sent(told: Telling, entry: Entry, name: str, value: Json) -> Change:
    event = told.declared.events.get(str(entry.body.get("event")))
    schema = schema_at(event.payload, f"payload.{name}") if event and event.payload else {}
    return Change(titled(schema.get("title"), told.language) or in_words(name), None, in_line(told, schema, value))


def changed_paths(entries: Sequence[Entry]) -> dict[str, int]:
    """The paths of the data that entries give values, with the first of their numbers here."""
    found: dict[str, int] = {}
    for entry in entries:
        if entry.stored.case_seq is not None and entry.kind != "opened":
            for path in (*entry.stored.values, *removed_by(entry)):
                if path.startswith("/data/"):
                    found[path] = min(found.get(path, entry.stored.case_seq), entry.stored.case_seq)
    return found
