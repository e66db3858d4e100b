"""The data of a case as an event leaves them."""

from collections.abc import Iterable

from app.domain.deciding.data_written import written
from app.domain.deciding.situation import Situation
from app.domain.machine.form import is_sent
from app.domain.machine.machine import Arc
from app.domain.schemas.merge_patch import same
from app.domain.schemas.undeclared import undeclared
from app.domain.values.data_size import check_size
from app.domain.values.errors import FieldError, Invalid
from app.domain.values.json import Data


def assigned(here: Situation, arcs: Iterable[Arc] = ()) -> Data:
    """The data after what was entered, what the event sets, and what these transitions set. Raises Invalid."""
    of_arcs = [pair for arc in arcs for pair in arc.set]
    data = here.set_by_event
    data = written(data, of_arcs, here.view_entered) if of_arcs else data
    check_size(here.max_data_bytes, data, here.case.data if here.case else {})
    errors = here.machine.data.errors(data, "data")
    if errors:
        raise Invalid("the case data would not be valid", errors=errors)
    return data


def entry_faults(here: Situation) -> tuple[FieldError, ...]:
    """What is wrong with the data that were sent: what nobody asked for, what is missing, what the schema refuses. Who
    may not read the case is not told what it lacks or what its values hide."""
    sent, entered = here.attempt.data or {}, here.entered
    if here.form is None:
        return undeclared(sent, here.machine.data_type)
    if entered.beside and here.case is not None and not here.readable:
        return entered.faults or (FieldError("data", "This does not fit the case as it stands."),)
    if entered.faults or entered.beside:
        return (*entered.beside, *entered.faults)
    found = here.machine.data.errors(here.entered.data, "data")
    return tuple(fault for fault in found if is_sent(sent, fault.field.split(".")[1:]))


def changed_names(before: Data, after: Data) -> tuple[list[str], list[str]]:
    """The top-level fields that have another value, and those that are gone, each in alphabetical order."""
    if before is after:
        return [], []
    other = [name for name, value in after.items() if name not in before or not same(before[name], value)]
    return sorted(other), sorted(name for name in before if name not in after)
