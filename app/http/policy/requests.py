"""The bodies that change the policy, checked to the letter; what the lines say is checked against the case types."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from app.domain.expressions.expression import MAX_LENGTH
from app.http.bodies.requests import Body, ReasonText, RoleName, Subject

MOST_LINES = 100
MOST_CHARACTERS = 20_000
_LINES = f"Lines to add, with at most {MOST_CHARACTERS} characters of conditions together"
Word = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]
Ids = Annotated[
    list[Annotated[int, Field(ge=1, le=2**53 - 1)]],
    Field(max_length=MOST_LINES, description="Ids of lines to remove in the same step", examples=[[]]),
]


class Line(Body):
    """A line of the policy: who may, or may not, do what."""

    role: Annotated[
        Word, Field(description="`role:NAME`, a role on the case as `[creator]`, or `*`", examples=["role:clerk"])
    ]
    tenant: Annotated[Word | None, Field(description="Left out: your own; no other can be changed")] = None
    case_type: Annotated[Word, Field(description="A case type, or `*` for all", examples=["expense_claim"])]
    act: Annotated[Word, Field(description="An event, `*` for all events, or a built-in act", examples=["triage"])]
    when: Annotated[
        str,
        StringConstraints(max_length=MAX_LENGTH),
        Field(description="CEL over `case`, `data` and `actor`; empty: always", examples=[""]),
    ] = ""
    effect: Annotated[Literal["allow", "deny"], Field(description="A deny beats every allow", examples=["allow"])]


class ChangePolicy(Body):
    """Lines to add and ids of lines to remove, in one step."""

    lines: Annotated[list[Line], Field(max_length=MOST_LINES, description=_LINES)] = []
    remove: Ids = []
    reason: ReasonText | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.lines and not self.remove:
            raise ValueError("must name a line to add or to remove")
        if sum(len(line.when) for line in self.lines) > MOST_CHARACTERS:
            raise ValueError(f"must hold at most {MOST_CHARACTERS} characters of conditions; send several changes")
        return self


class Assignment(Body):
    """A role that a user gets in the tenant."""

    user: Annotated[Subject, Field(description="`user:NAME`", examples=["user:alice"])]
    role: Annotated[RoleName, Field(description="`role:NAME`", examples=["role:clerk"])]


class AssignRoles(Body):
    """Roles to give, and ids of assignments to take away, in one step."""

    assignments: Annotated[list[Assignment], Field(max_length=MOST_LINES, description="Roles to give")] = []
    remove: Ids = []
    reason: ReasonText | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.assignments and not self.remove:
            raise ValueError("must name a role to give or to take away")
        return self
