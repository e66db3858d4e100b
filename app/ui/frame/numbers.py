"""Numbers and amounts of money as people write them."""

from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_decimal, get_currency_precision


def number(value: float | Decimal, locale: Locale) -> str:
    return _formatted(value, None, locale)


def money(minor: int, currency: str, locale: Locale) -> str:
    """An amount in minor units with its currency behind it: `500.00 EUR`."""
    digits = precision(currency)
    amount = Decimal(minor).scaleb(-digits)
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return f"{_formatted(amount, pattern, locale)} {currency}"


def precision(currency: str) -> int:
    """How many digits the minor unit of a currency has; two where nobody knows it."""
    return int(get_currency_precision(currency.upper()))


@lru_cache(maxsize=4_096, typed=True)
def _formatted(value: float | Decimal, pattern: str | None, locale: Locale) -> str:
    """Counts stand on every page, and amounts in every row of a list."""
    return str(format_decimal(value, pattern, locale=locale))
