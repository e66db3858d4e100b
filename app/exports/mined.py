"""An entry in the words of process mining: which activity it is, when it happened, who did it, and what it says."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from app.domain.values.json import Json, JsonObject
from app.domain.values.rfc3339 import parse_rfc3339

MOVES: Final = ("opened", "transition")
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d.*")


def activity(entry: JsonObject) -> str:
    """Its event where the case moved, else what kind of entry it is."""
    event = entry.get("event") if entry["kind"] in MOVES else None
    return str(event or entry["kind"])


def happened(entry: JsonObject) -> str:
    """What is told of the future happened when it was recorded; the texts of moments have their order."""
    return min(str(entry.get("occurred_at") or entry["at"]), str(entry["at"]))


def resource(entry: JsonObject) -> str:
    """Whose act it was: of the one acted for, else of the caller."""
    actor = entry.get("actor") or {}
    return str(actor.get("on_behalf_of") or actor.get("reference") or "")


def caller(entry: JsonObject) -> str | None:
    """Who acted for the resource, where somebody did."""
    actor = entry.get("actor") or {}
    return actor.get("reference") if actor.get("on_behalf_of") else None


def becomes(entry: JsonObject) -> JsonObject:
    """Whose the case is from then on, and how urgent, as far as the entry changes it."""
    return entry.get("becomes") or (entry.get("sla") or {}).get("becomes") or {}


def facts(entry: JsonObject) -> Iterator[tuple[str, Json]]:
    """What stands in the entry itself, by short names; what is not there is left out."""
    sla, policy = entry.get("sla") or {}, entry.get("policy")
    told = {
        "kind": entry["kind"],
        "event": entry.get("event"),
        "source": entry.get("source"),
        "target": entry.get("target"),
        "called_by": caller(entry),
        "rule": policy.get("rule") if isinstance(policy, dict) else None,
        "code": entry.get("code"),
        "clock": sla.get("clock"),
        "breach": sla.get("breach"),
        "case_seq": entry.get("case_seq"),
        "entry_id": entry["entry_id"],
    }
    return ((name, value) for name, value in (*told.items(), *becomes(entry).items()) if value is not None)


def dotted(path: str) -> str:
    """`data.iban` for `/data/iban`."""
    return path[1:].replace("/", ".").replace("~1", "/").replace("~0", "~")


def kind_of(value: Json) -> str:
    """As OCEL calls it; XES has names of its own for the same five."""
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "float"
        case str() if MOMENT.fullmatch(value) and _is_moment(value):
            return "time"
    return "string"


def as_text(value: Json) -> str:
    """A text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def said(values: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Values that are there, by dotted path."""
    return ((dotted(path), value) for path, value in values.items() if value is not None)


def _is_moment(text: str) -> bool:
    try:
        parse_rfc3339(text)
    except ValueError:
        return False
    return True
