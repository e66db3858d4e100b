"""What a value looks like to people by its schema: money, dates, words of an enum, lists, and what is nested."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from app.domain.definition.titles import in_words, titled
from app.domain.values.json import Json
from app.domain.values.names import SUBJECT
from app.domain.values.rfc3339 import parse_rfc3339
from app.ui.case.telling import Telling
from app.ui.frame.numbers import money, number

MOST_LEAVES = 40
"""Of one field: what is more is told as a number."""
DEEPEST = 6
LONG = 160
LOOKED_AT = 1_000
"""Characters of a text that has to stand in a line: more than that is not even looked through for line breaks."""
MOST_WRITTEN = 2_000

Kind = Literal["text", "long", "moment", "link", "list", "group"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value as a page shows it. A list has `items`, a group `rows`; `more` are left out for their number."""

    kind: Kind
    text: str = ""
    moment: datetime | None = None
    items: tuple["Value", ...] = ()
    rows: tuple[tuple[str, "Value"], ...] = ()
    more: int = 0


def shown(told: Telling, schema: Json, value: Json) -> Value:
    """A value by what its schema says of it, which may be nothing."""
    return _Showing(told).value(schema if isinstance(schema, dict) else {}, value, 0)


def in_line(told: Telling, schema: Json, value: Json) -> str:
    """The same in one line, for a sentence or a cell; cut where it is long."""
    if is_empty(value):
        return told.gettext("nothing")
    text = _flat(shown(told, schema, value))
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def is_empty(value: Json) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


class _Showing:
    def __init__(self, told: Telling) -> None:
        self._told = told
        self._left = MOST_LEAVES

    def value(self, schema: Mapping[str, Any], value: Json, depth: int) -> Value:
        self._left -= 1
        if depth >= DEEPEST and isinstance(value, list | dict):
            return Value(kind="long", text=_as_json(value))
        if isinstance(value, list):
            return self._list(schema, value, depth)
        if isinstance(value, dict):
            return self._group(schema, value, depth)
        return self._leaf(schema, value)

    def _list(self, schema: Mapping[str, Any], value: Sequence[Json], depth: int) -> Value:
        of = schema.get("items")
        inner = of if isinstance(of, dict) else {}
        items = [self.value(inner, item, depth + 1) for item in value if self._left > 0]
        return Value(kind="list", items=tuple(items), more=len(value) - len(items))

    def _group(self, schema: Mapping[str, Any], value: Mapping[str, Json], depth: int) -> Value:
        rows: list[tuple[str, Value]] = []
        filled = [name for name in ordered(schema, value) if not is_empty(value[name])]
        for name in filled:
            if self._left <= 0:
                break
            inner = properties(schema).get(name, {})
            label = titled(inner.get("title"), self._told.language) or in_words(name)
            rows.append((label, self.value(inner, value[name], depth + 1)))
        return Value(kind="group", rows=tuple(rows), more=len(filled) - len(rows))

    def _leaf(self, schema: Mapping[str, Any], value: Json) -> Value:
        told = self._told
        if isinstance(value, bool):
            return Value(kind="text", text=told.gettext("Yes") if value else told.gettext("No"))
        titles = schema.get("x-titles")
        if isinstance(titles, dict) and str(value) in titles:
            return Value(kind="text", text=titled(titles[str(value)], told.language))
        if isinstance(value, int | float):
            return Value(kind="text", text=self._number(schema, value))
        text = str(value)
        if SUBJECT.fullmatch(text):
            return Value(kind="text", text=told.person(text))
        return _dated(told, schema, text) or _text(schema, text)

    def _number(self, schema: Mapping[str, Any], value: float) -> str:
        unit = titled(schema.get("x-unit"), self._told.language)
        currency = schema.get("x-money")
        if isinstance(currency, str) and isinstance(value, int):
            code = self._told.value_at(currency)
            return money(value, code, self._told.words.locale) if isinstance(code, str) and code else str(value)
        return f"{number(value, self._told.words.locale)} {unit}" if unit else str(value)


def _dated(told: Telling, schema: Mapping[str, Any], text: str) -> Value | None:
    try:
        if schema.get("format") == "date":
            return Value(kind="text", text=told.times.date(datetime.fromisoformat(text)))
        if schema.get("format") == "date-time":
            return Value(kind="moment", text=text, moment=parse_rfc3339(text))
    except ValueError:
        return None
    return None


def _text(schema: Mapping[str, Any], text: str) -> Value:
    if schema.get("format") == "uri" and text.startswith(("https://", "http://")):
        return Value(kind="link", text=text)
    return Value(kind="long" if schema.get("x-multiline") or "\n" in text or len(text) > LONG else "text", text=text)


def _as_json(value: Json) -> str:
    """The beginning of it; the rest is not made."""
    pieces = json.JSONEncoder(ensure_ascii=False).iterencode(value)
    return "".join(islice(pieces, MOST_WRITTEN))[:MOST_WRITTEN]


def properties(schema: Mapping[str, Any]) -> Mapping[str, dict[str, Any]]:
    found = schema.get("properties")
    return {name: one for name, one in found.items() if isinstance(one, dict)} if isinstance(found, dict) else {}


def ordered(schema: Mapping[str, Any], value: Mapping[str, Json]) -> list[str]:
    """The names in the order of the schema, then those that it does not know."""
    known = dict.fromkeys(name for name in properties(schema) if name in value)
    return [*known, *(name for name in value if name not in known)]


def _flat(value: Value) -> str:
    return ", ".join(_leaves(value)) + (f" … (+{value.more})" if value.more else "")


def _leaves(value: Value) -> Iterator[str]:
    if value.kind == "list":
        yield from (_flat(item) for item in value.items)
    elif value.kind == "group":
        yield from (f"{label}: {_flat(inner)}" for label, inner in value.rows)
    else:
        text = " ".join(value.text[:LOOKED_AT].split())
        yield text if len(value.text) <= LOOKED_AT else f"{text}…"
