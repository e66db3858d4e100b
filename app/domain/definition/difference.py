"""What changed from one version of a case type to another: its states, events, fields and clocks."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from app.domain.definition.case_type import CaseType, Clock, Event, State, walk
from app.domain.definition.fields import field_schemas
from app.domain.definition.languages import written_schema

Kept = TypeVar("Kept")
Aspects = Mapping[str, Any]
"""What somebody may notice of a thing, by a word for it."""
BETWEEN_TURNS: Final = 50


@dataclass(frozen=True, slots=True)
class Changed:
    """`what` are the words for those aspects that are not what they were."""

    name: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Names, in the order of the newer version; those that are gone in that of the older one."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[Changed, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    states: Changes
    events: Changes
    fields: Changes
    clocks: Changes
    look: bool = False
    """Whether its own title or its views changed."""

    def __bool__(self) -> bool:
        return bool(self.states or self.events or self.fields or self.clocks or self.look)


def difference(old: CaseType, new: CaseType) -> Generator[None, None, Difference]:
    """Yields wherever others may have a turn: thousands of fields take a while."""
    states = yield from _changes(dict(walk(old.states)), dict(walk(new.states)), _of_state)
    events = yield from _changes(_events(old), _events(new), _of_event)
    before = yield from _collected(old)
    after = yield from _collected(new)
    fields = yield from _changes(before, after, _of_field)
    clocks = yield from _changes(dict(old.slas), dict(new.slas), _of_clock)
    look = (_shown(old), _shown(new))
    return Difference(states=states, events=events, fields=fields, clocks=clocks, look=look[0] != look[1])


def _changes(
    old: Mapping[str, Kept], new: Mapping[str, Kept], aspects: Callable[[Kept], Aspects]
) -> Generator[None, None, Changes]:
    changed: list[Changed] = []
    for number, (name, now) in enumerate(new.items()):
        if name in old and old[name] is not now:
            before, after = aspects(old[name]), aspects(now)
            what = tuple(word for word in after if after[word] != before[word])
            changed += [Changed(name, what)] if what else []
        if number % BETWEEN_TURNS == 0:
            yield
    added = tuple(name for name in new if name not in old)
    removed = tuple(name for name in old if name not in new)
    return Changes(added, removed, tuple(changed))


def _events(case_type: CaseType) -> dict[str, tuple[Event | None, str | None]]:
    """Each event with the state that it opens cases in; one that only opens cases has no transitions."""
    names = dict.fromkeys((*case_type.opening, *case_type.events))
    return {name: (case_type.events.get(name), case_type.opening.get(name)) for name in names}


def _collected(case_type: CaseType) -> Generator[None, None, dict[str, tuple[Mapping[str, Any], bool]]]:
    found: dict[str, tuple[Mapping[str, Any], bool]] = {}
    for number, (path, schema, required) in enumerate(field_schemas(case_type.data)):
        found.setdefault(path, (schema, required))
        if number % BETWEEN_TURNS == 0:
            yield
    return found


def _shown(case_type: CaseType) -> Any:
    kept = {"title", "description", "views"}
    return case_type.model_dump(mode="json", include=kept)


def _of_state(state: State) -> Aspects:
    told = state.model_dump(mode="json", include={"title", "description"})
    return {
        "title": told["title"],
        "description": told["description"],
        "inside": (state.initial, state.parallel, tuple(state.states)),
        "final": state.final,
        "finished": state.on_done,
    }


def _of_event(of: tuple[Event | None, str | None]) -> Aspects:
    event, opens = of
    told = event.model_dump(mode="json") if event else {}
    ways = told.get("transitions", [])
    return {
        "title": told.get("title"),
        "description": told.get("description"),
        "opening": opens,
        "ways": [(way["from_"], way["to"], way["internal"], way["title"]) for way in ways],
        "guard": [way["when"] for way in ways],
        "four eyes": [(way["unless_actor_of"], way["only_actor_of"]) for way in ways],
        "payload": (told.get("form"), told.get("payload")),
        "reason": told.get("reason"),
        "set": (told.get("set"), [way["set"] for way in ways]),
    }


def _of_field(of: tuple[Mapping[str, Any], bool]) -> Aspects:
    schema, required = of
    words = ("title", "description")
    shown = ("x-money", "x-multiline", "x-unit", "x-titles")
    inside = ("properties", "required")
    apart = {*words, *shown, *inside, "type", "enum", "$defs"}
    return {
        **{word: written_schema(schema.get(word)) for word in words},
        "required": required,
        "type": schema.get("type"),
        "values": schema.get("enum"),
        "look": {key: written_schema(schema.get(key)) for key in shown},
        "limits": {key: value for key, value in schema.items() if key not in apart},
    }


def _of_clock(clock: Clock) -> Aspects:
    told = clock.model_dump(mode="json")
    conditions = ("start", "start_at", "stop", "cancel", "reset", "reopen")
    return {
        "title": told["title"],
        "time": [told[key] for key in ("kind", "target", "due", "every", "sequence", "retarget")],
        "calendar": told["calendar"],
        "beginning and end": [told[key] for key in conditions],
        "pause": [told[key] for key in ("pause", "resume", "pause_max")],
        "steps": told["steps"],
    }
