"""Find a field in a JSON Schema by its path, through references inside it and what it is put together from."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from app.domain.values.json import JsonObject

DEEPEST: Final = 8
"""Objects in objects, and references that lead to others: a schema may refer to itself."""
MOST_PARTS: Final = 50_000
"""Of a schema that are looked at, for one that refers to itself may branch without end."""
COMBINED: Final = ("allOf", "anyOf", "oneOf")


class FieldSchema(NamedTuple):
    """A field such as `data.iban`, what a schema says of it, and whether the object around it requires it."""

    path: str
    schema: dict[str, Any]
    required: bool


def schema_at(schema: JsonObject, path: str) -> dict[str, Any]:
    """What a schema says of a field; nothing where it declares none of that name."""
    walk = _Walk(schema)
    return walk.merged(walk.at(path))


def schema_below(schema: JsonObject, names: Iterable[str | None]) -> dict[str, Any]:
    """The same by single names, which may hold dots; None stands for the items of a list."""
    walk = _Walk(schema)
    found: Any = schema
    for name in names:
        found = walk.items(found) if name is None else walk.member(found, name)
    return walk.merged(found)


def narrowed(schema: JsonObject, tree: Mapping[str, Any], required: frozenset[str]) -> dict[str, Any]:
    """The schema of an object with nothing but these fields, which stand inside one another; an empty one is whole.
    `required` are the paths of those that have to be there."""
    definitions = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    return _narrowed(_Walk(schema), schema, tree, required, "data") | definitions


def _narrowed(
    walk: "_Walk", schema: Any, tree: Mapping[str, Any], required: frozenset[str], path: str
) -> dict[str, Any]:
    kept = {word: said for word, said in walk.merged(schema).items() if word in ("title", "description")}
    fields = {
        name: _narrowed(walk, walk.field(schema, name), below, required, f"{path}.{name}") if below else inner
        for name, below in tree.items()
        if (inner := walk.field(schema, name)) is not None
    }
    needed = [name for name in fields if f"{path}.{name}" in required]
    said = {"required": needed} if needed else {}
    return {**kept, "type": "object", **said, "properties": fields, "additionalProperties": False}


def is_declared(schema: JsonObject, path: str) -> bool:
    """Whether a schema declares a field, be it as `{}`."""
    above, _, name = path.rpartition(".")
    walk = _Walk(schema)
    return bool(above) and any(name in fields for fields in walk.fields(walk.at(above)))


def field_paths(schema: JsonObject, above: str = "data") -> Iterator[str]:
    """The fields of a schema in its order, those of nested objects after the one that holds them."""
    return (field.path for field in field_schemas(schema, above))


def field_schemas(schema: JsonObject, above: str = "data") -> Iterator[FieldSchema]:
    """The same with what the schema says of each."""
    return _Walk(schema).all(schema, above, 0)


Defaults = dict[str, tuple[tuple[Any, ...], "Defaults"]]
"""By the name of a field: its default in a tuple of one, or an empty tuple; and those below it."""


def defaults_of(schema: JsonObject) -> Defaults:
    """What a schema says that fields are where nobody says anything; alternatives say nothing for sure."""
    return _Walk(schema).defaults(schema, 0)


class _Walk:
    """Through one schema, with an end."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._left = MOST_PARTS

    def at(self, path: str) -> Any:
        found: Any = self._root
        for name in path.split(".")[1:]:
            found = self.field(found, name)
        return found

    def field(self, schema: Any, name: str) -> Any:
        return next((fields[name] for fields in self.fields(schema) if name in fields), None)

    def member(self, schema: Any, name: str) -> Any:
        """What stands under a name: a field, or one of the others that it may have."""
        found = self.field(schema, name)
        others = (part.get("additionalProperties") for part in self._followed(schema, 0))
        return found if found is not None else next((one for one in others if isinstance(one, dict)), None)

    def items(self, schema: Any) -> Any:
        return next((part["items"] for part in self._followed(schema, 0) if "items" in part), None)

    def merged(self, schema: Any) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for part in self._followed(schema, 0):
            merged = part | merged  # what stands beside a reference is said of this field, and counts first
        return merged

    def all(self, schema: Any, above: str, depth: int) -> Iterator[FieldSchema]:
        if depth == DEEPEST:
            return
        required = {name for part in self._followed(schema, 0) for name in part.get("required") or ()}
        for fields in self.fields(schema):
            for name, part in fields.items():
                yield FieldSchema(f"{above}.{name}", self.merged(part), name in required)
                yield from self.all(part, f"{above}.{name}", depth + 1)

    def defaults(self, schema: Any, depth: int) -> Defaults:
        found: Defaults = {}
        for part in self._followed(schema, depth) if depth < DEEPEST else ():
            for name, inner in (part.get("properties") or {}).items():
                said, below = self.merged(inner), self.defaults(inner, depth + 1)
                if "default" in said or below:
                    found.setdefault(name, ((said["default"],) if "default" in said else (), below))
            for one in part.get("allOf") or ():
                found = self.defaults(one, depth + 1) | found
        return found

    def fields(self, schema: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
        """The `properties` of a schema and of all that it is put together from."""
        for part in self._followed(schema, depth):
            if isinstance(part.get("properties"), dict):
                yield part["properties"]
            for word in COMBINED if depth < DEEPEST else ():
                for one in part.get(word) or ():
                    yield from self.fields(one, depth + 1)

    def _followed(self, schema: Any, depth: int) -> Iterator[dict[str, Any]]:
        """A schema, and those that its references lead to."""
        self._left -= 1
        if not isinstance(schema, dict) or depth > DEEPEST or self._left < 0:
            return
        yield schema
        name = str(schema.get("$ref", ""))
        if name.startswith("#/$defs/"):
            yield from self._followed((self._root.get("$defs") or {}).get(name.removeprefix("#/$defs/")), depth + 1)
