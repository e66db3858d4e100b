"""Amounts of money: typed as people write them, kept in minor units, by the digits of the currency."""

import re
from decimal import Decimal
from typing import Final

from babel.core import UnknownLocaleError
from babel.numbers import get_currency_precision, get_currency_symbol

from app.domain.values.writable import MAX_EXACT
from app.ui.forms.manner import Manner, Unreadable
from app.ui.forms.numbers import read_decimal

CODE: Final = re.compile(r"[A-Z]{3}")
USUAL_DIGITS: Final = 2


def digits_of(currency: str) -> int:
    """Digits after the point: 2 of EUR, 0 of JPY, 3 of BHD; two where the currency is not known yet."""
    return get_currency_precision(currency) if CODE.fullmatch(currency) else USUAL_DIGITS


def read_amount(text: str, currency: str, manner: Manner) -> int:
    """Minor units. Raises Unreadable."""
    _ = manner.say
    digits = digits_of(currency)
    number = read_decimal(_without_currency(text, currency, manner), manner)
    if number is None:
        example = shown_amount(123_450 if digits == 2 else 12_345 * 10**digits, currency, manner)
        raise Unreadable(_("Enter an amount such as %(example)s", example=example))
    minor = number.scaleb(digits) if number else Decimal(0)
    if minor != minor.to_integral_value():
        if digits == 0:
            raise Unreadable(_("Enter an amount without decimals"))
        raise Unreadable(_("Enter an amount with at most %(digits)s decimals", digits=digits))
    if abs(minor) > MAX_EXACT:
        raise Unreadable(_("Enter an amount that is not as large"))
    return int(minor)


def shown_amount(minor: int, currency: str, manner: Manner) -> str:
    """As it stands in an input: all digits of the currency, no groups, no code."""
    text = format(Decimal(minor).scaleb(-digits_of(currency)), "f")
    return text.replace(".", manner.point)


def _without_currency(text: str, currency: str, manner: Manner) -> str:
    """Somebody may write the currency beside the amount, where it is the one that is meant."""
    if not CODE.fullmatch(currency):
        return text
    for mark in {currency, currency.lower(), _symbol(currency, manner)} - {""}:
        stripped = text.strip()
        text = stripped.removeprefix(mark) if stripped.startswith(mark) else stripped.removesuffix(mark)
    return text


def _symbol(currency: str, manner: Manner) -> str:
    try:
        return get_currency_symbol(currency, manner.language)
    except UnknownLocaleError:
        return ""
