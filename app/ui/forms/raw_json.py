"""A value that is written as JSON, for what has no form of its own."""

import json
from decimal import Decimal
from typing import NoReturn

from app.domain.values.json import Json
from app.domain.values.writable import writable
from app.http.bodies.value_count import ValueCount
from app.ui.forms.fields import MOST_VALUES
from app.ui.forms.manner import Manner, Unreadable
from app.ui.forms.numbers import as_json


def read_json(text: str, manner: Manner, most: int = MOST_VALUES) -> Json:
    """Raises Unreadable, also for numbers that would become others, for names that stand there twice, and for more
    values than `most`, of which none is made then."""
    _ = manner.say
    if _holds_more(text, most):
        raise Unreadable(_("Enter less: a form holds at most 4,000 values"))

    def number(written: str) -> int | float:
        return as_json(Decimal(written), manner)

    def once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        made = dict(pairs)
        if len(made) < len(pairs):
            raise Unreadable(_("Give each name once"))
        return made

    def never(_name: str) -> NoReturn:
        raise ValueError("not JSON")

    try:
        value: Json = json.loads(
            text, parse_float=number, parse_int=number, parse_constant=never, object_pairs_hook=once
        )
    except json.JSONDecodeError as wrong:
        where = {"line": wrong.lineno, "column": wrong.colno}
        raise Unreadable(_("Enter JSON; it cannot be read at line %(line)s, character %(column)s", **where)) from None
    except (ValueError, RecursionError):
        raise Unreadable(_("Enter JSON that can be read")) from None
    if writable(value) is not None:
        raise Unreadable(_("Enter JSON that can be kept: no NUL, and not so many levels"))
    return value


def _holds_more(text: str, most: int) -> bool:
    count = ValueCount(text.encode(errors="surrogatepass"), most)
    for _slice in count.slices():
        pass
    return most < 1 or count.exceeded
