"""Check the steps of a clock: each has a point, something to do, and names that exist."""

import re
from collections.abc import Iterator
from typing import Final

from app.domain.case_type import CaseType, Clock, Step
from app.domain.declaring.durations import parse_duration
from app.domain.declaring.fault import Fault, choose, quoted
from app.domain.declaring.yaml_source import Path, Source
from app.domain.names import CASE_ROLE, ROLE, SUBJECT

ACTIONS: Final = ("notify", "urgency", "assign", "fire", "webhook")
TEAM: Final = re.compile(r"team:[A-Za-z0-9][A-Za-z0-9_.-]*")
SOMEBODY: Final = (ROLE, SUBJECT, CASE_ROLE, TEAM)


def check_steps(clock: Clock, here: Path, case_type: CaseType, source: Source) -> Iterator[Fault]:
    for index, step in enumerate(clock.steps):
        place = (*here, "steps", index)
        yield from _shape(step, place, source)
        yield from _recipients(step, place, source)
        if step.fire is not None and step.fire not in case_type.events:
            known = list(case_type.events)
            yield source.error(
                (*place, "fire"), f"unknown event {quoted(step.fire)}", choose(step.fire, known, "events")
            )


def _shape(step: Step, place: Path, source: Source) -> Iterator[Fault]:
    if all(getattr(step, action) is None for action in ACTIONS):
        yield source.error(place, "the step does nothing", "add `notify`, `urgency`, `assign`, `fire` or `webhook`")
    if step.max is not None and step.every is None:
        yield source.error((*place, "max"), "`max` without `every`", "add `every`, or remove it")
    if step.every is not None and not step.at.startswith("+"):
        yield source.error((*place, "every"), "only a step after due repeats", "let `at` begin with `+`")
    lengths = [("every", step.every), ("at", None if step.at.endswith("%") else step.at)]
    for key, written in lengths:
        if written is not None and not _is_duration(written):
            yield source.error((*place, key), f"{quoted(written)} is no duration up to ten years", "write it as `4h`")


def _is_duration(written: str) -> bool:
    try:
        parse_duration(written)
    except ValueError:
        return False
    return True


def _recipients(step: Step, place: Path, source: Source) -> Iterator[Fault]:
    for key, written in (("notify", step.notify), ("assign", step.assign)):
        if written is not None and not any(name.fullmatch(written) for name in SOMEBODY):
            message = f"{quoted(written)} names nobody"
            yield source.warning((*place, key), message, "write `role:NAME`, `user:NAME` or a case role in brackets")
