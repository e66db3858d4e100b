"""Check the steps of a clock: each has a point, something to do, and names that exist."""

from collections.abc import Iterator

from app.domain.deciding.step_effects import KEYS, effects_of
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import CaseType, Clock, Step
from app.domain.definition.durations import lengths_of, parse_duration
from app.domain.values.near_names import quoted


def check_steps(clock: Clock, here: Path, case_type: CaseType, source: Source) -> Iterator[Fault]:
    for index, step in enumerate(clock.steps):
        place = (*here, "steps", index)
        yield from _shape(step, place, source)
        yield from _effects(step, place, case_type, source)
    yield from _points(clock, here, source)


def _shape(step: Step, place: Path, source: Source) -> Iterator[Fault]:
    if not effects_of(step):
        *keys, last = map(quoted, KEYS)
        yield source.error(place, "the step does nothing", f"add {', '.join(keys)} or {last}")
    if step.max is not None and step.every is None:
        yield source.error((*place, "max"), "`max` without `every`", "add `every`, or remove it")
    if step.every is not None and not step.at.startswith("+"):
        yield source.error((*place, "every"), "only a step after due repeats", "let `at` begin with `+`")
    lengths = [("every", step.every), ("at", None if step.at.endswith(("%", "bd")) else step.at)]
    for key, written in lengths:
        if written is not None and not _is_duration(written):
            yield source.error((*place, key), f"{quoted(written)} is no duration up to ten years", "write it as `4h`")


def _is_duration(written: str) -> bool:
    try:
        parse_duration(written)
    except ValueError:
        return False
    return True


def _effects(step: Step, place: Path, case_type: CaseType, source: Source) -> Iterator[Fault]:
    for effect, value in effects_of(step):
        for wrong in effect.check(value, case_type):
            blame = source.error if wrong.severity == "error" else source.warning
            yield blame((*place, effect.key), wrong.message, wrong.remedy)


def _points(clock: Clock, here: Path, source: Source) -> Iterator[Fault]:
    """Points at which nothing new happens: said twice, beyond the target, or before the start."""
    lines: dict[Step, int] = {}
    longest = max(lengths_of(clock), default=None)
    for index, step in enumerate(clock.steps):
        place = (*here, "steps", index)
        if step in lines:
            yield source.warning(place, f"the step says the same as the one on line {lines[step]}", "remove one")
        lines.setdefault(step, source.line(place))
        if step.at.endswith("%") and int(step.at[:-1]) > 100:
            remedy = "write a step after due as `+4h`"
            yield source.warning((*place, "at"), f"{quoted(step.at)} lies after due", remedy)
        elif longest and step.at.startswith("-") and _is_duration(step.at) and parse_duration(step.at) > longest:
            yield source.warning(
                (*place, "at"), f"{quoted(step.at)} lies before the start", "give less than the target"
            )
