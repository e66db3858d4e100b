"""Faults that the service finds in what was entered, at the fields of the page."""

from dataclasses import replace

from app.domain.values.errors import CaseError, FieldError
from app.ui.forms.event_page import Doing
from app.ui.forms.naming import dotted
from app.ui.forms.sheet import Sheet
from app.ui.forms.written import written
from app.ui.frame.of_the_api import said_by_api


def with_refusal(doing: Doing, sheet: Sheet, error: CaseError) -> Sheet:
    """What is wrong with the data that the event would write is wrong with the field that it is written from; what no
    field of the page is about is told of the case."""
    sources = {dotted(to): dotted(source) for source, to in written(doing.firing.here.machine, doing.event).items()}
    faults, others = [], {}
    for fault in error.errors:
        source = _source(fault.field, sources)
        if source.startswith(("payload.", "reason")) or (doing.asking and source.startswith("data.")):
            faults.append(FieldError(source, fault.message))
        else:
            others[source] = f"{doing.told.field(fault.field)}: {said_by_api(fault.message, doing.told.words)}"
    made = sheet.faulted(faults)
    if not faults and not others:
        others = {"payload": said_by_api(error.message, doing.told.words)}
    return replace(made, errors={**made.errors, **others})


def _source(field: str, sources: dict[str, str]) -> str:
    for target, source in sources.items():
        if field == target or field.startswith(f"{target}."):
            return source + field.removeprefix(target)
    return field
