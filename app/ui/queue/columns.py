"""The columns of a list: those that every case has, then what its case type, or a saved view, names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.definition.case_type import CaseType
from app.domain.definition.fields import schema_at
from app.domain.definition.titles import titled_field
from app.ui.frame.words import Words
from app.ui.queue.asked import Asked

ALWAYS = ("state", "due", "urgency", "assignee")
MOST = 8
USUAL = 3
"""Fields of the data that are shown where nobody said which."""
PLAIN = frozenset({"string", "integer", "number", "boolean"})
NUMBERS = frozenset({"integer", "number"})
SORTED: Mapping[str, tuple[str, str]] = {
    "reference": ("reference", "-reference"),
    "due": ("queue", "-due_at"),
    "urgency": ("-urgency", "urgency"),
    "opened_at": ("opened_at", "-opened_at"),
    "changed_at": ("-changed_at", "changed_at"),
}
"""What a heading sorts by, first and at a second click."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    key: str
    title: str
    sort_href: str | None = None
    sorted: str | None = None
    align: str | None = None


def keys(only: CaseType | None, chosen: Sequence[str] | None) -> Sequence[str]:
    """In their order, the reference first. `only` is the case type where there is no other on the page."""
    if chosen is not None:
        return ("reference", *dict.fromkeys(chosen))[:MOST]
    base = ("reference", *ALWAYS)
    further = _declared(only) if only is not None else ("case_type",)
    return tuple(dict.fromkeys((*base, *further)))[:MOST]


def columns(found: Sequence[str], only: CaseType | None, asked: Asked, sort: str, say: Words) -> Sequence[Column]:
    return [_column(key, only, asked, sort, say) for key in found]


def titles(say: Words) -> dict[str, str]:
    """Of what every case has."""
    _ = say.gettext
    return {
        "reference": _("Reference"),
        "state": _("State"),
        "due": _("Due"),
        "urgency": _("Urgency"),
        "assignee": _("Assignee"),
        "team": _("Team"),
        "case_type": _("Case type"),
        "opened_at": _("Opened"),
        "changed_at": _("Changed"),
    }


def _column(key: str, only: CaseType | None, asked: Asked, sort: str, say: Words) -> Column:
    known = titles(say)
    if key in known:
        first, then = SORTED.get(key, (None, None))
        if first is None:
            return Column(key=key, title=known[key])
        href = asked.href(sort=then if sort == first else first)
        return Column(
            key=key, title=known[key], sort_href=href, sorted=_direction(sort) if sort in (first, then) else None
        )
    schema = only.data if only else {}
    of = schema_at(schema, key).get("type")
    return Column(key=key, title=titled_field(schema, key, say.language), align="end" if of in NUMBERS else None)


def _direction(sort: str) -> str:
    return "descending" if sort.startswith("-") else "ascending"


def _declared(only: CaseType) -> Sequence[str]:
    if only.views is not None and only.views.columns:
        return only.views.columns
    names = only.data.get("properties")
    found = names.items() if isinstance(names, dict) else ()
    plain = (f"data.{name}" for name, of in found if isinstance(of, dict) and _is_plain(of))
    return tuple(plain)[:USUAL]


def _is_plain(of: Mapping[str, object]) -> bool:
    kind = of.get("type", "string" if "enum" in of else None)
    return kind in PLAIN and not of.get("x-multiline") and not of.get("x-personal")
