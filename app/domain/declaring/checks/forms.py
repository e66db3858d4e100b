"""Check the forms of a case type: fields that are declared, each once, and conditions over what is entered."""

from collections.abc import Iterator
from typing import Final

from app.domain.declaring.checks.guards import expression_faults_in
from app.domain.declaring.checks.schemas import check_field
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import CaseType, Event
from app.domain.definition.form import Form, FormField, FormPage, asked
from app.domain.expressions.expression import GuardFault, Types, compile_expression
from app.domain.values.near_names import quoted

MOST_LINES: Final = 4_000
"""Fields of the forms of a case type."""


def check_forms(case_type: CaseType, source: Source) -> Iterator[Fault]:
    """Needs valid schemas."""
    forms = {name: event for name, event in case_type.events.items() if event.form is not None}
    if not forms:
        return
    conditions = _Conditions(Types.of(case_type.data, None))
    lines = 0
    for name, event in forms.items():
        here: Path = ("events", name, "form")
        if lines <= MOST_LINES < (lines := lines + sum(1 for _ in asked(event.form or ()))):
            message = f"the forms up to here have {lines} fields, and a case type has at most {MOST_LINES}"
            yield source.error(here, message, "take fields out that are asked for twice, or make two case types of it")
        yield from _fields(event.form or [], here, case_type, source)
        yield from _shows(event.form or [], here, conditions, source)
        yield from _overwritten(event, here, source)


def _fields(form: Form, here: Path, case_type: CaseType, source: Source) -> Iterator[Fault]:
    lines: dict[str, int] = {}
    around: dict[str, str] = {}
    for place, field, _ in asked(form):
        at = _at_field((*here, *place), source)
        path = field.field
        yield from check_field(case_type.data, path, at, source)
        if path in lines:
            message = f"{quoted(path)} stands in this form already (on line {lines[path]})"
            yield source.error(at, message, "keep one of the two")
        elif (other := around.get(path) or next((one for one in _above(path) if one in lines), None)) is not None:
            message = f"{quoted(path)} and {quoted(other)} are one inside the other"
            yield source.error(at, message, "ask for the whole, or for its parts")
        lines.setdefault(path, source.line(at))
        around.update(dict.fromkeys(_above(path), path))


def _above(path: str) -> Iterator[str]:
    """The fields that a field lies in."""
    while (path := path.rpartition(".")[0]) != "data":
        yield path


def _at_field(line: Path, source: Source) -> Path:
    """Where the path of a field is written: it is the line, or stands under `field`."""
    value = source.value
    for step in line:
        value = value[step]
    return (*line, "field") if isinstance(value, dict) else line


class _Conditions:
    """Each condition is looked at once, however many fields have it."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._known: dict[str, list[str]] = {}

    def faults(self, text: str) -> list[str]:
        if text not in self._known:
            self._known[text] = expression_faults_in(text, self._types)
        return self._known[text]


def _shows(form: Form, here: Path, conditions: _Conditions, source: Source) -> Iterator[Fault]:
    told: set[str] = set()
    for index, line in enumerate(form):
        for place, one in _with_conditions(index, line):
            if one.show is None or one.show in told:
                continue
            for message in conditions.faults(one.show):
                told.add(one.show)
                remedy = "correct the condition, or the schema that it reads"
                yield source.error((*here, *place, "show"), message, remedy)


def _with_conditions(index: int, line: object) -> Iterator[tuple[Path, FormField | FormPage]]:
    if isinstance(line, FormField | FormPage):
        yield (index,), line
    for place, field in enumerate(line.fields) if isinstance(line, FormPage) else ():
        if isinstance(field, FormField):
            yield (index, "fields", place), field


def _overwritten(event: Event, here: Path, source: Source) -> Iterator[Fault]:
    """What is entered and then written over by the event itself was asked for in vain."""
    for place, field, _ in asked(event.form or ()):
        if field.field in event.set and not _reads(event.set[field.field], field.field):
            message = f"`set` of the event writes over {quoted(field.field)}, whatever is entered"
            yield source.warning(_at_field((*here, *place), source), message, "remove one of the two")


def _reads(text: str, field: str) -> bool:
    try:
        return field in compile_expression(text).reads
    except GuardFault:
        return True  # which is told where it stands
