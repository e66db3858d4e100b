"""Read what somebody entered: the values, and for each field that cannot be read what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.values.json import Data
from app.domain.values.writable import values_in
from app.ui.forms.amounts import read_amount
from app.ui.forms.days import read_day
from app.ui.forms.fields import (
    MOST_VALUES,
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
from app.ui.forms.inputs import ABSENT, Held, Inputs, Lookup, currency_of, is_blank
from app.ui.forms.manner import Manner, Unreadable
from app.ui.forms.missing import missing
from app.ui.forms.moments import kept_moment, read_moment
from app.ui.forms.naming import Path, dotted, name_of, rows_of
from app.ui.forms.numbers import as_json, read_decimal
from app.ui.forms.raw_json import read_json
from app.ui.forms.showing import shown


@dataclass(frozen=True, slots=True)
class Entered:
    """`errors` by the names of inputs; `places`: by the path of a value as faults tell it, the name of its input."""

    values: Data
    errors: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)


def entered(form: Group, inputs: Inputs, manner: Manner, lookup: Lookup, was: Held = ABSENT) -> Entered:
    """`was` is what the form was filled with: what nobody touched stays exactly that."""
    reading = _Reading(inputs, manner, lookup)
    values = reading.group(form, (form.key,), (form.key,), was)
    return Entered(values if isinstance(values, dict) else {}, reading.errors, reading.places)


@dataclass
class _Reading:
    """`path` is where an input stands on the page, `sent` where its value goes: rows left empty are left out."""

    inputs: Inputs
    manner: Manner
    lookup: Lookup
    errors: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    left: int = MOST_VALUES
    """Values that may still be written as JSON."""

    def value(self, form: Field, path: Path, sent: Path, was: Held) -> Held:
        name = name_of(path)
        self.places[dotted(sent)] = name
        if isinstance(form, Fixed) and not self.inputs.raw(path):
            return form.value
        if is_blank(form, path, self.inputs):
            return self._blank(form, path, sent, was)
        if self.inputs.raw(path):
            return self._leaf(Raw(key=form.key, label=form.label), name, was)
        match form:
            case Group():
                return self.group(form, path, sent, was)
            case Rows():
                return self._rows(form, path, sent, was)
        if was is not ABSENT and self._untouched(form, path, was):
            return was
        return self._leaf(form, name, was)

    def group(self, form: Group, path: Path, sent: Path, was: Held) -> Held:
        before = was if isinstance(was, Mapping) else {}
        known = {inner.key for inner in form.fields}
        found = {name: kept for name, kept in before.items() if name not in known}
        for inner in form.fields:
            key = inner.key
            if self._plainly_empty(inner, (*path, key), before):
                self.places[dotted((*sent, key))] = name_of((*path, key))
                continue
            value = self.value(inner, (*path, key), (*sent, key), before.get(key, ABSENT))
            if value is not ABSENT:
                found[key] = value
        return found

    def _plainly_empty(self, form: Field, path: Path, before: Mapping[str, Held]) -> bool:
        """What most fields of a long form are: optional, not sent, and nothing before."""
        if form.required or form.key in before or isinstance(form, Group | Rows | Fixed):
            return False
        return name_of(path) not in self.inputs.texts

    def _rows(self, form: Rows, path: Path, sent: Path, was: Held) -> Held:
        before = was if isinstance(was, list) else []
        found: list[Held] = []
        for row in range(self.inputs.rows(form, path)):
            at = (*path, row)
            if is_blank(form.item, at, self.inputs):
                continue
            then = before[row] if row < len(before) else ABSENT
            value = self.value(form.item, at, (*sent, len(found)), then)
            found.append(None if value is ABSENT else value)  # unreadable: it has an error, and keeps its place
        return found

    def _blank(self, form: Field, path: Path, sent: Path, was: Held) -> Held:
        if was in (None, "", {}) and was is not ABSENT and self._untouched(form, path, was):
            return was
        if not form.required:
            return ABSENT
        if form.nullable:
            return None
        match form:
            case Group():
                return self.group(form, path, sent, was)
            case Rows() | Choice(several=True):
                return []
        self.errors[name_of(path)] = missing(form, self.manner)
        return ABSENT

    def _untouched(self, form: Field, path: Path, was: Held) -> bool:
        before = shown(form, path, was, self.manner, self.lookup)
        names = (name_of(path), rows_of(path))
        return all(_texts(before, name) == _texts(self.inputs, name) for name in names)

    def _leaf(self, form: Field, name: str, was: Held) -> Held:
        try:
            return self._read(form, name)
        except Unreadable as wrong:
            self.errors[name] = wrong.message
            return ABSENT

    def _read(self, form: Field, name: str) -> Held:
        text, _ = self.inputs.one(name), self.manner.say
        match form:
            case Text(multiline=True):
                return _lines(text)
            case Text(format=written):
                return text.strip() if written else text
            case Number(whole=whole):
                return _number(text, whole, self.manner)
            case Money(currency=currency):
                return read_amount(text, currency_of(currency, self.lookup), self.manner)
            case Day():
                return read_day(text, self.manner).isoformat()
            case Moment():
                return kept_moment(read_moment(text, self.manner))
            case Truth():
                if text not in ("true", "false"):
                    raise Unreadable(_("Choose yes or no"))
                return text == "true"
            case Choice():
                return _chosen(form, self.inputs.all(name), self.manner)
        value = read_json(text, self.manner, self.left)
        self.left -= values_in(value)
        return value


def _texts(inputs: Inputs, name: str) -> tuple[str, ...]:
    """What is not sent is empty: a browser sends nothing for a box that is not ticked."""
    return tuple(map(_lines, inputs.all(name))) or ("",)


def _lines(text: str) -> str:
    """A browser sends line ends as CR LF, whatever it was given."""
    return text.replace("\r\n", "\n")


def _number(text: str, whole: bool, manner: Manner) -> int | float:
    _ = manner.say
    number = read_decimal(text, manner)
    if number is None:
        example = "1.234,5" if manner.language == "de" else "1,234.5"
        if whole:
            raise Unreadable(_("Enter a whole number, such as %(example)s", example="12"))
        raise Unreadable(_("Enter a number, such as %(example)s", example=example))
    if whole and number != number.to_integral_value():
        raise Unreadable(_("Enter a whole number, such as %(example)s", example="12"))
    return as_json(number, manner)


def _chosen(form: Choice, codes: tuple[str, ...], manner: Manner) -> Held:
    known = {option.code: option.value for option in form.options}
    if any(code and code not in known for code in codes):
        raise Unreadable(manner.say("Choose one of those that stand here"))
    found = [option.value for option in form.options if option.code in codes]
    return found if form.several else found[0]
