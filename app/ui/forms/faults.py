"""What the service finds wrong, at the input where it is, and as what to do."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from app.domain.values.errors import FieldError
from app.ui.forms.amounts import shown_amount
from app.ui.forms.fields import Choice, Field, Group, Money, Number, Rows, Text
from app.ui.forms.inputs import Lookup, currency_of
from app.ui.forms.manner import Manner
from app.ui.forms.missing import missing
from app.ui.forms.naming import name_of
from app.ui.forms.numbers import told_number
from app.ui.frame.of_the_api import said_by_api
from app.ui.frame.words import words

Place = Callable[[str], str | None]
"""The name of the input for a path of faults."""
_LIMIT: Final = re.compile(r"Must be (at least|at most|more than|less than) (\S+)\.")
_COUNT: Final = re.compile(r"Must have at (least|most) (\d+) (character|entr)\w*\.")
_MULTIPLE: Final = re.compile(r"Must be a multiple of (\S+)\.")


def placed(
    faults: Iterable[FieldError], places: Mapping[str, str], form: Group, manner: Manner, lookup: Lookup
) -> dict[str, str]:
    """Messages by the names of inputs. What is about no input stands at the nearest field that holds it, at last at
    the form itself."""
    found: dict[str, str] = {}
    for fault in faults:
        name = _nearest(fault.field, places) or form.key
        found.setdefault(name, to_do(fault.message, field_at(form, name), manner, lookup))
    return found


def field_at(form: Field, name: str) -> Field:
    """The field that an input belongs to; the nearest around it where there is none."""
    steps = name.split(".")[1:]
    for step in steps:
        if isinstance(form, Group):
            inner = next((one for one in form.fields if name_of((one.key,)) == step), None)
        else:
            inner = form.item if isinstance(form, Rows) and step.isdecimal() else None
        if inner is None:
            break
        form = inner
    return form


def to_do(message: str, at: Field, manner: Manner, lookup: Lookup) -> str:
    """A message of the schema checker as an instruction; one that is not known in the reader's language."""
    _ = manner.say
    if message == "This field is required.":
        return missing(at, manner)
    if found := _LIMIT.fullmatch(message):
        return _limit(found[1], found[2], at, manner, lookup)
    if found := _COUNT.fullmatch(message):
        return _count(found[1], int(found[2]), found[3] == "entr", manner)
    if found := _MULTIPLE.fullmatch(message):
        return _("Enter a multiple of %(number)s", number=_told(found[1], at, manner, lookup))
    if message == "Does not have the required form.":
        example = at.example if isinstance(at, Text) else ""
        return _("Enter it in the form %(example)s", example=example) if example else _("Enter it in another form")
    if message.startswith("Must be one of ") or isinstance(at, Choice):
        return _("Choose one of those that stand here")
    said = {
        "Must not repeat an entry.": _("Take out what stands here twice"),
        "Must be an e-mail address.": _("Enter an e-mail address, such as name@example.org"),
        "Must be an address such as https://example.org/.": _("Enter an address, such as https://example.org/"),
        "This field is not known.": _("Take out what nothing declares"),
        "This field is not allowed.": _("Leave this empty"),
    }
    return said.get(message) or said_by_api(message, words(manner.language))


def _nearest(field: str, places: Mapping[str, str]) -> str | None:
    while field not in places:
        field, dot, _ = field.rpartition(".")
        if not dot:
            return None
    return places[field]


def _limit(which: str, limit: str, at: Field, manner: Manner, lookup: Lookup) -> str:
    _ = manner.say
    number = _told(limit, at, manner, lookup)
    money = isinstance(at, Money)
    if isinstance(at, Number | Money) and at.least is not None and at.most is not None and which.startswith("at"):
        between = {"least": _told(str(at.least), at, manner, lookup), "most": _told(str(at.most), at, manner, lookup)}
        if money:
            return _("Enter an amount from %(least)s to %(most)s", **between)
        return _("Enter a number from %(least)s to %(most)s", **between)
    if which == "at least":
        return _("Enter an amount of %(number)s or more", number=number) if money else _more(number, at, manner)
    if which == "at most":
        return _("Enter an amount of %(number)s or less", number=number) if money else _less(number, at, manner)
    if which == "more than":
        return _("Enter more than %(number)s", number=number)
    return _("Enter less than %(number)s", number=number)


def _more(number: str, at: Field, manner: Manner) -> str:
    _ = manner.say
    if _is_amount(at):
        return _("Enter an amount of %(number)s or more", number=number)
    return _("Enter a number of %(number)s or more", number=number)


def _less(number: str, at: Field, manner: Manner) -> str:
    _ = manner.say
    if _is_amount(at):
        return _("Enter an amount of %(number)s or less", number=number)
    return _("Enter a number of %(number)s or less", number=number)


def _is_amount(at: Field) -> bool:
    """Of what is counted in a unit, or called an amount, there is more or less; of a rank there is not."""
    return isinstance(at, Number) and (bool(at.unit) or "amount" in at.key or "amount" in at.label.lower())


def _count(which: str, limit: int, entries: bool, manner: Manner) -> str:
    _ = manner.say
    if entries:
        if which == "least":
            return _("Add entries until there are %(number)s", number=limit)
        return _("Take entries out until there are %(number)s", number=limit)
    if which == "least":
        return _("Enter %(number)s characters or more", number=limit)
    return _("Enter %(number)s characters or fewer", number=limit)


def _told(limit: str, at: Field, manner: Manner, lookup: Lookup) -> str:
    try:
        value = float(limit) if "." in limit or "e" in limit else int(limit)
    except ValueError:
        return limit
    if isinstance(at, Money) and float(value).is_integer():
        return shown_amount(int(value), currency_of(at.currency, lookup), manner)
    return told_number(value, manner)
