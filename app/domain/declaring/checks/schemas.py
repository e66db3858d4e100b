"""Check the JSON Schemas of a case type, and the data fields that the rest of it names."""

from collections.abc import Iterator
from typing import Any

from app.domain.declaring.checks.schema_words import COMBINED, is_open, odd_words
from app.domain.declaring.checks.shown import language_faults, subschemas
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.places import at_transition
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import CaseType
from app.domain.definition.languages import NAMED_SCHEMAS, VALUES, Schema
from app.domain.schemas.files import FILE
from app.domain.schemas.validator import Validator, schema_faults
from app.domain.values.near_names import choose, quoted


def check_schemas(case_type: CaseType, source: Source) -> Iterator[Fault]:
    """`data` and every `payload`: valid 2020-12, of one file, and of an object."""
    found = list(_schema(case_type.data, ("data",), source))
    yield from found
    if "data" in source.value and not any(fault.severity == "error" for fault in found):
        yield from _open(case_type.data, source)
        yield from _defaults(case_type.data, source)
    for name, event in case_type.events.items():
        if event.payload is not None:
            yield from _schema(event.payload, ("events", name, "payload"), source)


def _open(data: Schema, source: Source) -> Iterator[Fault]:
    if is_open(data):
        remedy = "declare them in `properties`, or write `additionalProperties: true` where that is meant"
        yield source.note(("data",), "`data` takes fields that nothing declares", remedy)


def _defaults(data: Schema, source: Source) -> Iterator[Fault]:
    """A default that the schema refuses would keep every case from being opened."""
    definitions = {"$defs": data["$defs"]} if "$defs" in data else {}
    for path, part in subschemas(data):
        if path and "default" in part and "$id" not in part:
            for fault in Validator({**part, **definitions}).errors(part["default"], "default")[:1]:
                message = f"`default` is refused by the schema around it: {fault.message.rstrip('.')}"
                yield source.error(("data", *path, "default"), message, "correct it, or the schema")


def check_assignments(case_type: CaseType, source: Source) -> Iterator[Fault]:
    """Every field that `set` writes is in the data schema."""
    for name, event in case_type.events.items():
        places: list[tuple[Path, dict[str, str]]] = [(("events", name), event.set)]
        places += [
            (at_transition(source, name, index), transition.set) for index, transition in enumerate(event.transitions)
        ]
        for path, assigned in places:
            for field in assigned:
                yield from check_field(case_type.data, field, (*path, "set", field), source)


def check_field(data: Schema, field: str, path: Path, source: Source) -> Iterator[Fault]:
    """A fault where a data field is not declared, and nothing says that there may be others."""
    schema: Any = data
    walked = "data"
    for name in field.split(".")[1:]:
        if not isinstance(schema, dict) or not COMBINED.isdisjoint(schema):
            return
        known = schema.get("properties", {})
        if name not in known:
            yield from _undeclared(schema, walked, name, path, source)
            return
        schema, walked = known[name], f"{walked}.{name}"


def _undeclared(schema: Schema, walked: str, name: str, path: Path, source: Source) -> Iterator[Fault]:
    kinds = schema.get("type", "object")
    if "object" not in ([kinds] if isinstance(kinds, str) else kinds):
        message = f"{quoted(walked)} is no object and has no {quoted(name)}"
        yield source.error(path, message, "correct the field, or its type in `data`")
        return
    known = schema.get("properties", {})
    if schema.get("additionalProperties", not known) is False or (known and "additionalProperties" not in schema):
        message = f"unknown field {quoted(f'{walked}.{name}')}"
        yield source.error(path, message, choose(name, known, "declared fields"))


def _schema(schema: Schema, path: Path, source: Source) -> Iterator[Fault]:
    foreign = list(language_faults(schema))
    for inner, message, remedy in foreign:
        yield source.error((*path, *inner), message, remedy)
    invalid: dict[Path, str] = {}
    for inner, message in schema_faults(schema):
        if not any(inner == place[: len(inner)] for place, _, _ in foreign):
            invalid.setdefault(inner, message)
    for inner, message in invalid.items():
        yield source.error((*path, *inner), f"the schema is wrong: {message}", "see JSON Schema 2020-12")
    if not invalid and not foreign:
        yield from _oddities(schema, path, source, schema)


def _oddities(schema: Any, path: Path, source: Source, root: Schema) -> Iterator[Fault]:
    """What a valid schema hardly means: words that do nothing, required fields that are not declared."""
    if not isinstance(schema, dict):
        return
    known = schema.get("properties", {})
    for name in schema.get("required", []) if known else []:
        if name not in known and COMBINED.isdisjoint(schema):
            message = f"{quoted(name)} is required and not declared"
            yield source.warning((*path, "required"), message, choose(name, known, "declared fields"))
    if not isinstance(schema.get("x-personal", True), bool):
        place = (*path, "x-personal")
        yield source.error(place, "`x-personal` is neither `true` nor `false`", "write `x-personal: true`")
    if "default" in schema and path[0] != "data":
        place, remedy = (*path, "default"), "let `set` of the event write it, or ask for it in a form"
        yield source.warning(place, "`default` fills nothing in here", remedy)
    yield from _key(schema, path, source)
    if schema.get("format") == FILE and not _is_looked_into(path):
        message = "a file is held by a field of the data alone, and not by one that may be another"
        yield source.error((*path, "format"), message, "declare it below `properties` or `items` of `data`")
    for key, message, remedy in odd_words(schema, root):
        yield source.warning((*path, key), message, remedy)
    for key, value in schema.items():
        yield from _inside(key, value, (*path, key), source, root)


def _key(schema: Schema, path: Path, source: Source) -> Iterator[Fault]:
    """By what the items of a list are told apart."""
    key, place = schema.get("x-key"), (*path, "x-key")
    known = schema.get("properties", {})
    if key is None or not COMBINED.isdisjoint(schema):
        return
    if not isinstance(key, str) or key not in known:
        yield source.error(
            place, f"`x-key` names no field of the items: {quoted(key)}", choose(str(key), known, "fields")
        )
    elif path[-1] != "items" and "$defs" not in path:
        yield source.warning(place, "`x-key` does nothing but in the `items` of a list", "move it there, or remove it")


def _is_looked_into(path: Path) -> bool:
    """Whether the files of a schema at this place are found (`files_in`): a field of the data, or of their lists."""
    root, *inner = path
    while inner:
        if inner[0] == "items":
            inner = inner[1:]
        elif inner[0] == "properties" and len(inner) > 1:
            inner = inner[2:]
        else:
            return False
    return root == "data"


def _inside(key: str, value: Any, path: Path, source: Source, root: Schema) -> Iterator[Fault]:
    if key in VALUES or key.startswith("x-"):
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _oddities(item, (*path, index), source, root)
    elif key in NAMED_SCHEMAS and isinstance(value, dict):
        for name, item in value.items():
            yield from _oddities(item, (*path, name), source, root)
    else:
        yield from _oddities(value, path, source, root)
