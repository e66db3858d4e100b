"""Put a value into the inputs of a form, so that reading them back gives the same value."""

import json
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.domain.values.rfc3339 import parse_date, parse_rfc3339
from app.ui.forms.amounts import shown_amount
from app.ui.forms.days import shown_day
from app.ui.forms.fields import (
    MOST_IN_ROWS,
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
    of_row,
)
from app.ui.forms.inputs import ABSENT, RAW, Held, Inputs, Lookup, currency_of, is_blank
from app.ui.forms.manner import Manner
from app.ui.forms.moments import kept_moment, shown_moment
from app.ui.forms.naming import Path, name_of, rows_of
from app.ui.forms.numbers import shown_number


class _Unfit(Exception):
    """A value that the input of its field cannot show, such as one of another type."""


def shown(form: Field, path: Path, value: Held, manner: Manner, lookup: Lookup) -> Inputs:
    """The inputs of a field that stand for a value; ABSENT leaves them empty."""
    made = _Shown(manner, lookup)
    made.put(form, path, value)
    return Inputs({**made.texts, **({RAW: tuple(made.raw)} if made.raw else {})})


@dataclass
class _Shown:
    manner: Manner
    lookup: Lookup
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    raw: list[str] = field(default_factory=list)
    in_rows: int = 0

    def put(self, form: Field, path: Path, value: Held) -> None:
        if value is ABSENT or (value is None and form.nullable):
            return
        before, marked, rows = len(self.texts), len(self.raw), self.in_rows
        try:
            self._put(form, path, value)
        except _Unfit:
            while len(self.texts) > before:
                self.texts.popitem()
            self.raw, self.in_rows = [*self.raw[:marked], name_of(path)], rows
            self.texts[name_of(path)] = (json.dumps(value, ensure_ascii=False, indent=2),)

    def _put(self, form: Field, path: Path, value: Held) -> None:
        match form:
            case Group():
                self._group(form, path, value)
            case Rows():
                self._rows(form, path, value)
            case Raw():
                self.texts[name_of(path)] = (json.dumps(value, ensure_ascii=False, indent=2),)
            case Fixed(value=known):
                if not same(value, known):
                    raise _Unfit
            case Choice():
                self._choice(form, path, value)
            case _:
                self.texts[name_of(path)] = (self._leaf(form, value),)

    def _group(self, form: Group, path: Path, value: Held) -> None:
        if not isinstance(value, Mapping) or not (form.fields or not value):
            raise _Unfit
        known = {inner.key for inner in form.fields}
        if len(path) > 1 and (value.keys() - known or not (value or form.required)):
            raise _Unfit
        for inner in form.fields:
            if isinstance(inner, Fixed) and inner.key not in value:
                raise _Unfit
            self.put(inner, (*path, inner.key), value.get(inner.key, ABSENT))
        if value and not form.required and is_blank(form, path, self.so_far()):
            raise _Unfit

    def _rows(self, form: Rows, path: Path, value: Held) -> None:
        if not isinstance(value, list) or len(value) > form.most:
            raise _Unfit
        self.texts[rows_of(path)] = (str(len(value)),)
        for row, item in enumerate(value):
            self.in_rows += of_row(form.item)
            if self.in_rows > MOST_IN_ROWS:
                raise _Unfit
            self.put(form.item, (*path, row), item)
            if is_blank(form.item, (*path, row), self.so_far()):
                raise _Unfit

    def so_far(self) -> Inputs:
        return Inputs(ChainMap({RAW: tuple(self.raw)}, self.texts))

    def _choice(self, form: Choice, path: Path, value: Held) -> None:
        wanted = value if form.several else [value]
        if not isinstance(wanted, list) or not (wanted or form.required):
            raise _Unfit
        codes = [next((o.code for o in form.options if same(o.value, one)), None) for one in wanted]
        order = [option.code for option in form.options if option.code in codes]
        if order != codes:  # one that is not among them, or another order than the page can send
            raise _Unfit
        self.texts[name_of(path)] = tuple(order)

    def _leaf(self, form: Field, value: Held) -> str:
        match form, value:
            case Truth(), bool():
                return "true" if value else "false"
            case Number(), int() | float() if not isinstance(value, bool):
                return shown_number(value, self.manner)
            case Money(currency=currency), int() if not isinstance(value, bool):
                return shown_amount(value, currency_of(currency, self.lookup), self.manner)
            case Text(multiline=multiline), str() if multiline or not {"\r", "\n"} & set(value):
                if "\r" in value or (form.format and value != value.strip()) or not (value.strip() or not value):
                    raise _Unfit
                return value
            case Day(), str():
                return shown_day(_day(value), self.manner)
            case Moment(), str():
                return self._moment(value)
        raise _Unfit

    def _moment(self, value: str) -> str:
        try:
            moment = parse_rfc3339(value)
        except ValueError:
            raise _Unfit from None
        return shown_moment(moment, self.manner) if kept_moment(moment) == value else value


def same(one: Held, other: Held) -> bool:
    """Equal as JSON: true is not 1, and 1.0 is 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return bool(one == other)


def _day(text: str) -> date:
    try:
        return parse_date(text)
    except ValueError:
        raise _Unfit from None
