"""Where data hold files: fields of `format: file`, at any depth."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from app.domain.values.json import Json

FILE: Final = "file"


class FileField(NamedTuple):
    """`path` is where it stands, `data.proof.passport`; `name` is that of the field, `passport`; `id` what it holds."""

    path: str
    name: str
    id: str


def holds_files(schema: Json) -> bool:
    """Whether a schema declares a field that holds a file."""
    if not isinstance(schema, dict):
        return False
    if schema.get("format") == FILE:
        return True
    properties: Mapping[str, Json] = schema.get("properties") or {}
    inner = (*properties.values(), schema.get("items"))
    return any(holds_files(one) for one in inner if one is not None)


def files_in(schema: Json, value: Json, path: str = "data", name: str = "") -> Iterator[FileField]:
    """The files that a value holds; a list of a merge patch that is changed by its keys is looked through too."""
    if not isinstance(schema, dict):
        return
    if schema.get("format") == FILE:
        if isinstance(value, str):
            yield FileField(path, name, value)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from files_in(schema.get("items"), item, f"{path}.{place}", name)
    elif isinstance(value, Mapping):
        yield from _in_members(schema, value, path, name)


def by_field(schema: Json, data: Json, known: Collection[str]) -> Mapping[str, int]:
    """How many of the known files the fields of each name hold."""
    return Counter(one.name for one in files_in(schema, data) if one.id in known)


def _in_members(schema: Mapping[str, Any], value: Mapping[str, Json], path: str, name: str) -> Iterator[FileField]:
    for inner, declared in (schema.get("properties") or {}).items():
        if inner in value:
            yield from files_in(declared, value[inner], f"{path}.{inner}", inner)
    if "items" in schema and isinstance(put := value.get("$put"), list):
        yield from files_in(schema, put, f"{path}.$put", name)
