"""A form as its page shows it: each field with what stands in it, what is wrong and what was understood."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.ui.forms.days import read_day, told_day
from app.ui.forms.fields import (
    Choice,
    Day,
    Field,
    Fixed,
    Group,
    Moment,
    Money,
    Number,
    Raw,
    Rows,
    Text,
    Truth,
)
from app.ui.forms.inputs import RAW, Inputs, Lookup, currency_of
from app.ui.forms.manner import Manner, Unreadable
from app.ui.forms.moments import read_moment, told_moment
from app.ui.forms.naming import Path, name_of, rows_of
from app.ui.forms.sections import is_shown

MOST_RADIOS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """`kind` is one of text, number, money, date, radios, select, checkboxes, fixed, group, rows and raw. `parts` are
    what a group holds, or the rows of a list; `rows` is the name of the hidden input that counts them."""

    kind: str
    name: str
    label: str
    hint: str = ""
    error: str = ""
    required: bool = False
    value: str = ""
    values: tuple[str, ...] = ()
    options: Sequence[tuple[str, str]] = ()
    suffix: str = ""
    inputmode: str = ""
    multiline: bool = False
    understood: str = ""
    parts: Sequence["Shown"] = ()
    rows: str = ""
    count: str = ""
    may_add: bool = False
    focused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a form is shown with. `focus` is the name of the field that the cursor goes to."""

    inputs: Inputs
    manner: Manner
    lookup: Lookup
    errors: Mapping[str, str]
    focus: str = ""


def view(form: Field, path: Path, filled: Filled) -> Shown:
    name = name_of(path)
    common = Shown(
        kind="text",
        name=name,
        label=form.label,
        hint=form.hint,
        error=filled.errors.get(name, ""),
        required=form.required and not form.nullable,
        value=filled.inputs.one(name),
        focused=name == filled.focus,
    )
    if filled.inputs.raw(path):
        return replace(common, kind="raw")
    match form:
        case Group(fields=fields):
            parts = tuple(view(inner, (*path, inner.key), filled) for inner in fields)
            return replace(common, kind="group", parts=parts)
        case Rows():
            return _list(form, path, filled, common)
        case Choice():
            return _choice(form, filled, common)
        case Truth():
            return _radios(filled, common, (("true", filled.manner.say("Yes")), ("false", filled.manner.say("No"))))
        case Fixed(value=value):
            return replace(common, kind="fixed", value=value if isinstance(value, str) else _plain(value, filled))
        case Raw(example=example):
            return replace(common, kind="raw", suffix=example)
    return _input(form, filled, common)


def _input(form: Field, filled: Filled, common: Shown) -> Shown:
    match form:
        case Text(format="email"):
            return replace(common, inputmode="email")
        case Text(format="uri"):
            return replace(common, inputmode="url")
        case Text(multiline=multiline, unit=unit):
            lines = multiline or "\n" in common.value
            return replace(common, multiline=lines, suffix=unit)
        case Number(whole=whole, unit=unit):
            mode = "numeric" if whole and (form.least or -1) >= 0 else ""
            return replace(common, kind="number", suffix=unit, inputmode=mode)
        case Money(currency=currency):
            return replace(common, kind="money", suffix=currency_of(currency, filled.lookup))
        case Day() | Moment():
            return replace(common, kind="date", understood=_understood(form, common.value, filled.manner))
    return common


def _list(form: Rows, path: Path, filled: Filled, common: Shown) -> Shown:
    count = filled.inputs.rows(form, path)
    parts = []
    for row in range(count):
        label = f"{form.label} {row + 1}" if not form.item.label else f"{form.item.label} {row + 1}"
        part = view(form.item, (*path, row), filled)
        parts.append(replace(part, label=label))
    text = filled.inputs.one(rows_of(path))
    return replace(
        common,
        kind="rows",
        suffix=form.item.label or form.label,
        parts=tuple(parts),
        rows=rows_of(path),
        count=text,
        may_add=count < form.most,
    )


def _choice(form: Choice, filled: Filled, common: Shown) -> Shown:
    options = tuple((option.code, option.title) for option in form.options)
    if form.several:
        return replace(common, kind="checkboxes", options=options, values=filled.inputs.all(common.name))
    if len(options) > MOST_RADIOS:
        return replace(common, kind="select", options=(("", _none(filled, common)), *options))
    return _radios(filled, common, options)


def _radios(filled: Filled, common: Shown, options: Sequence[tuple[str, str]]) -> Shown:
    """What may stay empty has to be emptied again, too."""
    optional = () if common.required else (("", filled.manner.say("Not filled in")),)
    return replace(common, kind="radios", options=(*options, *optional))


def _none(filled: Filled, common: Shown) -> str:
    return filled.manner.say("Choose one") if common.required else filled.manner.say("Not filled in")


def _plain(value: object, filled: Filled) -> str:
    if isinstance(value, bool):
        return filled.manner.say("Yes") if value else filled.manner.say("No")
    return str(value)


def _understood(form: Field, text: str, manner: Manner) -> str:
    """What a date that was typed means, with its weekday."""
    if not text.strip():
        return ""
    try:
        if isinstance(form, Day):
            return told_day(read_day(text, manner), manner)
        return told_moment(read_moment(text, manner), manner)
    except Unreadable:
        return ""


def errors_in_order(shown: Sequence[Shown], above: str = "") -> Iterator[tuple[str, str]]:
    """(name, sentence) of what is wrong, from the top of the page down, each with the field that it is about."""
    for one in shown:
        label = f"{above}, {one.label}" if above and one.label else one.label or above
        if one.error:
            named = above if _says(one.error, one.label) else label
            yield one.name, f"{named}: {one.error}" if named else one.error
        yield from errors_in_order(one.parts, label if one.kind in ("group", "rows") else above)


def _says(message: str, label: str) -> bool:
    """Whether a message names its field: `Enter an amount of 1 or more`, of an amount."""
    return bool(label) and re.search(rf"\b{re.escape(label)}\b", message, re.IGNORECASE) is not None


def carried(inputs: Inputs, roots: Collection[str], visible: Collection[str]) -> Iterator[tuple[str, str]]:
    """The inputs that are filled in but not on the page, as (name, text): fields of other parts of a long form."""
    for name, texts in inputs.texts.items():
        if name.partition(".")[0] in roots and not is_shown(name, visible):
            yield from ((name, text) for text in texts if text)
    for raw in inputs.all(RAW):
        yield RAW, raw
