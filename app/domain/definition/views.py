"""What a case type says about its look: the columns of its queue, what a case is called, and how its data is grouped.

It belongs to the case type and not to a case: the views of the newest version that declares some count for all cases.
"""

from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints, WithJsonSchema

from app.domain.definition.declared import DATA_PATH, Declared
from app.domain.definition.languages import Text

COLUMNS: Final = ("reference", "state", "due", "urgency", "assignee", "team", "opened_at", "changed_at")
"""What a queue can show of every case, besides its data."""
MOST_COLUMNS: Final = 8

# `check` says more of a wrong one than a pattern could
_NAMED: Final = StringConstraints(min_length=1, max_length=255)
_FIELD: Final[dict[str, Any]] = {"type": "string", "pattern": DATA_PATH}
_COLUMN: Final[dict[str, Any]] = {"anyOf": [{"enum": list(COLUMNS)}, _FIELD]}
Column = Annotated[str, _NAMED, WithJsonSchema(_COLUMN)]
Field_ = Annotated[str, _NAMED, WithJsonSchema(_FIELD)]


class Group(Declared):
    """A part of the summary: its heading, and the fields of the data below it, in this order."""

    title: Text
    fields: list[Field_] = Field(min_length=1)


class Views(Declared):
    """How the cases of a type are shown."""

    list_: list[Column] | None = Field(default=None, alias="list", min_length=1)
    title: Field_ | None = None
    groups: list[Group] | None = Field(default=None, min_length=1)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the queue as declared; none where nothing is said."""
        return tuple(self.list_ or ())
