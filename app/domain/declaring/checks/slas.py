"""Check the SLA clocks of a case type: what they name exists, and what they say fits together."""

from collections.abc import Iterator
from typing import Final

from app.domain.clocks.due_moment import AT_START
from app.domain.declaring.checks.days import check_days
from app.domain.declaring.checks.feasible import check_feasible
from app.domain.declaring.checks.schemas import check_field
from app.domain.declaring.checks.state_tree import StateTree
from app.domain.declaring.checks.states import unknown_state
from app.domain.declaring.checks.steps import check_steps
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.places import CONDITIONS
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import CaseType, Clock, Condition, Due
from app.domain.definition.durations import parse_duration
from app.domain.expressions.expression import Types
from app.domain.expressions.types import ANYTHING, Type
from app.domain.values.near_names import choose, quoted

ROUND_THE_CLOCK: Final = "always"
KIND_KEY: Final = {"elapsed": "target", "due_at": "due", "periodic": "every"}
DAYS: Final = ("business_days", "calendar_days")
MOST_DAYS: Final = 3660
NEEDS: Final = {"pause_max": "pause", "resume": "pause"}


def check_slas(case_type: CaseType, source: Source, tree: StateTree, calendars: frozenset[str]) -> Iterator[Fault]:
    """Every clock. `calendars` are the names of the files in machines/calendars."""
    found = list(_each(case_type, source, tree, calendars))
    yield from found
    if not any(fault.severity == "error" for fault in found):
        yield from check_feasible(case_type, source, tree)


def _each(case_type: CaseType, source: Source, tree: StateTree, calendars: frozenset[str]) -> Iterator[Fault]:
    for name, clock in case_type.slas.items():
        here: Path = ("slas", name)
        yield from _conditions(clock, here, case_type, source, tree)
        yield from _fields(clock, here, case_type, source)
        yield from _calendars(clock, here, source, calendars)
        yield from _keys(clock, here, source)
        yield from _due(clock, here, source)
        yield from _targets(clock, here, source)
        yield from check_steps(clock, here, case_type, source)
        yield from check_days(clock, here, source)


def _conditions(clock: Clock, here: Path, case_type: CaseType, source: Source, tree: StateTree) -> Iterator[Fault]:
    for key in sorted(CONDITIONS):
        condition: Condition | None = getattr(clock, key)
        if condition is None:
            continue
        place = (*here, key)
        if not condition.model_fields_set:
            yield source.error(place, f"{quoted(key)} says nothing", "name `enters`, `leaves`, `in`, `event` or `when`")
        for word, states in (("enters", condition.enters), ("leaves", condition.leaves), ("in", condition.in_)):
            for state in _listed(states):
                if state not in tree.nodes:
                    yield unknown_state(source, (*place, word), state, tree)
        known = [*case_type.events, *case_type.opening]
        for event in _listed(condition.event):
            if event not in known:
                yield source.error((*place, "event"), f"unknown event {quoted(event)}", choose(event, known, "events"))


def _fields(clock: Clock, here: Path, case_type: CaseType, source: Source) -> Iterator[Fault]:
    """Data fields that hold a moment: declared, and dates or times as text."""
    due = clock.due.field if clock.due is not None else None
    for field, place in ((clock.start_at, (*here, "start_at")), (due, (*here, "due", "field"))):
        if field is None:
            continue
        unknown = list(check_field(case_type.data, field, place, source))
        yield from unknown
        if not unknown and not (kind := _type_of(field, case_type)).can_be("string"):
            message = f"{quoted(field)} is {kind}, and no moment"
            yield source.error(place, message, "name a field of `{type: string, format: date}` or `date-time`")


def _type_of(field: str, case_type: CaseType) -> Type:
    found = Types.of(case_type.data, None).roots["data"]
    for name in field.split(".")[1:]:
        found = (found.fields or {}).get(name, ANYTHING)
    return found


def _calendars(clock: Clock, here: Path, source: Source, calendars: frozenset[str]) -> Iterator[Fault]:
    named = [((*here, "calendar"), clock.calendar)]
    for index, rule in enumerate(clock.target if isinstance(clock.target, list) else []):
        named.append(((*here, "target", index, "calendar"), rule.calendar))
    for place, calendar in named:
        if isinstance(calendar, str) and calendar not in {*calendars, ROUND_THE_CLOCK}:
            known = sorted({*calendars, ROUND_THE_CLOCK})
            yield source.error(place, f"there is no calendars/{calendar}.yaml", choose(calendar, known, "calendars"))


def _keys(clock: Clock, here: Path, source: Source) -> Iterator[Fault]:
    wanted = KIND_KEY[clock.kind]
    for kind, key in KIND_KEY.items():
        if key == wanted and getattr(clock, key) is None:
            yield source.error(here, f"a clock of kind {quoted(clock.kind)} lacks {quoted(key)}", f"add {quoted(key)}")
        elif key != wanted and getattr(clock, key) is not None:
            message = f"{quoted(key)} means nothing to a clock of kind {quoted(clock.kind)}"
            yield source.error((*here, key), message, f"remove it, or write `kind: {kind}`")
    if clock.sequence is not None and clock.kind != "periodic":
        yield source.error((*here, "sequence"), "only a periodic clock has a `sequence`", "remove it")
    if "reopen" in clock.model_fields_set and clock.kind == "periodic":
        yield source.error((*here, "reopen"), "`reopen` means nothing to a periodic clock", "remove it")
    for key, other in NEEDS.items():
        if getattr(clock, key) is not None and getattr(clock, other) is None:
            yield source.error(
                (*here, key), f"{quoted(key)} without {quoted(other)}", f"add {quoted(other)}, or remove it"
            )
    yield from _ends(clock, here, source)


def _ends(clock: Clock, here: Path, source: Source) -> Iterator[Fault]:
    """What ends a clock, and what ends a pause that no state holds."""
    if clock.kind == "periodic":
        if clock.stop is None:
            yield source.warning(here, "nothing ends a cycle of the clock", "add `stop`: what is to be done each time")
        if clock.cancel is None:
            yield source.warning(here, "the clock never ends by itself", "add `cancel`: what ends the repetition")
    elif clock.stop is None and clock.cancel is None:
        yield source.warning(here, "the clock never stops", "add `stop`")
    pause = clock.pause
    if pause is None or pause.in_ is not None or clock.resume is not None or clock.pause_max is not None:
        return
    if pause.event is not None or pause.enters is not None or pause.leaves is not None:
        message = "nothing ends the pause, which lasts until `resume`"
        yield source.error((*here, "pause"), message, "add `resume` or `pause_max`, or pause `in` a state")


def _due(clock: Clock, here: Path, source: Source) -> Iterator[Fault]:
    due, place = clock.due, (*here, "due")
    if due is None:
        return
    ways = [key for key in DAYS if getattr(due, key) is not None]
    if len(ways) > 1 or (not ways and due.field is None):
        message = f"`due` has {' and '.join(map(quoted, ways)) or 'no way to count'}"
        yield source.error(place, message, "name `business_days`, `calendar_days` or a `field`")
    for key in ways:
        days: int = getattr(due, key)
        if abs(days) > MOST_DAYS:
            yield source.error((*place, key), f"{quoted(key)} is more than ten years", f"give {MOST_DAYS} at most")
        elif days < 0 and due.field is None:
            remedy = "name the `field` that it is so many days before"
            yield source.error((*place, key), "no clock is due before it starts", remedy)
    for key in ("at", "cutoff"):
        written: str | None = getattr(due, key)
        if written not in (None, AT_START) and not ("00:00" <= written <= "24:00" and written[3:] < "60"):
            yield source.error((*place, key), f"{quoted(written)} is no time of day", 'write it as "16:00"')
    yield from _of_other_ways(due, place, source)


def _of_other_ways(due: Due, place: Path, source: Source) -> Iterator[Fault]:
    """Keys that mean nothing to the way in which it counts."""
    for key in ("cutoff", "from_closed"):
        if getattr(due, key) is not None and due.business_days is None:
            yield source.error((*place, key), f"{quoted(key)} belongs to `business_days`", "remove it")
    if due.if_closed is not None and due.business_days is not None:
        message = "a business day is not closed"
        yield source.error((*place, "if_closed"), message, "remove it, or write `from_closed`")
    if due.at is not None and due.field is not None and not due.counts:
        message = "`at` means nothing to the moment of a field"
        yield source.warning((*place, "at"), message, "remove it, or add `calendar_days: 0`")


def _targets(clock: Clock, here: Path, source: Source) -> Iterator[Fault]:
    lengths: list[tuple[Path, str | None]] = [((*here, "every"), clock.every), ((*here, "pause_max"), clock.pause_max)]
    if isinstance(clock.target, list):
        lengths += [((*here, "target", index, "is"), rule.is_) for index, rule in enumerate(clock.target)]
        settled = [index for index, rule in enumerate(clock.target) if rule.when is None]
        if settled and settled[0] < len(clock.target) - 1:
            place = (*here, "target", settled[0] + 1)
            yield source.warning(place, "an earlier target always holds", "put the one without `when` last")
        elif not settled:
            yield source.warning((*here, "target"), "perhaps no target holds", "end with one without `when`")
    else:
        lengths.append(((*here, "target"), clock.target))
    for place, written in lengths:
        if written is not None:
            yield from check_length(written, place, source)


def check_length(written: str, place: Path, source: Source) -> Iterator[Fault]:
    try:
        parse_duration(written)
    except ValueError as error:
        yield source.error(place, str(error), "write it as `90m`, `8h` or `2d4h`")


def _listed(written: str | list[str] | None) -> list[str]:
    return [written] if isinstance(written, str) else written or []
