"""The words that people see for events, states and fields: their titles where they have some, else their names."""

from collections.abc import Iterable, Sequence

from app.domain.definition.case_type import CaseType, State
from app.domain.values.json import Json


def of_case_type(case_type: CaseType) -> str:
    """For the middle of a sentence: its name in words, and its title where that is another one."""
    words = case_type.case_type.replace("_", " ")
    return words if (case_type.title or words).casefold() == words else f"“{case_type.title}”"


def of_event(case_type: CaseType, event: str) -> str:
    declared = case_type.events.get(event)
    return f"“{declared.title}”" if declared and declared.title else event


def of_state(case_type: CaseType, path: str) -> str:
    state, *inner = path.split(".")
    found: State | None = case_type.states.get(state)
    for name in inner:
        found = found.states.get(name) if found else None
    return f"“{found.title}”" if found and found.title else path


def of_states(case_type: CaseType, paths: Iterable[str], between: str = " and ") -> str:
    return between.join(dict.fromkeys(of_state(case_type, path) for path in paths))


def cannot(case_type: CaseType, event: str) -> str:
    """`cannot pay`, or with a title: “Pay” is not possible."""
    named = of_event(case_type, event)
    return f"cannot {event}" if named == event else f"{named} is not possible"


def fire(case_type: CaseType, doing: str) -> str:
    """`pay`, or with a title: fire “Pay”; what a built-in verb does stays as it is."""
    named = of_event(case_type, doing)
    return doing if named == doing else f"fire {named}"


def of_field(schema: Json, path: Sequence[str | int]) -> str:
    """The title of a field that a path leads to from a schema; its name where none is declared."""
    found: Json = schema
    for step in path:
        inner = found.get("items" if isinstance(step, int) else "properties") if isinstance(found, dict) else None
        found = inner.get(step) if isinstance(inner, dict) and isinstance(step, str) else inner
    title = found.get("title") if isinstance(found, dict) else None
    return title if isinstance(title, str) else str(path[-1]) if path else ""
