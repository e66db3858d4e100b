"""What a case type declares: the models behind machines/NAME.yaml, and its identity as a hash."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from app.domain.definition.declared import Cel, DataPath, Declared
from app.domain.definition.form import Form
from app.domain.definition.languages import Schema, Text
from app.domain.definition.views import Views
from app.domain.values.names import LONGEST_NAME, LONGEST_STATE

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=LONGEST_NAME)]
StatePath = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$", max_length=LONGEST_STATE)
]
Target = Annotated[
    str,
    StringConstraints(
        pattern=r"^(=|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*(\.\$(deep_)?history)?)$", max_length=LONGEST_STATE
    ),
]
Source = Literal["*"] | StatePath

INLINE = frozenset({"from", "to", "internal", "when", "unless_actor_of", "only_actor_of"})
"""The keys of a transition that may stand in its event, where there is no other."""


class State(Declared):
    """A state. With `states` it is composite: `initial` names the child entered by default, or `parallel` enters all.

    `on_done` is where it goes when it is finished: all regions final, or its active child final.
    """

    title: Text | None = None
    description: Text | None = None
    initial: Name | None = None
    states: dict[Name, "State"] = Field(default_factory=dict)
    parallel: bool = False
    final: bool = False
    on_done: Target | None = None


def walk(states: Mapping[str, State], above: str = "") -> Iterator[tuple[str, State]]:
    """All states with their dotted paths in declaration order, parents before children."""
    for name, state in states.items():
        yield f"{above}{name}", state
        yield from walk(state.states, f"{above}{name}.")


class ActorsSince(Declared):
    """Who fired these events since the case last came into a state, rather than ever."""

    events: list[Name] = Field(min_length=1)
    since: StatePath


Actors = list[Name] | ActorsSince


class Transition(Declared):
    """One way an event can go: from these states to that one, if the guard holds and four eyes are kept.

    An `internal` one does not leave its source, where the target lies inside (SCXML's type="internal").
    """

    from_: Source | list[StatePath] = Field(alias="from")
    to: Target
    internal: bool = False
    when: Cel | None = None
    unless_actor_of: Actors = Field(default_factory=list)
    only_actor_of: Actors = Field(default_factory=list)
    set: dict[DataPath, Cel] = Field(default_factory=dict)
    title: Text | None = None

    @property
    def sources(self) -> list[str]:
        return list(self.from_) if isinstance(self.from_, list) else [self.from_]


def events_of(actors: Actors) -> list[str]:
    return actors.events if isinstance(actors, ActorsSince) else actors


def since_of(actors: Actors) -> str | None:
    """The state since whose last entry it counts; None: since ever."""
    return actors.since if isinstance(actors, ActorsSince) else None


class Event(Declared):
    """Something that can be fired: what it carries, and its transitions in order of priority.

    A single transition may be written without the list: {from: a, to: b, when: ...}. What only opens cases has none.
    """

    title: Text | None = None
    description: Text | None = None
    form: Form | None = Field(default=None, min_length=1)
    payload: Schema | None = None
    reason: Literal["required", "optional"] | None = None
    set: dict[DataPath, Cel] = Field(default_factory=dict)
    transitions: list[Transition] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _one_transition_inline(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not INLINE & value.keys():
            return value
        if "transitions" in value:
            raise ValueError("give either `transitions` or `from` and `to`, not both")
        kept = {key: item for key, item in value.items() if key not in INLINE}
        return {**kept, "transitions": [{key: item for key, item in value.items() if key in INLINE}]}


Duration = Annotated[str, StringConstraints(pattern=r"^(\d+d)?(\d+b?h)?(\d+m)?(\d+s)?$", min_length=2)]
StepAt = Annotated[
    str, StringConstraints(pattern=r"^(\d{1,4}%|[+-]\d{1,4}bd|[+-](\d+d)?(\d+b?h)?(\d+m)?(\d+s)?)$", min_length=2)
]


class Condition(Declared):
    """When a clock starts, stops, pauses: all parts must hold."""

    enters: StatePath | list[StatePath] | None = None
    leaves: StatePath | list[StatePath] | None = None
    in_: StatePath | list[StatePath] | None = Field(default=None, alias="in")
    event: Name | list[Name] | None = None
    when: Cel | None = None


class FollowTeam(Declared):
    follow: Literal["team"]


class TargetRule(Declared):
    """One of several targets: the first whose `when` holds."""

    when: Cel | None = None
    is_: Duration = Field(alias="is")
    calendar: Name | FollowTeam | None = None


Neighbour = Literal["next", "previous"]


class Due(Declared):
    """The moment of a `due_at` clock: that of a field, or so many days after its start or the field's moment.

    Before a field's moment, where there are less than 0. `from_closed` says as which business day a day without hours
    counts from which business days are counted, `if_closed` on which business day it is due instead of a date without.
    """

    field: DataPath | None = None
    business_days: int | None = Field(default=None, strict=True)
    calendar_days: int | None = Field(default=None, strict=True)
    at: str | None = Field(default=None, pattern=r"^(\d{2}:\d{2}|start)$")
    cutoff: str | None = Field(default=None, pattern=r"^\d{2}:\d{2}$")
    from_closed: Neighbour | None = None
    if_closed: Neighbour | None = None

    @property
    def counts(self) -> bool:
        """Whether it is more than the moment of a field."""
        return any(way is not None for way in (self.business_days, self.calendar_days, self.if_closed))


class Step(Declared):
    """What happens at a point of a clock."""

    at: StepAt
    every: Duration | None = None
    max: int | None = Field(default=None, ge=1, strict=True)
    # What it does; each has its line in STEP_EFFECTS.
    notify: str | None = None
    urgency: int | None = Field(default=None, ge=0, le=100, strict=True)
    assign: str | None = None
    fire: Name | None = None
    webhook: str | None = None


class Clock(Declared):
    """An SLA clock."""

    title: Text | None = None
    kind: Literal["elapsed", "due_at", "periodic"] = "elapsed"
    start: Condition
    start_at: DataPath | None = None
    stop: Condition | None = None
    cancel: Condition | None = None
    pause: Condition | None = None
    resume: Condition | None = None
    pause_max: Duration | None = None
    reset: Condition | None = None
    target: Duration | list[TargetRule] | None = None
    due: Due | None = None
    every: Duration | None = None
    sequence: Literal["independent", "sequential"] | None = None
    calendar: Name | FollowTeam | None = None
    retarget: Literal["keep_elapsed", "restart", "keep_deadline"] = "keep_elapsed"
    reopen: Literal["ignore", "resume", "continue", "restart"] = "resume"
    steps: list[Step] = Field(default_factory=list)


class CaseType(Declared):
    """A case type as its YAML declares it."""

    case_type: Name
    title: Text | None = None
    description: Text | None = None
    opening: dict[Name, StatePath] = Field(min_length=1)
    data: Schema = Field(default_factory=lambda: {"type": "object"})
    max_data_bytes: int = Field(default=256 * 2**10, ge=1, le=2**20, strict=True)
    states: dict[Name, State] = Field(min_length=1)
    events: dict[Name, Event] = Field(default_factory=dict)
    slas: dict[Name, Clock] = Field(default_factory=dict)
    views: Views | None = None
    opening_titles: dict[Name, Text] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _initial_is_short_for_open(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "initial" not in value:
            return value
        if "opening" in value:
            raise ValueError("give either `initial` or `opening`, not both")
        kept = {key: item for key, item in value.items() if key != "initial"}
        return {**kept, "opening": {"open": value["initial"]}}

    def canonical(self) -> str:
        """The declaration as JSON without defaults and in its own order: of two regions the first goes first, so the
        order of names is part of what a file means (RFC 8785 would sort them). That of keys within one thing is not.
        """
        declared = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return json.dumps(declared, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    def hash(self) -> str:
        """SHA-256 of the canonical form in hex: the identity of this version."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()
