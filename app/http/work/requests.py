"""The bodies of built-in verbs, checked to the letter."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.domain.values.names import CASE_ROLE, SUBJECT, TEAM
from app.domain.verbs.commenting import MOST_CHARACTERS, MOST_MENTIONS
from app.domain.verbs.roles import MOST as MOST_ROLES
from app.http.bodies.requests import Body, CaseTypeName, Document, ReasonText, Uuid

MOST_SKIPPED = 20

User = Annotated[str, StringConstraints(pattern=f"^{SUBJECT.pattern}$"), Field(examples=["user:carl"])]
Team = Annotated[str, StringConstraints(pattern=f"^{TEAM.pattern}$"), Field(examples=["team:north"])]


class AssignCase(Body):
    """Whose the case is from now on; what is left out stays."""

    assignee: Annotated[User | None, Field(description="Who; null for nobody")] = None
    team: Annotated[
        Team | None, Field(description="Which team; null for none. Of another team, nobody has the case yet")
    ] = None
    reason: ReasonText | None = None


class CorrectCase(Body):
    """What the data should have been."""

    data: Annotated[
        Document,
        Field(
            description="A JSON Merge Patch (RFC 7396) of the data: what is left out stays, null removes. A list whose "
            'items declare `x-key` also takes `{"$put": [items], "$remove": [keys]}`',
            examples=[{"amount_cents": 4300, "cost_centre": None}],
        ),
    ]
    reason: ReasonText


class SkipCase(Body):
    """A case that the caller does not want now."""

    case_id: Annotated[Uuid, Field(description="Which")]
    reason: ReasonText


class TakeNext(Body):
    """What the next case is to be like; all of it may be left out."""

    case_type: Annotated[CaseTypeName | None, Field(description="Only this case type")] = None
    team: Annotated[Team | None, Field(description="Only the queue of this team")] = None
    skip: Annotated[
        list[SkipCase], Field(max_length=MOST_SKIPPED, description="Cases to pass by, each with a reason for the log")
    ] = Field(default_factory=list)


class WriteComment(Body):
    """Something to say on a case."""

    text: Annotated[
        str,
        StringConstraints(min_length=1, max_length=MOST_CHARACTERS, pattern=r"\S"),
        Field(description="Markdown, kept as it is written", examples=["The receipt is **missing**."]),
    ]
    mentions: Annotated[
        list[User], Field(max_length=MOST_MENTIONS, description="Who should know", examples=[["user:susan"]])
    ] = Field(default_factory=list)
    edits: Annotated[Uuid | None, Field(description="The caller's own comment that this says anew")] = None


class CaseRoleOf(Body):
    subject: Annotated[User, Field(description="Who")]
    role: Annotated[
        str,
        StringConstraints(pattern=f"^{CASE_ROLE.pattern}$"),
        Field(description="A role in brackets, neither [creator] nor [assignee]", examples=["[reviewer]"]),
    ]


class ChangeCaseRoles(Body):
    """Roles on this case alone, to give and to take."""

    give: Annotated[list[CaseRoleOf], Field(max_length=MOST_ROLES, description="From now on")] = Field(
        default_factory=list
    )
    take: Annotated[list[CaseRoleOf], Field(max_length=MOST_ROLES, description="No longer")] = Field(
        default_factory=list
    )


LinkType = Literal["relates_to", "duplicates", "duplicated_by", "blocks", "blocked_by", "parent", "child"]


class LinkCase(Body):
    """How this case stands to another."""

    to: Annotated[Uuid, Field(description="The other case, which the caller may read")]
    type: Annotated[LinkType, Field(description="This case blocks the other, is its parent, and so on")]


WORK_BODIES = (AssignCase, CorrectCase, TakeNext, WriteComment, ChangeCaseRoles, LinkCase)
