"""Check the words of a schema that say how a field is shown: money, units, titles of values, languages."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import CaseType
from app.domain.definition.fields import field_paths, is_declared, schema_at
from app.domain.definition.languages import LANGUAGES, NAMED_SCHEMAS, SPOKEN, VALUES, Schema
from app.domain.values.currencies import CURRENCIES
from app.domain.values.near_names import choose, quoted

Said = tuple[Path, str, str]
"""Where below the schema, what is wrong, and what to do."""
UNIT: Final = "write what stands behind the number, such as `x-unit: m²`"


def check_shown(case_type: CaseType, source: Source) -> Iterator[Fault]:
    """Needs valid schemas."""
    places: list[tuple[Path, Schema]] = [(("data",), case_type.data)]
    places += [
        (("events", name, "payload"), event.payload) for name, event in case_type.events.items() if event.payload
    ]
    for here, schema in places:
        for path, part in subschemas(schema):
            for key, message, remedy in _faults(part, {"data": case_type.data, here[-1]: schema}):
                yield source.error((*here, *path, *key), message, remedy)


def subschemas(schema: Any, path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """A schema and all that are part of it, each with its path."""
    if isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from subschemas(part, (*path, index))
    elif isinstance(schema, dict):
        yield path, schema
        for key, value in schema.items():
            if key in NAMED_SCHEMAS and isinstance(value, dict):
                for name, part in value.items():
                    yield from subschemas(part, (*path, key, name))
            elif key not in VALUES and not key.startswith("x-") and isinstance(value, dict | list):
                yield from subschemas(value, (*path, key))


def language_faults(schema: Schema) -> Iterator[Said]:
    """Titles that are neither a text nor one in languages of the pages."""
    for path, part in subschemas(schema):
        for key in SPOKEN & part.keys():
            yield from _languages(part[key], (*path, key))
        titles = part.get("x-titles")
        for value, title in titles.items() if isinstance(titles, dict) else ():
            yield from _languages(title, (*path, "x-titles", value))


def _languages(text: Any, path: Path) -> Iterator[Said]:
    """A fault for each language that is unknown or empty; every other value than a map is left to others."""
    if not isinstance(text, dict):
        return
    if not text:
        yield path, "no language is given", "write a text, or `{en: ..., de: ...}`"
    for language, words in text.items():
        if language not in LANGUAGES:
            message = f"{quoted(language)} is no language of the pages"
            yield (*path, language), message, choose(str(language), LANGUAGES, "languages")
        elif not isinstance(words, str) or not words:
            yield (*path, language), f"{quoted(language)} is no text", "give it one, or remove it"


def _faults(schema: Mapping[str, Any], roots: Mapping[object, Schema]) -> Iterator[Said]:
    if "x-money" in schema:
        yield from _money(schema, roots)
    if not isinstance(schema.get("x-multiline", True), bool):
        yield ("x-multiline",), "`x-multiline` is neither `true` nor `false`", "write `x-multiline: true`"
    if "x-unit" in schema and (not isinstance(schema["x-unit"], str) or not schema["x-unit"]):
        yield ("x-unit",), "`x-unit` is no text", UNIT
    if "x-titles" in schema:
        yield from _titles(schema)


def _money(schema: Mapping[str, Any], roots: Mapping[object, Schema]) -> Iterator[Said]:
    kinds = _types(schema)
    if not kinds or not kinds <= {"integer", "null"}:
        message = "`x-money` counts minor units, and this is no whole number"
        yield ("x-money",), message, "write `type: integer`, so that 12.34 is kept as 1234"
    currency = schema["x-money"]
    root, dot, _ = currency.partition(".") if isinstance(currency, str) else ("", "", "")
    if dot and root in roots:
        yield from _currency_field(currency, roots[root])
    elif currency not in CURRENCIES if isinstance(currency, str) else True:
        yield ("x-money",), f"{quoted(currency)} is no currency of ISO 4217", _meant(currency, roots)


def _meant(currency: Any, roots: Mapping[object, Schema]) -> str:
    written = str(currency)
    if written.upper() in CURRENCIES:
        return f"write `{written.upper()}`"
    fields = [path for root, schema in roots.items() for path in field_paths(schema, str(root))]
    return choose(written, fields, "fields") if fields and "." in written else "write `EUR`, or a field of its currency"


def _currency_field(field: str, root: Schema) -> Iterator[Said]:
    above = field.partition(".")[0]
    if not is_declared(root, field):
        yield ("x-money",), f"unknown field {quoted(field)}", choose(field, field_paths(root, above), "declared fields")
        return
    declared = schema_at(root, field)
    values = [declared["const"]] if "const" in declared else declared.get("enum")
    if values is None and "string" not in (_types(declared) or {"string"}):
        yield ("x-money",), f"{quoted(field)} is no text, and so no currency", "name a field of `type: string`"
    for value in values or ():
        if value is not None and value not in CURRENCIES:
            message = f"{quoted(field)} may be {quoted(value)}, which is no currency of ISO 4217"
            yield ("x-money",), message, choose(str(value), sorted(CURRENCIES), "currencies")


def _titles(schema: Mapping[str, Any]) -> Iterator[Said]:
    titles, values = schema["x-titles"], schema.get("enum")
    if not isinstance(titles, dict):
        yield ("x-titles",), "`x-titles` is no mapping", "write `{value: title}` for the values of `enum`"
        return
    if not isinstance(values, list):
        yield ("x-titles",), "`x-titles` without `enum` beside it", "add `enum: [...]`, or remove it"
        return
    known = [_key(value) for value in values]
    for value, title in titles.items():
        if value not in known:
            yield ("x-titles", value), f"{quoted(value)} is no value of `enum`", choose(value, known, "values")
        elif not isinstance(title, str) or not title:
            yield (
                ("x-titles", value),
                f"the title of {quoted(value)} is no text",
                "write a text, or `{en: ..., de: ...}`",
            )


def _key(value: Any) -> str:
    """How a value of an enum is written as a key: YAML takes texts there alone."""
    return {None: "null", True: "true", False: "false"}.get(value, str(value)) if _is_literal(value) else str(value)


def _is_literal(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _types(schema: Mapping[str, Any]) -> set[Any]:
    stated = schema.get("type")
    return {stated} if isinstance(stated, str) else set(stated) if isinstance(stated, list) else set()
