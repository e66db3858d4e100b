"""Schemas such as case types declare, and values that they take, made at random."""

from typing import Any

from hypothesis import strategies as st

from app.domain.values.json import Json

NAMES = st.sampled_from(["amount", "note", "kind", "due_on", "a b", "größe", "x.y", "0", "rows", "~", ""])
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(str.strip)
LINES = st.lists(TEXTS, min_size=1, max_size=3).map("\n".join)
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda number: not 2**53 - 1 < abs(number) < 1e21 and number != 0
)
DAYS = st.dates().map(lambda day: day.isoformat())
MOMENTS = st.datetimes().map(lambda moment: f"{moment.replace(microsecond=0).isoformat()}Z")
TICKED = st.lists(st.sampled_from(["a", "b", "c"]), unique=True)
ANYTHING = st.recursive(
    st.none() | st.booleans() | WHOLE | FLOATS | st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
Pair = tuple[dict[str, Any], st.SearchStrategy[Json]]
"""A schema, and the values that it takes."""


def _plain() -> st.SearchStrategy[Pair]:
    kinds: list[Pair] = [
        ({"type": "string"}, TEXTS),
        ({"type": "string", "x-multiline": True}, LINES),
        ({"type": "string", "format": "date"}, DAYS),
        ({"type": "string", "format": "date-time"}, MOMENTS),
        ({"type": "integer"}, WHOLE),
        ({"type": "number"}, WHOLE | FLOATS),
        ({"type": "integer", "x-money": "EUR"}, WHOLE),
        ({"type": "integer", "x-money": "JPY"}, WHOLE),
        ({"type": "boolean"}, st.booleans()),
        ({"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": True}, TICKED),
        ({}, ANYTHING.filter(lambda value: value is not None)),
    ]
    return st.sampled_from(kinds)


@st.composite
def _choice(draw: st.DrawFn) -> Pair:
    values = draw(st.lists(TEXTS | WHOLE | st.booleans(), min_size=1, max_size=8, unique_by=lambda v: (type(v), v)))
    if draw(st.booleans()):
        return {"oneOf": [{"const": value, "title": "A title"} for value in values]}, st.sampled_from(values)
    return {"enum": values}, st.sampled_from(values)


@st.composite
def _object(draw: st.DrawFn, inner: st.SearchStrategy[Pair]) -> Pair:
    parts = draw(st.dictionaries(NAMES, inner, min_size=1, max_size=4))
    required = draw(st.lists(st.sampled_from(sorted(parts)), unique=True))
    schema = {"type": "object", "properties": {name: part for name, (part, _) in parts.items()}, "required": required}
    values = st.fixed_dictionaries(
        {name: parts[name][1] for name in required},
        optional={name: values for name, (_, values) in parts.items() if name not in required},
    )
    return schema, values


@st.composite
def _list(draw: st.DrawFn, inner: st.SearchStrategy[Pair]) -> Pair:
    item, values = draw(inner)
    return {"type": "array", "items": item}, st.lists(values, max_size=4)


def objects() -> st.SearchStrategy[Pair]:
    leaves = _plain() | _choice()
    return _object(st.recursive(leaves, lambda inner: _object(inner) | _list(inner), max_leaves=6))
