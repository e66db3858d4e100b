"""The form of a JSON Schema: which field each of its properties becomes, in the schema's own order."""

import json
from collections.abc import Mapping
from typing import Any, Final

from app.domain.values.json import Json
from app.ui.forms.fields import (
    MOST_ROWS,
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
    leaves,
)
from app.ui.forms.options import options_of
from app.ui.forms.resolved import kinds_of, references_of, resolved
from app.ui.forms.wording import Schema, as_words, hint_of, label_of

MOST_DEPTH: Final = 5
"""Objects and lists inside one another; what lies deeper is written as JSON."""
MOST_FIELDS: Final = 5_000
LONG_TEXT: Final = 255
"""Characters from which on a text has several lines, where nothing is said."""
MOST_OPTIONS: Final = 500
MOST_CHECKED: Final = 20


def form_of(schema: Schema, root: str, language: str) -> Group:
    """The fields of an object's schema. `root` is what its paths begin with: `data` or `payload`."""
    made = _Maker(schema, language)
    found = made.field(root, schema, required=True, depth=0, above=frozenset({"#"}))
    return found if isinstance(found, Group) else Group(key=root, label="", required=True, fields=(found,))


class _Maker:
    """Walks one schema; counts its fields, so that what refers to itself comes to an end."""

    def __init__(self, root: Schema, language: str) -> None:
        self._root = root
        self._language = language
        self._left = MOST_FIELDS

    def field(self, key: str, schema: Json, required: bool, depth: int, above: frozenset[str]) -> Field:
        """`above`: what was referred to on the way here; a schema that holds itself is written as JSON there."""
        declared, nullable = resolved(schema, self._root)
        self._left -= 1
        referred = references_of(schema)
        common: dict[str, Any] = {
            "key": key,
            "label": label_of(declared, key, self._language),
            "hint": hint_of(declared, self._language),
            "required": required,
            "nullable": nullable,
        }
        if self._left < 0 or referred & above:
            return Raw(**common, example=_example(declared))
        return self._known(declared, common, depth, above | referred) or Raw(**common, example=_example(declared))

    def _known(self, declared: Schema, common: dict[str, Any], depth: int, above: frozenset[str]) -> Field | None:
        """None where nothing better than JSON can be said of it."""
        if "const" in declared and common["required"] and not common["nullable"]:
            return Fixed(**common, value=declared["const"])
        if "const" in declared or "enum" in declared or "oneOf" in declared:
            return self._choice(declared, common)
        kinds = kinds_of(declared)
        if len(kinds) != 1:
            return None
        match kinds[0]:
            case "object":
                return self._group(declared, common, depth, above)
            case "array":
                return self._rows(declared, common, depth, above)
            case "boolean":
                return Truth(**common)
            case "string":
                return self._text(declared, common)
            case "number" | "integer" as kind:
                return _number(declared, common, whole=kind == "integer")
        return None

    def _choice(self, declared: Schema, common: dict[str, Any]) -> Field | None:
        options = options_of(declared, self._language)
        if not options:
            return None
        if len(options) > MOST_OPTIONS:
            texts = all(isinstance(option.value, str) for option in options)
            return Text(**common) if texts else None
        if any(option.value is None for option in options):
            common = {**common, "nullable": False}
        return Choice(**common, options=options)

    def _text(self, declared: Schema, common: dict[str, Any]) -> Field:
        match declared.get("format"):
            case "date":
                return Day(**common)
            case "date-time":
                return Moment(**common)
            case "email" | "uri" as written:
                return Text(**common, format=written, example=_first_example(declared))
        long = declared.get("maxLength", 0) > LONG_TEXT
        multiline = declared.get("x-multiline", long) is True
        unit = as_words(declared.get("x-unit"), self._language)
        return Text(**common, multiline=multiline, unit=unit, example=_first_example(declared))

    def _group(self, declared: Schema, common: dict[str, Any], depth: int, above: frozenset[str]) -> Field | None:
        known = declared.get("properties")
        if depth == MOST_DEPTH or not isinstance(known, Mapping) or not (known or depth == 0):
            # an object that may hold whatever it likes; the form itself may be empty
            return Group(**common, fields=()) if depth == 0 else None
        required = declared.get("required", ())
        fields = tuple(self.field(name, part, name in required, depth + 1, above) for name, part in known.items())
        return Group(**common, fields=fields)

    def _rows(self, declared: Schema, common: dict[str, Any], depth: int, above: frozenset[str]) -> Field | None:
        items = declared.get("items")
        if depth == MOST_DEPTH or not isinstance(items, Mapping) or "prefixItems" in declared:
            return None
        item = self.field("", items, required=True, depth=depth + 1, above=above)
        if item.nullable or isinstance(item, Fixed | Raw) or (isinstance(item, Group) and not item.fields):
            return None
        if isinstance(item, Choice) and declared.get("uniqueItems") is True and len(item.options) <= MOST_CHECKED:
            return Choice(**common, options=item.options, several=True)
        most = min(declared.get("maxItems", MOST_ROWS), max(MOST_ROWS * 4 // max(leaves(item), 1), 1), MOST_ROWS)
        return Rows(**common, item=item, least=declared.get("minItems", 0), most=most)


def _number(declared: Schema, common: dict[str, Any], whole: bool) -> Field:
    limits: dict[str, Any] = {"least": declared.get("minimum"), "most": declared.get("maximum")}
    currency = declared.get("x-money")
    if isinstance(currency, str) and currency:
        return Money(**common, currency=currency, **limits)
    unit = declared.get("x-unit")
    return Number(**common, whole=whole, unit=unit if isinstance(unit, str) else "", **limits)


def _first_example(declared: Schema) -> str:
    examples = declared.get("examples")
    found = examples[0] if isinstance(examples, list) and examples else None
    return found if isinstance(found, str) else ""


def _example(declared: Schema) -> str:
    examples = declared.get("examples")
    if isinstance(examples, list) and examples:
        return json.dumps(examples[0], ensure_ascii=False)[:200]
    kinds = kinds_of(declared)
    return '["one", "two"]' if kinds[:1] == ("array",) else '{"name": "value"}'
