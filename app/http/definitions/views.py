"""The shapes of case types, as callers see them."""

from typing import Any, NotRequired, TypedDict


class OpeningView(TypedDict):
    """An event that opens cases, and the state that they begin in; `form` is true where it asks for data."""

    event: str
    title: str | None
    to: str
    form: NotRequired[bool]


class StateView(TypedDict):
    """A state by its path, such as `review.first_line`."""

    state: str
    title: str | None
    final: bool


class DeclaredStepView(TypedDict):
    """What happens at a point of a clock, such as `notify role:supervisor`; again `every` so long, `max` times."""

    at: str
    every: str | None
    max: int | None
    does: list[str]


class DeclaredClockView(TypedDict):
    """A clock that a case type declares. `time` is how long it runs or until when, in the words of the file: `16h`,
    `30m where data.priority == 1, else 4h`, `2 business days at 16:00`, `every 24h`, or a field such as
    `data.deadline`."""

    clock: str
    title: str | None
    kind: str
    time: str
    calendar: str
    steps: list[DeclaredStepView]


class GroupView(TypedDict):
    """A part of the summary of a case."""

    title: str
    fields: list[str]


class ViewsView(TypedDict):
    """How the cases of a type are shown: the columns of a queue, what a case is called, and its summary. Those of the
    newest version that declares some; they count for the cases of all versions."""

    list: list[str]
    title: str | None
    groups: list[GroupView]


class CaseTypeSummaryView(TypedDict):
    """A case type in short."""

    case_type: str
    title: str | None
    description: str | None
    version: int
    hash: str
    opening: list[OpeningView]
    states: list[StateView]
    clocks: list[DeclaredClockView]
    views: ViewsView | None


class CaseTypesView(TypedDict):
    """All case types of this installation."""

    items: list[CaseTypeSummaryView]


# one way that an event can go; the first whose guard holds is taken (`from` is no name in Python)
TransitionView = TypedDict(
    "TransitionView",
    {
        "from": list[str],
        "to": str,
        "internal": bool,
        "when": str | None,
        "unless_actor_of": list[str],
        "unless_since": str | None,
        "only_actor_of": list[str],
        "only_since": str | None,
        "title": str | None,
    },
)


class EventView(TypedDict):
    """An event with what it asks for and the ways that it can go."""

    event: str
    title: str | None
    description: str | None
    payload_schema: Any
    reason: str | None
    transitions: list[TransitionView]


class CaseTypeVersionView(TypedDict):
    """A version of a case type. `published_at` is when the service first saw it; cases are opened under the one
    `in_force`."""

    version: int
    hash: str
    published_at: str | None
    in_force: bool


class CaseTypeVersionsView(TypedDict):
    """All versions of a case type, the newest first."""

    items: list[CaseTypeVersionView]


class CaseTypeFullView(CaseTypeSummaryView):
    """A case type with the schema of its data and all of its events."""

    data_schema: dict[str, Any]
    events: list[EventView]
