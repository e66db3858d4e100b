"""Words of a JSON Schema that do nothing here, or are not what they seem, each with what would do."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.domain.values.near_names import nearest, quoted

_KEYWORDS: Final = (
    "$anchor $comment $defs $dynamicAnchor $dynamicRef $id $ref $schema $vocabulary additionalProperties allOf anyOf "
    "const contains dependentRequired dependentSchemas default deprecated description else enum examples "
    "exclusiveMaximum exclusiveMinimum format if items maxContains maxItems maxLength maxProperties maximum "
    "minContains minItems minLength minProperties minimum multipleOf not oneOf pattern patternProperties prefixItems "
    "properties propertyNames required then title type unevaluatedItems unevaluatedProperties uniqueItems x-key "
    "x-money x-multiline x-personal x-titles x-unit"
)
KEYWORDS: Final = frozenset(_KEYWORDS.split())
_FORMATS: Final = (
    "date date-time time duration email idn-email hostname idn-hostname ipv4 ipv6 uri uri-reference iri iri-reference "
    "uuid uri-template json-pointer relative-json-pointer regex file"
)
FORMATS: Final = frozenset(_FORMATS.split())
COMBINED: Final = frozenset({"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "patternProperties"})

IDLE: Final[Mapping[str, tuple[str, str]]] = {
    "readOnly": ("keeps nobody from writing", "leave the field out of payloads and `set`"),
    "writeOnly": ("hides nothing", "let the policy say who may read"),
    "nullable": ("is OpenAPI's, and lets no null pass", "write `type: [string, 'null']`"),
    "example": ("is OpenAPI's", "write `examples: [...]`"),
    "discriminator": ("is OpenAPI's", "remove it"),
    "definitions": ("is what older drafts call `$defs`", "write `$defs`"),
    "dependencies": ("is of older drafts", "write `dependentRequired` or `dependentSchemas`"),
    "additionalItems": ("is of older drafts", "write `prefixItems` and `items`"),
    "$recursiveRef": ("is of older drafts", "write `$dynamicRef`"),
    "$recursiveAnchor": ("is of older drafts", "write `$dynamicAnchor`"),
    "id": ("is of older drafts", "write `$id`"),
    "divisibleBy": ("is of older drafts", "write `multipleOf`"),
    "extends": ("is of older drafts", "write `allOf`"),
    "disallow": ("is of older drafts", "write `not`"),
    "contentEncoding": ("is not checked", "say what a text looks like by `pattern`"),
    "contentMediaType": ("is not checked", "say what a text looks like by `pattern`"),
    "contentSchema": ("is not checked", "say what a text looks like by `pattern`"),
    "optional": ("means nothing in a schema", "leave the field out of `required`"),
}
LONELY: Final[Mapping[str, tuple[str, ...]]] = {
    "then": ("if",),
    "else": ("if",),
    "if": ("then", "else"),
    "minContains": ("contains",),
    "maxContains": ("contains",),
}
"""Words that do nothing unless one of the others stands beside."""
_OF_TYPES: Final = {
    "string": "minLength maxLength pattern format x-multiline",
    "array": "items prefixItems minItems maxItems uniqueItems contains minContains maxContains unevaluatedItems",
    "object": "properties required additionalProperties patternProperties propertyNames minProperties maxProperties "
    "dependentRequired dependentSchemas unevaluatedProperties",
    "number": "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf x-unit",
}
OF_TYPE: Final = {word: kind for kind, words in _OF_TYPES.items() for word in words.split()}
LIMITS: Final = (
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)

Said = tuple[str, str, str]
"""The key, what is odd about it, and what to do."""


def odd_words(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Said]:
    """What one schema says in vain; `root` is the schema that it is a part of."""
    for key in schema:
        if key in IDLE:
            yield (key, f"{quoted(key)} {IDLE[key][0]}", IDLE[key][1])
        elif key not in KEYWORDS:
            yield from _unknown(key)
        elif key in LONELY and schema.keys().isdisjoint(LONELY[key]):
            others = " or ".join(map(quoted, LONELY[key]))
            yield (key, f"{quoted(key)} does nothing without {others}", f"add {others}, or remove it")
        elif (kind := OF_TYPE.get(key)) and not _may_be(kind, schema) and (key != "format" or schema[key] in FORMATS):
            of = ", ".join(map(quoted, _types(schema) or ()))
            yield (key, f"{quoted(key)} does nothing to the type {of}", f"remove it, or write `type: {kind}`")
    yield from _format(schema)
    yield from _limits(schema)
    yield from _values(schema)
    yield from _unseen(schema, root)


def _unknown(key: str) -> Iterator[Said]:
    meant = nearest(key, KEYWORDS)
    if meant or not key.startswith("x-"):  # words of others begin so
        remedy = f"did you mean {quoted(meant)}?" if meant else "remove it; words of your own begin with `x-`"
        yield (key, f"{quoted(key)} means nothing in a schema", remedy)


def _types(schema: Mapping[str, Any]) -> list[str] | None:
    stated = schema.get("type")
    return [stated] if isinstance(stated, str) else stated if isinstance(stated, list) else None


def _may_be(kind: str, schema: Mapping[str, Any]) -> bool:
    types = _types(schema)
    return types is None or kind in types or (kind == "number" and "integer" in types)


def _format(schema: Mapping[str, Any]) -> Iterator[Said]:
    written = schema.get("format")
    if written is not None and written not in FORMATS:
        meant = "date-time" if written in ("datetime", "timestamp") else nearest(str(written), FORMATS)
        remedy = f"did you mean {quoted(meant)}?" if meant else "say what a text looks like by `pattern`, or remove it"
        yield ("format", f"the format {quoted(written)} is not known, so that nothing is checked", remedy)


def _limits(schema: Mapping[str, Any]) -> Iterator[Said]:
    for low, high in LIMITS:
        if schema.get(low) is not None and schema.get(high) is not None and schema[low] > schema[high]:
            yield (low, f"{quoted(low)} is more than {quoted(high)}, so that no value is right", "exchange the two")


def _values(schema: Mapping[str, Any]) -> Iterator[Said]:
    """Values that the type beside them lets never pass."""
    for key in ("enum", "const"):
        if key in schema and _types(schema) is not None:
            wrong = [one for one in (schema[key] if key == "enum" else [schema[key]]) if not _is_of(one, schema)]
            if wrong:
                of = ", ".join(map(quoted, _types(schema) or ()))
                shown = quoted("null" if wrong[0] is None else wrong[0])
                yield (key, f"{shown} is not of the type {of} and never right", "correct it, or the type")


def _is_of(value: Any, schema: Mapping[str, Any]) -> bool:
    match value:
        case None:
            return _may_be("null", schema)
        case bool():
            return _may_be("boolean", schema)
        case int():
            return _may_be("number", schema)
        case float():
            return "number" in (_types(schema) or ()) or (value.is_integer() and _may_be("number", schema))
    return _may_be("string" if isinstance(value, str) else "array" if isinstance(value, list) else "object", schema)


def _unseen(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Said]:
    """`additionalProperties: false` knows the properties beside it alone, not those of `$ref` or `allOf`."""
    if schema.get("additionalProperties") is not False:
        return
    seen = schema.get("properties", {})
    for key, part in _parts(schema, root):
        others = [name for name in part.get("properties", {}) if name not in seen]
        if others and "patternProperties" not in schema:
            message = f"`additionalProperties: false` refuses {quoted(others[0])}, which {quoted(key)} declares"
            yield ("additionalProperties", message, "write `unevaluatedProperties: false`, which sees both")
            return


def _parts(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key in ("allOf", "anyOf", "oneOf"):
        yield from ((key, part) for part in schema.get(key, ()) if isinstance(part, dict))
    yield from ((key, schema[key]) for key in ("then", "else") if isinstance(schema.get(key), dict))
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    target = root.get("$defs", {}).get(name)
    if isinstance(target, dict):
        yield "$ref", target


def is_open(schema: Mapping[str, Any]) -> bool:
    """Whether data take any field, without saying that they shall: what declares fields takes no others."""
    said = {"properties", "additionalProperties", "unevaluatedProperties", "patternProperties", "propertyNames"}
    return said.isdisjoint(schema) and COMBINED.isdisjoint(schema)
