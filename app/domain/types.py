"""What is known about the variables of an expression, from JSON Schema."""

from dataclasses import dataclass
from typing import Self

from app.domain.case_type import Schema


@dataclass(frozen=True)
class Types:
    @classmethod
    def of(cls, data: Schema, payload: Schema | None) -> Self:
        """The types in effect; without a payload schema an event takes no payload."""
        return cls()
