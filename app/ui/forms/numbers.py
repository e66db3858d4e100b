"""Numbers as people type them, `1.234,5` or `1,234.5`, to the digit: nothing is rounded on the way."""

import re
from decimal import Decimal
from typing import Final

from app.domain.values.writable import MAX_EXACT, exact
from app.ui.forms.manner import Manner, Unreadable

LONGEST: Final = 400
"""Characters of a number; one that a computer keeps has 309 before its point at most."""
_PLAIN: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_BETWEEN: Final = re.compile(r"(?<=[0-9])[\s'\u2019](?=[0-9]{3}(?![0-9]))")
_AFTER_SIGN: Final = re.compile(r"^([+-])\s+")


def read_decimal(text: str, manner: Manner) -> Decimal | None:
    """The number that a text names; None where it names none, or could be meant in two ways."""
    written = text.strip().replace("\u2212", "-")
    if len(written) > LONGEST:
        return None
    written = _AFTER_SIGN.sub(r"\1", _BETWEEN.sub("", written))
    grouped = re.fullmatch(_grouped(manner), written)
    if grouped:
        written = written.replace(manner.grouping, "").replace(manner.point, ".")
    elif manner.point == "," and written.count(",") == 1 and "." not in written:
        written = written.replace(",", ".")
    return Decimal(written) if _PLAIN.fullmatch(written) else None


def as_json(number: Decimal, manner: Manner) -> int | float:
    """The number as the log keeps it. Raises Unreadable where it would become another one."""
    _ = manner.say
    if number == 0:
        return 0
    if not -400 < number.adjusted() < 400:
        raise Unreadable(_("Enter a number that is not as long"))
    if number == number.to_integral_value() and abs(number) <= MAX_EXACT:
        return int(number)
    kept = float(number)
    if not exact(kept) or Decimal(repr(kept)) != number:
        raise Unreadable(_("Enter a number of at most 15 digits"))
    return kept


def shown_number(value: float, manner: Manner) -> str:
    """As it stands in an input: without groups, with the reader's point."""
    number = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    text = format(number, "f") if -20 < number.adjusted() < 21 else str(number).lower()
    return text.replace(".", manner.point)


def told_number(value: float, manner: Manner) -> str:
    """As it stands in a sentence, with groups."""
    whole, _, decimals = shown_number(value, manner).partition(manner.point)
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    if not digits.isdecimal():
        return shown_number(value, manner)
    grouped = f"{int(digits):,}".replace(",", manner.grouping) if len(digits) > 4 else digits
    return f"{sign}{grouped}{manner.point}{decimals}" if decimals else f"{sign}{grouped}"


def _grouped(manner: Manner) -> str:
    group, point = re.escape(manner.grouping), re.escape(manner.point)
    return rf"[+-]?[1-9][0-9]{{0,2}}({group}[0-9]{{3}})+({point}[0-9]+)?"
