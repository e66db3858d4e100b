"""The data that a case is opened with: what was sent, in the form of its opening event, and defaults."""

from collections.abc import Callable
from dataclasses import replace

from app.domain.expressions.expression import View
from app.domain.machine.form import CompiledForm, Entered, FormOf
from app.domain.machine.machine import Machine
from app.domain.schemas.defaults import with_defaults
from app.domain.schemas.merge_patch import merged
from app.domain.values.json import Data
from app.domain.values.writable import settled_object


def opened_with(machine: Machine, form: CompiledForm | None, sent: Data, see: Callable[[Data], View]) -> Entered:
    """Without a form all that is sent is taken as it is. Conditions see the defaults too."""
    schema = machine.case_type.data
    if form is None:
        data, defaulted = with_defaults(settled_object(sent), machine.defaults, sent)
        return Entered(data, defaulted=defaulted)
    alone, _ = merged({}, sent, schema)
    start, defaulted = with_defaults(alone, machine.defaults, sent)
    found = form.entered({}, sent, FormOf(schema, machine.data_type, see), start)
    return replace(found, defaulted=tuple(names for names in defaulted if names[0] in found.data))
