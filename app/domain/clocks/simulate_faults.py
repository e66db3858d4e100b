"""Say for people what pydantic found wrong with the parts of a simulation."""

import re
from typing import Any, Final

from pydantic import ValidationError

from app.domain.clocks.rules import ClockRule
from app.domain.definition.case_type import Due
from app.domain.values.errors import FieldError, Invalid, invalid
from app.domain.values.json import Data

EXAMPLES: Final = {
    **dict.fromkeys(("target", "every", "pause_max", "max"), "`2h30m`"),
    "at": "`50%`, `-1h`, `-2bd` or `+4h`",
    "cutoff": "`15:00`",
    "[key]": "`mon-fri`",
}


def faults_of(error: ValidationError, place: str) -> Invalid:
    """Every wrong field of the part at `place`."""
    found = [(".".join(map(str, (place, *fault["loc"]))), _for_people(fault)) for fault in error.errors()]
    return Invalid(
        f"{found[0][0]}: {found[0][1]}", errors=tuple(FieldError(field, message) for field, message in found)
    )


def _for_people(fault: Any) -> str:
    if fault["type"] in ("string_pattern_mismatch", "string_too_short"):
        return f"must be written like {EXAMPLES.get(str(fault['loc'][-1]), 'in the documentation')}"
    known = {"missing": "is missing", "extra_forbidden": "is not known"}
    return known.get(fault["type"]) or re.sub(r"^\w+ should ", "must ", fault["msg"])


def check_due(due: Due, data: Data) -> None:
    """Raises Invalid where nothing says when that is."""
    days = due.calendar_days if due.business_days is None else due.business_days
    if due.field is not None:
        if ClockRule.data_field(due.field, data) is None:
            raise invalid("clock.data", f"lacks {due.field}, by which the clock is due")
    elif days is None:
        raise invalid("clock.due", "give `business_days`, `calendar_days` or a `field`")
    elif days < 0:
        raise invalid("clock.due", "no clock is due before it starts; name the `field` that it is so many days before")
