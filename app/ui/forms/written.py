"""Which data an event writes of what is entered, as it stands: these fields start with what the case holds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from app.domain.machine.machine import Machine
from app.domain.schemas.validator import Validator
from app.domain.values.json import Data
from app.ui.forms.inputs import ABSENT, Held
from app.ui.forms.naming import Path

_PLAIN: Final = re.compile(r"payload((?:\.[A-Za-z_][A-Za-z0-9_]*)+)")
MISSING: Final = "This field is required."


def written(machine: Machine, event: str) -> Mapping[Path, Path]:
    """Paths of the payload, such as ("payload", "priority"), and where in the data their values go."""
    declared = machine.case_type.events[event]
    sets = [declared.set, *(transition.set for transition in declared.transitions)]
    found: dict[Path, Path] = {}
    for assigned in sets:
        for target, expression in assigned.items():
            if plain := _PLAIN.fullmatch(expression.strip()):
                found[("payload", *plain[1].split(".")[1:])] = tuple(target.split("."))
    return found


def asked_for(machine: Machine, event: str) -> Mapping[Path, Path]:
    """The same, with the fields of the data that its form asks for, which go where they stand."""
    form = machine.forms.get(event)
    own: Mapping[Path, Path] = {("data", *line.names): ("data", *line.names) for line in form.lines} if form else {}
    return {**own, **written(machine, event)}


def prefilled(written_by: Mapping[Path, Path], data: Data, validator: Validator | None) -> Data:
    """A payload of what the case holds already. What the schema would not take is left out."""
    made: dict[str, Held] = {}
    for path, source in written_by.items():
        value = at({"data": data}, source)
        if value is not ABSENT and value is not None:
            _put(made, path[1:], value)
    for name in set(_faulty(validator, made)):
        del made[name]
    return made


def at(values: Held, path: Path) -> Held:
    """What stands at a path; ABSENT where nothing does."""
    found: Held = values
    for step in path:
        known = step in found if isinstance(found, Mapping) else isinstance(found, list) and _holds(found, step)
        if not known:
            return ABSENT
        found = found[step]
    return found


def _holds(values: Sequence[Held], step: str | int) -> bool:
    return isinstance(step, int) and 0 <= step < len(values)


def _faulty(validator: Validator | None, values: Data) -> Iterator[str]:
    """The properties at fault, other than by what they lack."""
    for fault in validator.errors(values, "payload") if validator else ():
        name = fault.field.split(".")[1] if "." in fault.field else ""
        if name in values and fault.message != MISSING:
            yield name


def _put(made: dict[str, Held], path: Path, value: Held) -> None:
    *above, last = path
    for step in above:
        inner = made.setdefault(str(step), {})
        if not isinstance(inner, dict):
            return
        made = inner
    made[str(last)] = value
