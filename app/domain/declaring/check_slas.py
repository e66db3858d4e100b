"""Check the SLA clocks of a case type: what they name exists, and what they say fits together."""

from collections.abc import Iterator
from typing import Final

from app.domain.case_type import CaseType, Clock, Condition
from app.domain.declaring.check_schemas import check_field
from app.domain.declaring.check_states import unknown_state
from app.domain.declaring.check_steps import check_steps
from app.domain.declaring.durations import parse_duration
from app.domain.declaring.fault import Fault, choose, quoted
from app.domain.declaring.places import CONDITIONS
from app.domain.declaring.state_tree import StateTree
from app.domain.declaring.yaml_source import Path, Source

ROUND_THE_CLOCK: Final = "always"
KIND_KEY: Final = {"elapsed": "target", "due_at": "due", "periodic": "every"}
NEEDS: Final = {"pause_max": "pause", "resume": "pause"}


def check_slas(case_type: CaseType, source: Source, tree: StateTree, calendars: frozenset[str]) -> Iterator[Fault]:
    """Every clock. `calendars` are the names of the files in machines/calendars."""
    for name, clock in case_type.slas.items():
        here: Path = ("slas", name)
        yield from _conditions(clock, here, case_type, source, tree)
        yield from _fields(clock, here, case_type, source)
        yield from _calendars(clock, here, source, calendars)
        yield from _keys(clock, here, source)
        yield from _due(clock, here, source)
        yield from _targets(clock, here, source)
        yield from check_steps(clock, here, case_type, source)


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
    if clock.start_at is not None:
        yield from check_field(case_type.data, clock.start_at, (*here, "start_at"), source)
    if clock.due is not None and clock.due.field is not None:
        yield from check_field(case_type.data, clock.due.field, (*here, "due", "field"), source)


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
    for key, other in NEEDS.items():
        if getattr(clock, key) is not None and getattr(clock, other) is None:
            yield source.error(
                (*here, key), f"{quoted(key)} without {quoted(other)}", f"add {quoted(other)}, or remove it"
            )
    if clock.stop is None and clock.cancel is None and clock.kind != "periodic":
        yield source.warning(here, "the clock never stops", "add `stop`")


def _due(clock: Clock, here: Path, source: Source) -> Iterator[Fault]:
    due, place = clock.due, (*here, "due")
    if due is None:
        return
    ways = [key for key in ("field", "business_days", "calendar_days") if getattr(due, key) is not None]
    if len(ways) != 1:
        message = f"`due` has {' and '.join(map(quoted, ways)) or 'no way to count'}"
        yield source.error(place, message, "name one of `field`, `business_days` and `calendar_days`")
    for key in ("at", "cutoff"):
        written: str | None = getattr(due, key)
        if written is not None and not ("00:00" <= written <= "24:00" and written[3:] < "60"):
            yield source.error((*place, key), f"{quoted(written)} is no time of day", 'write it as "16:00"')
    if due.cutoff is not None and due.business_days is None:
        yield source.error((*place, "cutoff"), "`cutoff` belongs to `business_days`", "remove it")


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
