"""What the address of a list asks for: a queue or saved view, filters, words, an order, a page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from app.domain.values.json import Json
from app.domain.values.near_names import choose
from app.domain.values.rfc3339 import rfc3339
from app.services.cases.queues import QUEUES
from app.services.store.case_query import ORDERS
from app.ui.forms.days import read_day
from app.ui.forms.manner import UTC_ZONE, Manner, Unreadable

FILTERS: Mapping[str, str] = {
    "q": "q",
    "type": "case_type",
    "state": "state",
    "open": "open",
    "assignee": "assignee",
    "team": "team",
    "creator": "creator",
    "reference": "reference",
    "overdue": "overdue",
    "due_before": "due_before",
}
"""What addresses call the filters that there are."""
PAGING = ("sort", "cursor", "at", "back")
KNOWN = ("view", *FILTERS, *PAGING)
ME, NOBODY = "me", "nobody"
FLAGS = {"yes": True, "no": False}
MOST_BACK = 12
"""Pages that one can go back by; from there the way leads to the first."""
LONGEST = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`given` are filters as they stand in the address. `faults`: what cannot be meant, as (parameter, sentence)."""

    path: str = "/"
    view: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    sort: str | None = None
    cursor: str | None = None
    at: int = 1
    back: tuple[str, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()

    def filters(self, subject: str, zone: ZoneInfo) -> dict[str, Json]:
        """By the names that the services know, as they are kept too. `subject` is who looks."""
        found: dict[str, Json] = {}
        for name, value in self.given.items():
            if name == "assignee" and value == NOBODY:
                found["unassigned"] = True
            else:
                found[FILTERS[name]] = _value(name, value, subject, zone)
        return found

    def href(self, path: str | None = None, **changed: Any) -> str:
        """The address of the same list, its first page, with something else: None takes a parameter away."""
        path = path or self.path
        kept: dict[str, Any] = {"view": self.view, **self.given, "sort": self.sort, **changed}
        told = {name: kept[name] for name in KNOWN if kept.get(name) not in (None, "")}
        return f"{path}?{urlencode(told)}" if told else path

    def without(self, *names: str) -> "Asked":
        return replace(self, given={name: value for name, value in self.given.items() if name not in names})


def read(pairs: Iterable[tuple[str, str]], path: str = "/", known: Sequence[str] = KNOWN) -> Asked:
    """Empty parameters are those of a form in which nothing was entered."""
    told: dict[str, str] = {}
    faults: list[tuple[str, str]] = []
    for name, value in pairs:
        if name not in known:
            faults.append((name[:100], f"is no filter here; {choose(name, known, 'filters')}"))
        elif value.strip() and len(value) <= LONGEST:
            told[name] = value.strip()
    given = {name: value for name, value in told.items() if name in FILTERS}
    faults += [(name, words) for name, value in given.items() if (words := _fault(name, value))]
    if told.get("sort") not in (None, *ORDERS):
        faults.append(("sort", f"must be one of {', '.join(ORDERS)}"))
        told.pop("sort")
    bad = {name for name, _ in faults}
    return Asked(
        path=path,
        view=told.get("view"),
        given={name: value for name, value in given.items() if name not in bad},
        sort=told.get("sort"),
        cursor=told.get("cursor"),
        at=_place(told.get("at", "")),
        back=tuple(told["back"].split(" "))[-MOST_BACK:] if "back" in told else (),
        faults=tuple(faults),
    )


def _place(text: str) -> int:
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def is_queue(view: str | None) -> bool:
    return view in QUEUES


def _fault(name: str, value: str) -> str | None:
    if name in ("open", "overdue") and value not in FLAGS:
        return "must be yes or no"
    if name == "due_before" and meant_day(value) is None:
        return "must be a date such as 2026-12-03"
    return None


def _value(name: str, value: str, subject: str, zone: ZoneInfo) -> Json:
    if name in ("open", "overdue"):
        return FLAGS[value]
    if name == "due_before":
        day = meant_day(value, zone)
        assert day is not None
        return rfc3339(datetime.combine(day, time(), zone))
    if name in ("assignee", "creator"):
        return subject if value == ME else value if ":" in value else f"user:{value}"
    if name == "team":
        return value if ":" in value else f"team:{value}"
    return value


def meant_day(text: str, zone: ZoneInfo = UTC_ZONE) -> date | None:
    """As people type it in any language: `3.12.`, `2026-12-03`, `tomorrow`."""
    try:
        found = read_day(text, Manner(zone=zone, now=datetime.now(UTC)))
    except Unreadable:
        return None
    return found if 1900 <= found.year < 2200 else None
