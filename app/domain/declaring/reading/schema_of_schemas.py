"""JSON Schema 2020-12 as a schema without references to elsewhere: editors look nothing up, and many work offline.

Its vocabularies in one (json-schema.org/draft/2020-12/schema), with references as `check` takes them: inside only.
"""

from typing import Any, Final

from app.domain.definition.languages import LANGUAGES

Schema = dict[str, Any]

NAME: Final = "JsonSchema"
_WHOLE: Final = {"$ref": f"#/$defs/{NAME}"}
_ANYTHING: Final[Schema] = {}
_TEXT: Final = {"type": "string"}
_NUMBER: Final = {"type": "number"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_YES_OR_NO: Final = {"type": "boolean"}
_TEXTS: Final = {"type": "array", "items": _TEXT, "uniqueItems": True}
_SCHEMAS: Final = {"type": "array", "minItems": 1, "items": _WHOLE}
_NAMED: Final = {"type": "object", "additionalProperties": _WHOLE}
_PATTERN: Final = {"type": "string", "format": "regex"}
_INSIDE: Final = {"type": "string", "pattern": "^#"}
_ANCHOR: Final = {"type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$"}
_TYPE: Final = {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]}

_SPOKEN: Final[Schema] = {
    "anyOf": [
        _TEXT,
        {
            "type": "object",
            "properties": {one: {"type": "string", "minLength": 1} for one in LANGUAGES},
            "additionalProperties": False,
            "minProperties": 1,
        },
    ]
}

WORDS: Final[dict[str, Schema]] = {
    "$schema": _TEXT,
    "$id": {"type": "string", "pattern": "^[^#]*#?$"},
    "$ref": _INSIDE,
    "$dynamicRef": _INSIDE,
    "$recursiveRef": _TEXT,
    "$anchor": _ANCHOR,
    "$dynamicAnchor": _ANCHOR,
    "$recursiveAnchor": _ANCHOR,
    "$vocabulary": {"type": "object", "additionalProperties": _YES_OR_NO},
    "$comment": _TEXT,
    "type": {"anyOf": [_TYPE, {"type": "array", "items": _TYPE, "minItems": 1, "uniqueItems": True}]},
    "enum": {"type": "array"},
    **dict.fromkeys(("title", "description"), _SPOKEN),
    **dict.fromkeys(("format", "contentEncoding", "contentMediaType"), _TEXT),
    **dict.fromkeys(("const", "default"), _ANYTHING),
    "examples": {"type": "array"},
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly", "uniqueItems"), _YES_OR_NO),
    "multipleOf": {"type": "number", "exclusiveMinimum": 0},
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _NUMBER),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minContains", "maxContains"), _COUNT),
    **dict.fromkeys(("minProperties", "maxProperties"), _COUNT),
    "pattern": _PATTERN,
    "required": _TEXTS,
    "dependentRequired": {"type": "object", "additionalProperties": _TEXTS},
    **dict.fromkeys(("$defs", "definitions", "properties", "dependentSchemas"), _NAMED),
    "patternProperties": _NAMED | {"propertyNames": {"format": "regex"}},
    "dependencies": {"type": "object", "additionalProperties": {"anyOf": [_WHOLE, _TEXTS]}},
    **dict.fromkeys(("items", "contains", "additionalProperties", "propertyNames", "contentSchema"), _WHOLE),
    **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties", "if", "then", "else", "not"), _WHOLE),
    "x-money": {
        "type": "string",
        "pattern": r"^([A-Z]{3}|(data|payload)(\.[A-Za-z_][A-Za-z0-9_]*)+)$",
        "description": "An amount in minor units: its currency, such as `EUR`, or the field of its currency.",
    },
    "x-key": {"type": "string", "description": "Of the items of a list: the field by which they are told apart."},
    "x-multiline": {"type": "boolean", "description": "Whether it is written in several lines."},
    "x-unit": _SPOKEN | {"description": "What stands behind a number, such as `m²`."},
    "x-titles": {
        "type": "object",
        "additionalProperties": _SPOKEN,
        "description": "What people read for each value of `enum`.",
    },
    "x-personal": {"type": "boolean", "description": "Whether it is about a person."},
    **dict.fromkeys(("prefixItems", "allOf", "anyOf", "oneOf"), _SCHEMAS),
}

SCHEMA: Final[Schema] = {
    "type": ["object", "boolean"],
    "properties": WORDS,
    "description": "A JSON Schema 2020-12, which refers to nothing outside itself.",
}
ROOT: Final[Schema] = _WHOLE | {"type": "object", "required": ["type"], "properties": {"type": {"const": "object"}}}
"""A whole schema, such as `data`, whose root is that of an object."""
