"""The words that people see for events, states and fields: their titles where they have some, else their names."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.domain.definition.case_type import CaseType, State
from app.domain.definition.fields import schema_at
from app.domain.definition.languages import Title
from app.domain.values.json import JsonObject


def titled(title: str | Mapping[str, str] | None, language: str) -> str:
    """What a title or description says in a language: where it is not given in that one, what all others read.

    Empty where there is none.
    """
    if isinstance(title, Mapping):
        title = Title(title) if title else None
    if isinstance(title, Title):
        return title.languages.get(language) or str(title)
    return title or ""


def in_words(name: str) -> str:
    """How people read a name without a title: `first_line` as First line."""
    return name.replace("_", " ").capitalize()


def titled_case_type(case_type: CaseType, language: str) -> str:
    return titled(case_type.title, language) or in_words(case_type.case_type)


def titled_event(case_type: CaseType, event: str, language: str) -> str:
    """The words of an event, also of one that only opens cases."""
    declared = case_type.events.get(event)
    title = declared.title if declared else None
    return titled(title or case_type.opening_titles.get(event), language) or in_words(event)


def titled_state(case_type: CaseType, path: str, language: str) -> str:
    """The words of one state, by its path."""
    found = _state(case_type, path)
    return titled(found.title if found else None, language) or in_words(path.rpartition(".")[2])


def titled_clock(case_type: CaseType, clock: str, language: str) -> str:
    declared = case_type.slas.get(clock)
    return titled(declared.title if declared else None, language) or in_words(clock)


def titled_field(schema: JsonObject, path: str, language: str) -> str:
    """The words of a data field, such as `data.amount_cents`, by the schema of the data; of what lies below it too."""
    found = schema_at(schema, path)
    return titled(found.get("title"), language) or in_words(path.rpartition(".")[2])


def of_case_type(case_type: CaseType) -> str:
    """For the middle of a sentence: its name in words, and its title where that is another one."""
    words = case_type.case_type.replace("_", " ")
    return words if (case_type.title or words).casefold() == words else f"“{case_type.title}”"


def of_event(case_type: CaseType, event: str) -> str:
    declared = case_type.events.get(event)
    return f"“{declared.title}”" if declared and declared.title else event


def of_state(case_type: CaseType, path: str) -> str:
    found = _state(case_type, path)
    return f"“{found.title}”" if found and found.title else path


def _state(case_type: CaseType, path: str) -> State | None:
    state, *inner = path.split(".")
    found = case_type.states.get(state)
    for name in inner:
        found = found.states.get(name) if found else None
    return found


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


def of_field(schema: JsonObject, path: Sequence[str | int]) -> str:
    """The title of a field that a path leads to from a schema; its name where none is declared."""
    found: Any = schema
    for step in path:
        inner = found.get("items" if isinstance(step, int) else "properties") if isinstance(found, dict) else None
        found = inner.get(step) if isinstance(inner, dict) and isinstance(step, str) else inner
    title = found.get("title") if isinstance(found, dict) else None
    return title if isinstance(title, str) else str(path[-1]) if path else ""
