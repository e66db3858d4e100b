"""The bodies that callers send, checked to the letter: no unknown fields, no coercion."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator

from app.domain.definition.case_type import Name
from app.domain.values.names import ROLE, SUBJECT, canonical_uuid
from app.domain.values.rfc3339 import near, parse_rfc3339

MOST_ATTEMPTS = 1000
CASE_ID = "0198c0de-0000-7000-8000-000000000001"

Reference = Annotated[
    str,
    StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$"),
    Field(description="The caller's own name of the case, unique per case type", examples=["EXP-2026-0042"]),
]
ReasonText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=4000),
    Field(description="Why, in words; some events require it", examples=["The receipt is missing"]),
]
Document = dict[str, Any]
CaseTypeName = Annotated[Name, Field(description="A case type of this installation", examples=["expense_claim"])]


def uuid_text(text: str) -> str:
    found = canonical_uuid(text)
    if found is None:
        raise ValueError("must be a UUID")
    return found


def a_subject(text: str) -> str:
    if not SUBJECT.fullmatch(text):
        raise ValueError("must be `user:NAME`")
    return text


def a_role(text: str) -> str:
    if not ROLE.fullmatch(text):
        raise ValueError("must be `role:NAME`")
    return text


def _near(text: str) -> str:
    near(parse_rfc3339(text))
    return text


def _written(**how: Any) -> WithJsonSchema:
    """Not `json_schema_extra`: pydantic would add the examples to it again for each document that is made."""
    return WithJsonSchema({"type": "string", **how})


Uuid = Annotated[str, AfterValidator(uuid_text), _written(format="uuid", examples=[CASE_ID])]
Subject = Annotated[str, AfterValidator(a_subject), _written(pattern=f"^{SUBJECT.pattern}$")]
RoleName = Annotated[str, AfterValidator(a_role), _written(pattern=f"^{ROLE.pattern}$")]
Happened = Annotated[str, AfterValidator(_near), _written(format="date-time")]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class OpenCase(Body):
    """A case to open."""

    case_type: CaseTypeName
    event: Annotated[
        Name | None, Field(description="An opening event; may be left out where there is one", examples=["submit"])
    ] = None
    reference: Reference | None = None
    data: Annotated[
        Document,
        Field(
            description="The case's data, as the case type's schema has it. Where the opening event has a form: its "
            "fields, as a JSON Merge Patch (RFC 7396)",
            examples=[{"amount_cents": 4200, "currency": "EUR"}],
        ),
    ]
    payload: Annotated[Document | None, Field(description="What the event carries")] = None
    reason: ReasonText | None = None


class FireEvent(Body):
    """An event to fire on a case."""

    event: Annotated[Name, Field(description="An event of the case type", examples=["approve"])]
    data: Annotated[
        Document | None,
        Field(
            description="What was entered into the event's form: a JSON Merge Patch (RFC 7396) of the case's data, in "
            "which null removes a field. A list whose items have a key (`x-key`) also takes `$put` and `$remove`",
            examples=[{"category": "travel", "cost_centre": None}],
        ),
    ] = None
    payload: Annotated[Document | None, Field(description="What the event carries", examples=[{"note": "fine"}])] = None
    reason: ReasonText | None = None


class OnBehalfOf(Body):
    """Somebody who acted elsewhere, for whom this attempt is made."""

    actor: Annotated[Subject, Field(description="`user:NAME`", examples=["user:alice"])]
    roles: Annotated[
        list[RoleName] | None,
        Field(description="The roles to decide with; left out: that actor's own", max_length=100),
    ] = None


class TryEvent(FireEvent):
    """One attempt of a batch: on a case by id, or by case type and reference (which opens it where there is none)."""

    case_id: Annotated[Uuid | None, Field(description="The case's id")] = None
    case_type: CaseTypeName | None = None
    reference: Reference | None = None
    data: Annotated[
        Document | None,
        Field(description="The data of a case that this opens, or what was entered into the event's form"),
    ] = None
    if_version: Annotated[int | None, Field(ge=0, description="Only if the case has this version")] = None
    idempotency_key: Annotated[
        str | None,
        StringConstraints(min_length=1, max_length=255, pattern=r"^[\x20-\x7e]+$"),
        Field(description="As the header Idempotency-Key", examples=["import-7-line-12"]),
    ] = None
    occurred_at: Annotated[
        Happened | None,
        Field(
            description="When it happened elsewhere, RFC 3339 with an offset, between the years 1900 and 2199",
            examples=["2026-11-20T08:00:00Z"],
        ),
    ] = None
    on_behalf_of: OnBehalfOf | None = None

    @model_validator(mode="after")
    def _names_one_case(self) -> Self:
        by_reference = self.case_type is not None and self.reference is not None
        partly = self.case_type is not None or self.reference is not None
        if (self.case_id is not None) == partly or partly != by_reference:
            raise ValueError("must name a case by case_id, or by case_type and reference")
        return self


class TryEvents(Body):
    """Up to 1,000 attempts, decided in order, each with its own result."""

    attempts: Annotated[list[TryEvent], Field(max_length=MOST_ATTEMPTS, description="At most 1,000")]


class ClockOfACaseType(BaseModel):
    """The clock that a case type declares; further keys of a clock take the place of its own."""

    case_type: CaseTypeName
    name: Annotated[Name, Field(description="One of its `slas`", examples=["decision"])]


def _one_of(*names: str) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in names]})


class Simulate(Body):
    """A clock, a calendar and what happens when. The parts are checked where they are counted."""

    clock: Annotated[
        Any,
        _one_of("ClockToSimulate", "ClockOfACaseType"),
        Field(
            description="A clock as a case type declares it, or the one of a case type",
            examples=[{"target": "8h", "steps": [{"at": "50%"}, {"at": "100%"}]}],
        ),
    ]
    calendar: Annotated[
        Any,
        WithJsonSchema({"anyOf": [{"$ref": "#/components/schemas/CalendarFile"}, {"type": ["string", "null"]}]}),
        Field(
            description="A calendar, or the name of a declared one; left out, that of the clock, or round the clock",
            examples=[{"zone": "Europe/London", "weekly": {"mon-fri": ["09:00-17:00"]}}],
        ),
    ] = None
    moments: Annotated[
        list[Any],
        WithJsonSchema({"type": "array", "items": {"$ref": "#/components/schemas/MomentToSimulate"}, "maxItems": 1000}),
        Field(
            description="What happens, in order, within ten years; at most 1,000",
            examples=[[{"at": "2026-04-02T15:30:00+01:00", "do": "start"}]],
        ),
    ]
    now: Annotated[
        Annotated[str, _written(format="date-time")] | None,
        Field(
            description="Until when time passes; left out, the last of the moments", examples=["2026-04-07T12:00:00Z"]
        ),
    ] = None
