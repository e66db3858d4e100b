"""Check the steps of a clock: each has a point, something to do, and names that exist."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import CaseType, Clock, Step
from app.domain.definition.durations import lengths_of, parse_duration
from app.domain.values.names import CASE_ROLE, ROLE, SUBJECT
from app.domain.values.near_names import choose, quoted

ACTIONS: Final = ("notify", "urgency", "assign", "fire", "webhook")
TEAM: Final = re.compile(r"team:[A-Za-z0-9][A-Za-z0-9_.-]*")
WHITE: Final = re.compile(r"[\s\\]")
NOTIFIED: Final = (ROLE, SUBJECT, CASE_ROLE, TEAM)
ASSIGNED: Final = (SUBJECT, CASE_ROLE, TEAM)


def check_steps(clock: Clock, here: Path, case_type: CaseType, source: Source) -> Iterator[Fault]:
    for index, step in enumerate(clock.steps):
        place = (*here, "steps", index)
        yield from _shape(step, place, source)
        yield from _recipients(step, place, source)
        yield from _webhook(step, place, source)
        if step.fire is not None and step.fire not in case_type.events:
            known = list(case_type.events)
            yield source.error(
                (*place, "fire"), f"unknown event {quoted(step.fire)}", choose(step.fire, known, "events")
            )
    yield from _points(clock, here, source)


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
    if step.notify is not None and not _is_one_of(NOTIFIED, step.notify):
        remedy = "write `role:NAME`, `user:NAME`, `team:NAME` or a case role in brackets"
        yield source.warning((*place, "notify"), f"{quoted(step.notify)} names nobody", remedy)
    if step.assign is not None and not _is_one_of(ASSIGNED, step.assign):
        what = "is nobody in particular" if ROLE.fullmatch(step.assign) else "names nobody"
        remedy = "write `user:NAME`, `team:NAME` or a case role in brackets"
        yield source.error((*place, "assign"), f"{quoted(step.assign)} {what}", remedy)


def _is_one_of(names: tuple[re.Pattern[str], ...], written: str) -> bool:
    return any(name.fullmatch(written) for name in names)


def _webhook(step: Step, place: Path, source: Source) -> Iterator[Fault]:
    if step.webhook is None:
        return
    here = (*place, "webhook")
    try:
        url = urlsplit(step.webhook)
        sound = url.scheme == "https" and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        sound = False
    if not sound or WHITE.search(step.webhook):
        yield source.error(here, f"{quoted(step.webhook)} is no https address", "write `https://HOST/PATH`")
    elif url.username is not None or url.password is not None:
        yield source.error(here, "the address holds a password or a user", "keep secrets out of the file")


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
