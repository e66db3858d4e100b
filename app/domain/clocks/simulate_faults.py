"""Say for people what pydantic found wrong with the parts of a simulation."""

import re
from typing import Any, Final

from pydantic import ValidationError

from app.domain.values.errors import FieldError, Invalid

EXAMPLES: Final = {
    **dict.fromkeys(("target", "every", "pause_max", "max"), "`2h30m`"),
    "at": "`50%`, `-1h` or `+4h`",
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
