"""Say what is wrong with a schema in the words of whoever writes one."""

from difflib import get_close_matches
from typing import Any, Final

from jsonschema_rs import ValidationError

from app.domain.schemas.alternatives import nearest
from app.domain.schemas.sentences import faults_of
from app.domain.values.json import Json, JsonObject

TYPES: Final = ("string", "integer", "number", "boolean", "object", "array", "null")
MEANT: Final = {"date": "string", "datetime": "string", "text": "string", "int": "integer", "float": "number"} | {
    "bool": "boolean",
    "list": "array",
    "map": "object",
    "dict": "object",
    "any": "",
    "file": "string",
    "str": "string",
}
NAMES: Final = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas", "definitions"})
"""What stands right below these is named by its author, and no keyword."""
Path = tuple[str | int, ...]


def wrong_schema(path: Path, schema: JsonObject, error: ValidationError) -> str:
    """One clause about what stands at a path of a schema."""
    key = str(next((step for step in reversed(path) if isinstance(step, str)), "the schema"))
    value, word = _at(schema, path), "" if NAMES.intersection(map(str, path[-2:-1])) else key
    if word == "type":
        return _type(value)
    types = error.kind.as_dict().get("types", ()) if error.kind.name == "type" else ()
    if set(types) == {"boolean", "object"}:
        listed = key == "items" and isinstance(value, list)
        older = "; older drafts took a list, which is `prefixItems` now" if listed else ""
        return f"`{key[:60]}` must be a schema, such as `{{type: string}}`{older}"
    if word == "required" and isinstance(value, bool):
        return "`required` is a list of names beside `properties`, such as `required: [amount]`"
    if word in ("exclusiveMinimum", "exclusiveMaximum") and isinstance(value, bool):
        return f"`{key}` is the limit itself, such as `{key}: 0`; `true` was of older drafts"
    said = next((message for inner in nearest(error) for _, message in faults_of(inner.kind)), "This is not valid.")
    return f"`{key[:60]}` {said[:1].lower()}{said[1:].removesuffix('.')}"


def _type(value: Json) -> str:
    names = value if isinstance(value, list) else [value]
    wrong = next((name for name in names if name not in TYPES), names[0] if names else value)
    meant = MEANT.get(str(wrong).lower()) or next(iter(get_close_matches(str(wrong), TYPES, n=1)), None)
    hint = f"did you mean `{meant}`?" if meant else f"the types are {', '.join(TYPES)}"
    if meant == "string" and str(wrong).startswith("date"):
        hint = f"write `type: string` and `format: {'date' if wrong == 'date' else 'date-time'}`"
    if len(names) != len(set(map(str, names))):
        return "`type` names a type twice"
    return f"`{str(wrong)[:60]}` is no type: {hint}"


def _at(schema: JsonObject, path: Path) -> Any:
    found: Any = schema
    for step in path:
        found = found[step]
    return found
