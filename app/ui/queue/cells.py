"""A value of a case in one line, by what its schema says of it."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from app.domain.definition.titles import titled
from app.domain.values.json import Json
from app.domain.values.rfc3339 import parse_rfc3339
from app.ui.frame.numbers import money, number
from app.ui.frame.times import Times, local_time

LONG = 120
MOST = 20
"""Values of a list or an object that a cell names."""


def value_at(data: Mapping[str, Json], path: str) -> Json:
    """What stands at `data.address.city`, where there is anything."""
    found: Json = data
    for name in path.split(".")[1:]:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def is_empty(value: Json) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


def in_line(schema: Mapping[str, Any], value: Json, data: Mapping[str, Json], times: Times) -> str:
    """Cut where it is long."""
    words: list[str] = []
    for one in _leaves(value):
        words.append(_leaf(schema, one, data, times))
        if len(words) == MOST:
            break
    text = " ".join(", ".join(words).split())
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def _leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, list):
        for inner in value[:MOST]:
            yield from _leaves(inner)
    elif isinstance(value, dict):
        for inner in list(value.values())[:MOST]:
            yield from _leaves(inner)
    elif value is not None:
        yield value


def _leaf(schema: Mapping[str, Any], value: Json, data: Mapping[str, Json], times: Times) -> str:
    say, titles = times.words, schema.get("x-titles")
    if isinstance(value, bool):
        return say.gettext("Yes") if value else say.gettext("No")
    if isinstance(titles, Mapping) and isinstance(value, str | int) and str(value) in titles:
        return titled(titles[str(value)], say.language)
    if isinstance(value, int | float):
        return _number(schema, value, data, times)
    return _dated(schema, str(value), times)


def _number(schema: Mapping[str, Any], value: float, data: Mapping[str, Json], times: Times) -> str:
    locale, currency = times.words.locale, schema.get("x-money")
    if isinstance(currency, str) and isinstance(value, int):
        code = value_at(data, currency)
        return money(value, code, locale) if isinstance(code, str) and code else number(value, locale)
    unit = titled(schema.get("x-unit"), times.words.language)
    shown = number(value, locale) if abs(value) < 1e15 else json.dumps(value)
    return f"{shown} {unit}" if unit else shown


def _dated(schema: Mapping[str, Any], text: str, times: Times) -> str:
    try:
        if schema.get("format") == "date":
            return times.date(datetime.fromisoformat(text).replace(tzinfo=UTC))
        if schema.get("format") == "date-time":
            return times.short(local_time(parse_rfc3339(text), times.zone))
    except ValueError:
        pass
    return text
