"""Read the type of a value off its JSON Schema, leniently: what a schema does not say is anything."""

from collections.abc import Iterator
from functools import reduce
from typing import Any

from app.domain.expressions.types import ANYTHING, Type, both, either
from app.domain.values.json import Json, JsonObject

MAX_DEPTH = 32
REFERENCE_DEPTH = 8  # a schema that refers to itself branches without end
MAX_PARTS = 20_000

_NAMES = {
    "integer": {"int"},
    "number": {"int", "double"},
    "string": {"string"},
    "boolean": {"bool"},
    "object": {"map"},
    "array": {"list"},
    "null": {"null"},
}


def type_of_schema(schema: Any) -> Type:
    """The type that a root schema describes. What may be a fraction is a double, whole or not (view.py)."""
    return _settled(_Reader(schema).read(schema, 0))


def _settled(kind: Type) -> Type:
    names = kind.names - {"int"} if "double" in kind.names else kind.names
    fields, patterns = (
        None if held is None else {name: _settled(one) for name, one in held.items()}
        for held in (kind.fields, kind.patterns)
    )
    others, items = (None if one is None else _settled(one) for one in (kind.others, kind.items))
    return Type(names=names, fields=fields, others=others, items=items, options=kind.options, patterns=patterns)


class _Reader:
    def __init__(self, root: Any) -> None:
        self._root = root
        self._parts = 0

    def read(self, schema: Any, depth: int) -> Type:
        self._parts += 1
        if not isinstance(schema, dict) or depth > MAX_DEPTH or self._parts > MAX_PARTS:
            return ANYTHING
        parts = [*self._all(schema, depth), *self._alternatives(schema, depth), *self._conditional(schema, depth)]
        return reduce(both, parts, self._own(schema, depth))

    def _own(self, schema: JsonObject, depth: int) -> Type:
        options = _options(schema)
        fields = schema.get("properties")
        patterns = {name: self.read(part, depth + 1) for name, part in (schema.get("patternProperties") or {}).items()}
        others = self._others(schema, depth)
        if isinstance(fields, dict):
            fields = {name: self.read(field, depth + 1) for name, field in fields.items()}
        elif others is not None or patterns or schema.get("additionalProperties") is False:
            fields = {}
        items = schema.get("items")
        return Type(
            names=_names(schema, options),
            fields=fields if isinstance(fields, dict) else None,
            others=others,
            items=None if items is None or "prefixItems" in schema else self.read(items, depth + 1),
            options=None if options is None else tuple(text for text in options if isinstance(text, str)),
            patterns=patterns or None,
        )

    def _others(self, schema: JsonObject, depth: int) -> Type | None:
        stated = [schema[key] for key in ("additionalProperties", "unevaluatedProperties") if key in schema]
        if not stated and schema.get("patternProperties"):
            return ANYTHING  # a name that matches no pattern may stand there too
        kinds = [self.read(part, depth + 1) for part in stated if part is not False]
        return reduce(either, kinds) if kinds else None

    def _all(self, schema: JsonObject, depth: int) -> Iterator[Type]:
        yield from (self.read(part, depth + 1) for part in schema.get("allOf", ()))
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield self.read(self._target(reference), depth + REFERENCE_DEPTH)

    def _alternatives(self, schema: JsonObject, depth: int) -> Iterator[Type]:
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                yield reduce(either, [self.read(part, depth + 1) for part in schema[key]])

    def _conditional(self, schema: JsonObject, depth: int) -> Iterator[Type]:
        """Fields that a condition adds are declared; what else it says holds only sometimes."""
        parts = [schema[key] for key in ("if", "then", "else") if key in schema]
        for part in (*parts, *(schema.get("dependentSchemas") or {}).values()):
            kind = self.read(part, depth + 1)
            if kind.fields is not None:
                yield Type(fields=dict.fromkeys(kind.fields, ANYTHING), others=kind.others, patterns=kind.patterns)

    def _target(self, reference: str) -> Any:
        node = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, dict) or name not in node:
                return None
            node = node[name]
        return node if reference.startswith(("#/", "#")) and not reference[1:2].isalpha() else None


def _options(schema: JsonObject) -> list[Json] | None:
    if "const" in schema:
        return [schema["const"]]
    options = schema.get("enum")
    return options if isinstance(options, list) else None


def _names(schema: JsonObject, options: list[Json] | None) -> frozenset[str]:
    stated = schema.get("type")
    if stated is not None:
        names = stated if isinstance(stated, list) else [stated]
        return frozenset().union(*(_NAMES.get(name, set()) for name in names if isinstance(name, str)))
    if options:
        return frozenset(_name(option) for option in options)
    return frozenset()


def _name(value: Json) -> str:
    if isinstance(value, float) and value.is_integer():
        return "int"
    by_type = {bool: "bool", int: "int", float: "double", str: "string", list: "list", dict: "map"}
    return by_type.get(type(value), "null")
