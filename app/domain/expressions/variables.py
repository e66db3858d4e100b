"""The variables that an expression sees, with their types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from app.domain.definition.languages import Schema
from app.domain.expressions.schema_types import type_of_schema
from app.domain.expressions.types import STRING, TIMESTAMP, Type, listed, mapped, named

_NULLABLE_STRING = named("string", "null")
_STRINGS = listed(STRING)

_ACTOR = mapped({"id": STRING, "roles": _STRINGS, "on_behalf_of": _NULLABLE_STRING})
_CASE = mapped(
    {
        "id": STRING,
        "reference": _NULLABLE_STRING,
        "case_type": STRING,
        "state": STRING,
        "states": _STRINGS,
        "version": named("int"),
        "creator": _NULLABLE_STRING,
        "assignee": _NULLABLE_STRING,
        "team": _NULLABLE_STRING,
        "urgency": named("int"),
        "files": mapped({}),
        "opened_at": TIMESTAMP,
        "changed_at": TIMESTAMP,
    }
)


@dataclass(frozen=True)
class Types:
    """The types of data, payload, actor, case and now; without payload where an event takes none."""

    roots: Mapping[str, Type] = field(repr=False)

    @classmethod
    def of(cls, data: Schema, payload: Schema | None) -> Self:
        roots = {"data": type_of_schema(data), "actor": _ACTOR, "case": _CASE, "now": TIMESTAMP}
        return cls(roots).carrying(payload)

    def carrying(self, payload: Schema | None) -> Self:
        """The same beside another payload: data of thousands of fields are not read for each event."""
        roots = {name: kind for name, kind in self.roots.items() if name != "payload"}
        return type(self)(roots if payload is None else {**roots, "payload": type_of_schema(payload)})

    @property
    def of_guards(self) -> Self:
        """With what will be, which the guards of transitions see besides."""
        return type(self)({**self.roots, "after": mapped({"data": self.roots["data"]})})
