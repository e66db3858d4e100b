"""A guard in words, where it is made of parts that everybody understands; others stay code."""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from babel.numbers import format_decimal

from app.domain.definition.case_type import CaseType
from app.domain.definition.fields import schema_at
from app.domain.definition.titles import titled, titled_field
from app.domain.values.currencies import CURRENCIES, minor_digits
from app.ui.frame.numbers import number
from app.ui.frame.words import Words

LONGEST: Final = 400
PATH: Final = r"(?:data|payload)(?:\.[A-Za-z_][A-Za-z0-9_]*)+"
LITERAL: Final = r"-?\d+(?:\.\d+)?|true|false|\"[^\"\\]*\"|'[^'\\]*'"
COMPARED: Final = re.compile(rf"({PATH})\s*(<=|>=|==|!=|<|>)\s*({LITERAL})")
TRUTH: Final = re.compile(rf"(!?)\s*({PATH})")
HAS: Final = re.compile(rf"(!?)\s*has\(({PATH})\)")


def in_words(guard: str, case_type: CaseType, payload: Mapping[str, Any] | None, words: Words) -> Sequence[str] | None:
    """A sentence for each part of `a && b`; None where some part is none that has words."""
    if len(guard) > LONGEST:
        return None
    said = _Conditions(case_type, payload or {}, words)
    sentences = [said.part(part.strip()) for part in guard.split("&&")]
    return None if None in sentences else [sentence for sentence in sentences if sentence]


class _Conditions:
    def __init__(self, case_type: CaseType, payload: Mapping[str, Any], words: Words) -> None:
        self._case_type = case_type
        self._payload = payload
        self._words = words

    def part(self, part: str) -> str | None:
        say = self._words.gettext
        if found := COMPARED.fullmatch(part):
            return self._compared(*found.groups())
        if found := HAS.fullmatch(part):
            field = self._title(found[2])
            return say("%(field)s is empty", field=field) if found[1] else say("%(field)s is filled in", field=field)
        if found := TRUTH.fullmatch(part):
            field = self._title(found[2])
            return say("%(field)s: no", field=field) if found[1] else say("%(field)s: yes", field=field)
        return None

    def _compared(self, path: str, operator: str, literal: str) -> str:
        say, field, value = self._words.gettext, self._title(path), self._value(path, _read(literal))
        match operator:
            case "<=":
                return say("%(field)s: at most %(value)s", field=field, value=value)
            case ">=":
                return say("%(field)s: at least %(value)s", field=field, value=value)
            case "<":
                return say("%(field)s: less than %(value)s", field=field, value=value)
            case ">":
                return say("%(field)s: more than %(value)s", field=field, value=value)
            case "==":
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
        if isinstance(value, str):
            return f"“{value}”"
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


def _read(literal: str) -> Any:
    return literal[1:-1] if literal[0] in "\"'" else json.loads(literal)
