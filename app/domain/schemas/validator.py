"""Check data and payloads against JSON Schema 2020-12, and schemas against the rules for schemas."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

import jsonschema_rs

from app.domain.definition.languages import Schema, plain_schema
from app.domain.schemas.alternatives import nearest, told_of
from app.domain.schemas.wrong_schema import wrong_schema
from app.domain.values.errors import FieldError
from app.domain.values.json import Json
from app.domain.values.writable import values_in, writable

DRAFT = "https://json-schema.org/draft/2020-12/schema"
MAX_ERRORS = 20
MAX_NAME = 200
MOST_LOOKED_THROUGH = 400
"""Values: of more the first fault is told alone, since the library makes all of them before it gives one."""

SchemaPath = tuple[str | int, ...]

_META = jsonschema_rs.Draft202012Validator({"$ref": DRAFT}, offline=True)
# what stands below these is data, not a schema
_DATA = {"const", "enum", "default", "examples"}


class Validator:
    """A compiled schema."""

    def __init__(self, schema: Schema) -> None:
        self._validator = _compiled(schema)
        self._schema = schema

    def errors(self, value: Json, prefix: str) -> tuple[FieldError, ...]:
        """At most 20 faults; `field` is a dotted path below `prefix`, messages repeat no value."""
        try:
            if self._validator.is_valid(value):
                return ()
            return tuple(islice(self._errors(value, prefix), MAX_ERRORS))
        except (ValueError, RecursionError):  # lone surrogates, nesting without end
            return (FieldError(prefix, "This cannot be read."),)

    def _errors(self, value: Json, prefix: str) -> Iterator[FieldError]:
        seen = set()
        for error in (one for found in self._found(value) for one in nearest(found)):
            for below, message in told_of(error, self._schema):
                path = [str(step)[:MAX_NAME] for step in (*error.instance_path, *below)]
                fault = FieldError(".".join([prefix, *path]), message)
                if fault not in seen:
                    seen.add(fault)
                    yield fault

    def _found(self, value: Json) -> Iterable[jsonschema_rs.ValidationError]:
        if values_in(value) <= MOST_LOOKED_THROUGH:
            return self._validator.iter_errors(value)
        try:
            self._validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            return [error]
        return []


def schema_faults(schema: Schema) -> list[tuple[SchemaPath, str]]:
    """What is wrong with a schema, with the path inside it: not 2020-12, a remote reference, not an object."""
    unwritable = writable(schema)
    if unwritable is not None:
        return [((), f"holds a value that JSON cannot carry, or nests too deeply, at {unwritable or 'its root'}")]
    found: list[tuple[SchemaPath, str]] = [*_invalid(schema), *_remote(schema, ()), *_root(schema)]
    return found or list(_uncompilable(schema))


def _invalid(schema: Schema) -> Iterator[tuple[SchemaPath, str]]:
    for error in _META.iter_errors(plain_schema(schema)):
        path = tuple(error.instance_path)
        yield path, wrong_schema(path, schema, error)


def _remote(schema: Json, path: SchemaPath) -> Iterator[tuple[SchemaPath, str]]:
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from _remote(item, (*path, index))
    elif isinstance(schema, dict):
        for name, item in schema.items():
            if name in {"$ref", "$dynamicRef"} and isinstance(item, str) and not item.startswith("#"):
                yield (*path, name), "only references inside the schema (#/$defs/...) are followed"
            elif name not in _DATA or path[-1:] == ("properties",):
                yield from _remote(item, (*path, name))


def _root(schema: Schema) -> Iterator[tuple[SchemaPath, str]]:
    if schema.get("$schema", DRAFT).rstrip("#") != DRAFT:
        yield ("$schema",), f"only {DRAFT} is supported"
    if schema.get("type") != "object":
        yield (("type",) if "type" in schema else ()), "the root needs `type: object`"


def _uncompilable(schema: Schema) -> Iterator[tuple[SchemaPath, str]]:
    try:
        _compiled(schema)
    except jsonschema_rs.ValidationError as error:
        yield tuple(error.instance_path), _one_line(error.message)
    except ValueError as error:
        yield (), _one_line(str(error))


def _compiled(schema: Schema) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(plain_schema(schema), validate_formats=True, offline=True)


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:300]
