"""What can be known about a value before an expression runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import TypeVar

import jsonschema_rs

_T = TypeVar("_T")

_WORDS = {"int": "integer", "double": "number", "bool": "boolean", "map": "object"}


@dataclass(frozen=True, kw_only=True)
class Type:
    """What a value can be. `names` are CEL's (null, bool, int, double, string, list, map, timestamp ...), none: any.

    `fields` are those of a map, None where nothing is said; `patterns` are the types of others by what their names
    match, and `others` is the type of those that are left, None where there are none. `items` is the type of a list's
    elements. `options` are the only texts it can be.
    """

    names: frozenset[str] = frozenset()
    fields: Mapping[str, "Type"] | None = None
    others: "Type | None" = None
    items: "Type | None" = None
    options: tuple[str, ...] | None = None
    patterns: "Mapping[str, Type] | None" = None

    def field(self, name: str) -> "Type | None":
        """The type of a field of a map; None where there is none of that name."""
        if self.fields is not None and name in self.fields:
            return self.fields[name]
        matching = [kind for pattern, kind in (self.patterns or {}).items() if matches(pattern, name)]
        return reduce(both, matching) if matching else self.others

    def can_be(self, *names: str) -> bool:
        return not self.names or not self.names.isdisjoint(names)

    def __str__(self) -> str:
        names = {"int" if name == "uint" else name for name in self.names}
        if {"int", "double"} <= names:
            names.discard("int")
        return " or ".join(sorted(_WORDS.get(name, name) for name in names)) or "anything"


def matches(pattern: str, name: str) -> bool:
    """As `patternProperties` is judged when data is checked."""
    return _pattern(pattern).is_valid(name)


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern})


def named(*names: str) -> Type:
    return Type(names=frozenset(names))


def listed(items: Type | None) -> Type:
    return Type(names=frozenset({"list"}), items=items)


def mapped(fields: Mapping[str, Type]) -> Type:
    return Type(names=frozenset({"map"}), fields=fields)


ANYTHING = Type()
NOTHING = named("nothing")  # the elements of an empty list
STRING = named("string")
BOOL = named("bool")
TIMESTAMP = named("timestamp")


def both(one: Type, other: Type) -> Type:
    """A value that is one and other, as in allOf."""
    return Type(
        names=(one.names & other.names or one.names) if one.names and other.names else one.names | other.names,
        fields=one.fields if other.fields is None else _merged(one.fields or {}, other.fields, both),
        others=one.others or other.others,
        items=one.items or other.items,
        options=other.options if one.options is None else one.options,
        patterns=_merged(one.patterns or {}, other.patterns or {}, both) or None,
    )


def either(one: Type, other: Type) -> Type:
    """A value that is one or other, as in anyOf."""
    if one in (NOTHING, other):
        return other
    if other == NOTHING:
        return one
    names = one.names | other.names if one.names and other.names else frozenset[str]()
    fields = [kind.fields for kind in (one, other) if kind.can_be("map")]
    items = [kind.items for kind in (one, other) if kind.can_be("list")]
    options = [kind.options for kind in (one, other) if kind.can_be("string")]
    return Type(
        names=names,
        fields=_all_known(fields, lambda left, right: _merged(left, right, either)),
        others=one.others or other.others,
        items=_all_known(items, either),
        options=_all_known(options, lambda left, right: left + right),
        patterns=_merged(one.patterns or {}, other.patterns or {}, either) or None,
    )


def _merged(
    one: Mapping[str, Type], other: Mapping[str, Type], join: Callable[[Type, Type], Type]
) -> Mapping[str, Type]:
    shared = {name: join(kind, other[name]) for name, kind in one.items() if name in other}
    return {**one, **other, **shared}


def _all_known(values: Sequence[_T | None], join: Callable[[_T, _T], _T]) -> _T | None:
    known = [value for value in values if value is not None]
    return reduce(join, known) if known and len(known) == len(values) else None
