"""A guard in words, where it is made of parts that everybody understands; others stay code."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from babel.numbers import format_decimal

from app.domain.definition.case_type import CaseType
from app.domain.definition.fields import schema_at
from app.domain.definition.titles import titled, titled_field
from app.domain.expressions.expression import GuardFault, compile_expression
from app.domain.values.currencies import CURRENCIES, minor_digits
from app.ui.frame.numbers import number
from app.ui.frame.words import Words
from app.ui.types.guard_parts import Comparison, comparisons

LONGEST: Final = 400


def in_words(guard: str, case_type: CaseType, payload: Mapping[str, Any] | None, words: Words) -> Sequence[str] | None:
    """A sentence for each part of `a && b`; None where some part is none that has words."""
    if len(guard) > LONGEST:
        return None
    try:
        parts = comparisons(compile_expression(guard).tree)
    except GuardFault:
        return None
    if not parts or any(part.root == "case" for part in parts):
        return None
    said = _Conditions(case_type, payload or {}, words)
    return [said.part(part) for part in parts]


class _Conditions:
    def __init__(self, case_type: CaseType, payload: Mapping[str, Any], words: Words) -> None:
        self._case_type = case_type
        self._payload = payload
        self._words = words

    def part(self, part: Comparison) -> str:
        say, field = self._words.gettext, self._title(part.path)
        values = part.value if isinstance(part.value, list) else [part.value]
        value = say(" or ").join(self._value(part.path, one) for one in values)
        match part.operator:
            case "has":
                return say("%(field)s is filled in", field=field)
            case "has not":
                return say("%(field)s is empty", field=field)
            case "_<=_":
                return say("%(field)s: at most %(value)s", field=field, value=value)
            case "_>=_":
                return say("%(field)s: at least %(value)s", field=field, value=value)
            case "_<_":
                return say("%(field)s: less than %(value)s", field=field, value=value)
            case "_>_":
                return say("%(field)s: more than %(value)s", field=field, value=value)
            case "_==_" | "in":
                return say("%(field)s: %(value)s", field=field, value=value)
        return say("%(field)s: not %(value)s", field=field, value=value)

    def _title(self, path: str) -> str:
        return titled_field(self._root(path), path, self._words.language)

    def _root(self, path: str) -> Mapping[str, Any]:
        return self._payload if path.startswith("payload.") else self._case_type.data

    def _value(self, path: str, value: Any) -> str:
        """As the page shows it: an amount, a title, with its unit."""
        schema = schema_at(self._root(path), path)
        key = json.dumps(value) if isinstance(value, bool) else str(value)
        titles = schema.get("x-titles")
        if isinstance(titles, dict) and key in titles:
            return f"“{titled(titles[key], self._words.language)}”"
        if isinstance(value, bool):
            return self._words.gettext("yes") if value else self._words.gettext("no")
        if value is None or isinstance(value, str):
            return f"“{value or ''}”"
        if "x-money" in schema:
            return self._amount(value, str(schema["x-money"]))
        unit = titled(schema.get("x-unit"), self._words.language)
        return f"{number(value, self._words.locale)} {unit}".strip()

    def _amount(self, minor: float, currency: str) -> str:
        """Where a case says its currency, none stands here: the guard asks for the number alone."""
        digits = minor_digits(currency)
        pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
        amount = str(format_decimal(Decimal(str(minor)).scaleb(-digits), pattern, locale=self._words.locale))
        return f"{amount} {currency}" if currency in CURRENCIES else amount
