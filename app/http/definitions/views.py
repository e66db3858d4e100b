"""The shapes of case types, as callers see them."""

from typing import Any, TypedDict

from app.domain.values.json import Json


class OpeningView(TypedDict):
    """An event that opens cases, and the state that they begin in."""

    event: str
    to: str


class StateView(TypedDict):
    """A state by its path, such as `review.first_line`."""

    state: str
    title: str | None
    final: bool


class CaseTypeSummaryView(TypedDict):
    """A case type in short."""

    case_type: str
    title: str | None
    description: str | None
    version: int
    hash: str
    opening: list[OpeningView]
    states: list[StateView]


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
    payload_schema: Json
    reason: str | None
    transitions: list[TransitionView]


class CaseTypeFullView(CaseTypeSummaryView):
    """A case type with the schema of its data and all of its events."""

    data_schema: dict[str, Any]
    events: list[EventView]
