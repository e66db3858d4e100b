"""A part of a schema with its references followed, its parts joined, and null taken out of what it may be."""

from collections.abc import Mapping
from typing import Any, Final

from app.domain.values.json import Json
from app.ui.forms.wording import Schema

MOST_HOPS: Final = 8
_TELLS: Final = {
    "properties": "object",
    "items": "array",
    "minLength": "string",
    "maxLength": "string",
    "pattern": "string",
    "format": "string",
    "minimum": "number",
    "maximum": "number",
    "multipleOf": "number",
}
"""Words that say a type where none is declared."""
_SCALARS: Final = frozenset({"string", "integer", "number", "boolean"})


def resolved(schema: Json, root: Schema) -> tuple[Schema, bool]:
    """The schema that a form is made of, and whether null may stand for the value."""
    found = _joined(schema, root, 0)
    stated = found.get("type")
    nullable = False
    if isinstance(stated, list) and "null" in stated:
        nullable = True
        found = {**found, "type": [kind for kind in stated if kind != "null"]}
    for word in ("oneOf", "anyOf"):
        if word in found:
            found, null = _of_alternatives(found, word, root)
            nullable = nullable or null
    return found, nullable


def kinds_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The types that a value may have; what its words tell where nothing is declared."""
    stated = schema.get("type")
    kinds = [stated] if isinstance(stated, str) else list(stated) if isinstance(stated, list) else []
    if not kinds:
        kinds = list(dict.fromkeys(kind for word, kind in _TELLS.items() if word in schema))
    return ("number",) if set(kinds) == {"integer", "number"} else tuple(kinds)


def references_of(schema: Any) -> frozenset[str]:
    """What a schema refers to, itself or in one of its parts."""
    if not isinstance(schema, Mapping):
        return frozenset()
    parts = [schema, *(part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word, ()))]
    found = (part.get("$ref") for part in parts if isinstance(part, Mapping))
    return frozenset(reference for reference in found if isinstance(reference, str))


def _joined(schema: Json, root: Schema, hops: int) -> dict[str, Any]:
    """References followed and `allOf` laid together. What stands beside a reference is added to it."""
    if not isinstance(schema, Mapping):
        return {}
    found = dict(schema)
    reference = found.pop("$ref", None)
    parts = [_at(root, reference)] if isinstance(reference, str) else []
    listed = found.pop("allOf", ())
    parts += listed if isinstance(listed, list) else []
    if not parts or hops == MOST_HOPS:
        return found
    made: dict[str, Any] = {}
    for part in (*(_joined(part, root, hops + 1) for part in parts), found):
        made = _laid(made, part)
    return made


def _laid(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    made = {**below, **above}
    if "properties" in below and "properties" in above:
        made["properties"] = {**below["properties"], **above["properties"]}
    if "required" in below and "required" in above:
        made["required"] = [*below["required"], *above["required"]]
    return made


def _at(root: Schema, reference: str) -> Json:
    """What a reference inside the schema leads to; nothing where it leads elsewhere."""
    found: Json = root
    for step in reference.removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return {}
    return found if reference.startswith("#") else {}


def _of_alternatives(schema: dict[str, Any], word: str, root: Schema) -> tuple[dict[str, Any], bool]:
    """One form for all of them: the only one that is left without null; a choice; a type that they share."""
    base = {name: value for name, value in schema.items() if name != word}
    parts = [_joined(part, root, 1) for part in schema[word]]
    left = [part for part in parts if part.get("type") != "null" and part.get("const", ...) is not None]
    null = len(left) < len(parts)
    if null and len(left) == 1:
        return _laid(left[0], base), True
    if left and all("const" in part for part in left):
        return {**base, "oneOf": left}, null
    if kinds_of(base):
        return base, False  # alternatives of what else must hold; the values are checked against them
    kinds = {kinds_of(part) for part in left}
    if len(kinds) == 1 and len(shared := kinds.pop()) == 1 and shared[0] in _SCALARS:
        return {**base, "type": shared[0]}, null
    return {name: value for name, value in base.items() if name in ("title", "description", "examples")}, null
