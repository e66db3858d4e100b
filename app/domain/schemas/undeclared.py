"""What somebody sends that no schema declares. What a case holds already is none of it."""

from collections.abc import Iterator, Mapping
from itertools import islice

from app.domain.expressions.types import Type
from app.domain.schemas.merge_patch import PUT, REMOVE
from app.domain.values.errors import FieldError
from app.domain.values.json import Json
from app.domain.values.near_names import nearest

MOST_FAULTS = 20
MOST_COMPARED = 1_000
"""Names that a misspelt one is compared with."""
MOST_LOOKED_UP = 3
"""Misspelt names that are told with the one that was meant: each costs as much as all fields around it."""


def undeclared(value: Json, kind: Type, prefix: str = "data") -> tuple[FieldError, ...]:
    """Told as `data.x`, with the nearest name that is declared."""
    looked_up = [MOST_LOOKED_UP]
    return tuple(islice(_inside(value, kind, prefix, looked_up), MOST_FAULTS))


def unknown(name: str, known: list[str], looked_up: list[int]) -> str:
    """What is said of a field that is not known. `looked_up` counts down."""
    looked_up[0] -= 1
    meant = nearest(name, known[:MOST_COMPARED]) if looked_up[0] >= 0 else None
    return f"This field is not known; did you mean `{meant}`?" if meant else "This field is not known."


def _inside(value: Json, kind: Type | None, path: str, looked_up: list[int]) -> Iterator[FieldError]:
    if kind is None:
        return
    if isinstance(value, list):
        for place, item in enumerate(value) if kind.items is not None else ():
            yield from _inside(item, kind.items, f"{path}.{place}", looked_up)
    elif isinstance(value, Mapping):
        if "list" in kind.names and value.keys() <= {PUT, REMOVE}:
            yield from _inside(value.get(PUT), kind, f"{path}.{PUT}", looked_up)
        elif kind.fields or kind.patterns:
            for name, inner in value.items():
                found = kind.field(name)
                if found is None:
                    yield FieldError(f"{path}.{name[:200]}", unknown(name, list(kind.fields or ()), looked_up))
                elif isinstance(inner, list | Mapping):
                    yield from _inside(inner, found, f"{path}.{name}", looked_up)
