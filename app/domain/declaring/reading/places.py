"""Where things stand in a case type's file: from names to paths, and from paths to the models behind them."""

from collections.abc import Callable
from typing import Any

from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.calendar_file import CalendarFile, Holidays
from app.domain.definition.case_type import (
    ActorsSince,
    CaseType,
    Clock,
    Condition,
    Due,
    Event,
    FollowTeam,
    State,
    Step,
    TargetRule,
    Transition,
)
from app.domain.definition.declared import Declared
from app.domain.definition.form import FormField, FormPage
from app.domain.definition.languages import InLanguages
from app.domain.definition.views import Group, Views

CONDITIONS = frozenset({"start", "stop", "cancel", "pause", "resume", "reset"})

Models = tuple[type[Declared], ...]
Format = Callable[[Path], Models]
"""The models that a mapping at a path of a kind of file may be; none inside a schema or a map of names."""

TITLES: dict[type[Declared], str] = {
    CaseType: "a case type",
    State: "a state",
    Event: "an event",
    Transition: "a transition",
    Clock: "a clock",
    Condition: "a condition",
    TargetRule: "a target",
    Due: "`due`",
    Step: "a step",
    FollowTeam: "`calendar`",
    ActorsSince: "four eyes",
    FormField: "a field of a form",
    FormPage: "a page of a form",
    Views: "`views`",
    Group: "a group",
    InLanguages: "a text in several languages",
    CalendarFile: "a calendar",
    Holidays: "`holidays`",
}


def at_state(state: str) -> Path:
    """`review.first_line` as the path states, review, states, first_line."""
    return tuple(part for name in state.split(".") for part in ("states", name))


def at_transition(source: Source, event: str, index: int) -> Path:
    """The path of a transition; one that is written without the list stands in its event."""
    path: Path = ("events", event)
    return (*path, "transitions", index) if "transitions" in source.value["events"][event] else path


def at_opening(source: Source, event: str) -> Path:
    return ("initial",) if "initial" in source.value else ("opening", event)


def follow(value: Any, location: Path) -> Path:
    """The part of a pydantic error's location that is in the file; names of union members are not."""
    path: list[str | int] = []
    for part in location:
        listed = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if listed or (isinstance(value, dict) and part in value):
            value = value[part]
            path.append(part)
    return tuple(path)


def calendar_models(path: Path) -> Models:
    """The format of machines/calendars/NAME.yaml."""
    return (CalendarFile,) if path == () else (Holidays,) if path == ("holidays",) else ()


def case_type_models(path: Path) -> Models:
    """The format of machines/NAME.yaml."""
    match path:
        case ():
            return (CaseType,)
        case ("states", str()):
            return (State,)
        case ("states", str(), "states", *_):
            return case_type_models(path[2:])
        case ("views",):
            return (Views,)
        case ("views", "groups", int()):
            return (Group,)
        case ("opening_titles", str()):
            return (InLanguages,)
    if path[0] in ("events", "slas") and (found := _inside(path)):
        return found
    return (InLanguages,) if path[-1] in ("title", "description") and _is_text(path[:-1], path[-1]) else ()


def _inside(path: Path) -> Models:
    match path:
        case ("events", str()):
            return (Event, Transition)
        case ("events", str(), "transitions", int()):
            return (Transition,)
        case ("events", str(), "unless_actor_of" | "only_actor_of"):
            return (ActorsSince,)
        case ("events", str(), "transitions", int(), "unless_actor_of" | "only_actor_of"):
            return (ActorsSince,)
        case ("events", str(), "form", int()):
            return (FormField, FormPage)
        case ("events", str(), "form", int(), "fields", int()):
            return (FormField,)
        case ("events", str(), "form", int(), "page"):
            return (InLanguages,)
        case ("slas", str(), *rest):
            return _clock_models(tuple(rest))
    return ()


def _is_text(around: Path, key: str | int) -> bool:
    """Whether people read what stands under a key, so that it may be there in several languages."""
    return Views not in (models := case_type_models(around)) and key in keys_of(models)


def _clock_models(rest: Path) -> Models:
    match rest:
        case ():
            return (Clock,)
        case (name,) if name in CONDITIONS:
            return (Condition,)
        case ("steps", int()):
            return (Step,)
        case ("target", int()):
            return (TargetRule,)
        case ("due",):
            return (Due,)
        case ("calendar",) | ("target", int(), "calendar"):
            return (FollowTeam,)
    return ()


def keys_of(models: Models) -> list[str]:
    """The keys that a mapping may have."""
    keys = [info.alias or name for model in models for name, info in model.model_fields.items()]
    return list(dict.fromkeys(keys + (["initial"] if CaseType in models else [])))


def field_at(path: Path, models_at: Format) -> tuple[type[Declared], str] | None:
    """The innermost declared field that a path lies in, such as (Transition, "from") for an item of its list."""
    for end in range(len(path) - 1, -1, -1):
        key = path[end]
        for model in models_at(path[:end]):
            if isinstance(key, str) and key in keys_of((model,)):
                return model, key
    return None
