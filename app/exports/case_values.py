"""A value of a case as people read it, by what its schema says: money, units, titles of choices."""

from collections.abc import Mapping
from decimal import Decimal

from babel.numbers import format_decimal

from app.domain.definition.fields import schema_at
from app.domain.definition.titles import titled
from app.domain.values.currencies import minor_digits
from app.domain.values.json import Json, JsonObject
from app.exports.case_words import Words
from app.exports.mined import as_text, dotted


def shown(words: Words, path: str, value: Json, data: Mapping[str, Json]) -> str:
    """`data` are the values by path that are known with it: an amount may find its currency there."""
    if value is None:
        return words.say("nothing")
    if isinstance(value, bool):
        return words.say("yes") if value else words.say("no")
    schema = _schema(words, path)
    money, choices = schema.get("x-money"), schema.get("x-titles")
    if isinstance(value, int) and isinstance(money, str):
        return _money(words, value, _currency(money, data))
    if isinstance(choices, dict) and isinstance(value, str) and value in choices:
        return titled(choices[value], words.language) or value
    unit = schema.get("x-unit")
    return f"{as_text(value)} {titled(unit, words.language)}" if unit else as_text(value)


def _schema(words: Words, path: str) -> JsonObject:
    if words.declared is None or not path.startswith("/data/"):
        return {}
    found = schema_at(words.declared.data, dotted(path))
    return found if isinstance(found, dict) else {}


def _currency(money: str, data: Mapping[str, Json]) -> str | None:
    """A code, or the field that has it."""
    found = data.get(f"/{money.replace('.', '/')}") if money.startswith("data.") else money
    return found if isinstance(found, str) else None


def _money(words: Words, minor: int, currency: str | None) -> str:
    """In minor units, and so told, where nobody knows of what."""
    if currency is None:
        return str(minor)
    digits = minor_digits(currency)
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return f"{format_decimal(Decimal(minor).scaleb(-digits), pattern, locale=words.language)} {currency}"
