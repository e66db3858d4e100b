"""Load a business calendar from its YAML file, with every fault that is in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from pydantic import ValidationError

from app.domain.declaring.checks.calendars import check_calendar
from app.domain.declaring.checks.slas import ROUND_THE_CLOCK
from app.domain.declaring.fault import Fault, Faults
from app.domain.declaring.reading.expectations import NAME
from app.domain.declaring.reading.places import calendar_models
from app.domain.declaring.reading.wording import faults_of
from app.domain.declaring.reading.yaml_source import Path, Source, parse
from app.domain.definition.calendar_file import CalendarFile
from app.domain.values.names import NAME as NAMES
from app.domain.values.near_names import quoted

MOST_FAULTS: Final = 50


@dataclass(frozen=True, slots=True)
class LoadedCalendar:
    """What came of a file: a calendar, which may have warnings, or the errors that stand in its way."""

    name: str
    calendar: CalendarFile | None
    faults: tuple[Fault, ...]


def load_calendar(text: str, file: str) -> LoadedCalendar:
    """The calendar that a YAML text declares, or why it declares none. Never raises."""
    name = PurePath(file).stem
    try:
        source = parse(text, file)
    except Faults as error:
        return LoadedCalendar(name, None, error.faults)
    faults = [*_name(name, source), *_empty(source)]
    calendar = None
    if not faults:
        try:
            calendar = CalendarFile.model_validate(source.value, strict=True)
            faults += check_calendar(calendar, source)
        except ValidationError as error:
            faults += faults_of(error, source, calendar_models)
    usable = all(fault.severity == "warning" for fault in faults)
    shown = sorted(faults, key=lambda fault: fault.line)[:MOST_FAULTS]
    return LoadedCalendar(name, calendar if usable else None, tuple(shown))


def _name(name: str, source: Source) -> Iterator[Fault]:
    if name == ROUND_THE_CLOCK:
        yield source.error((), f"{quoted(name)} is built in: round the clock, in UTC", "give the file another name")
    elif not NAMES.fullmatch(name):
        yield source.error((), f"a clock cannot name the calendar {quoted(name)}", f"rename the file; a name is {NAME}")


def _empty(source: Source) -> Iterator[Fault]:
    if not isinstance(source.value, dict):
        yield source.error((), "the file holds no mapping", "begin with `zone: Europe/Berlin`")
        return
    yield from _without_value(source.value, (), source)


def _without_value(value: Any, path: Path, source: Source) -> Iterator[Fault]:
    """A key without a value, which would silently mean that the key is not there."""
    if value is None:
        yield source.error(path, f"{quoted(path[-1])} is empty", "give it a value, or remove it")
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _without_value(part, (*path, key), source)
