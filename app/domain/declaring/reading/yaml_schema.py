"""The JSON Schemas of case types, of parts that they include and of calendars for editors, made from the models.

They refer to nothing outside themselves, not even to the draft they are of: an editor would fetch it, and one without
internet then shows nothing. `stateward schema` prints them.

`python -m app.domain.declaring.reading.yaml_schema case_type > app/domain/definition/case_type.schema.json`
writes one anew.
"""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from app.domain.declaring.reading.expectations import MEANING, expected
from app.domain.declaring.reading.parts import INCLUDE, KEYS
from app.domain.declaring.reading.places import TITLES
from app.domain.declaring.reading.schema_of_schemas import NAME, ROOT, SCHEMA
from app.domain.definition.calendar_file import CalendarFile
from app.domain.definition.case_type import INLINE, CaseType
from app.domain.definition.declared import Declared

Schema = dict[str, Any]


def case_type_schema() -> Schema:
    """What a file of a case type may hold, both short forms included, as JSON Schema."""
    schema = _described(CaseType, "A case type of Stateward")
    _allow_one_transition_inline(schema["$defs"]["Event"], schema["$defs"]["Transition"])
    _allow_initial(schema)
    names = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    schema["properties"][INCLUDE] = {**names, "description": _description(CaseType, INCLUDE)}
    return schema


def part_schema() -> Schema:
    """What a file that case types include may hold, as JSON Schema."""
    whole = case_type_schema()
    properties = {key: whole["properties"][key] for key in KEYS}
    shared: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {"title": "A part of case types of Stateward", **shared, "$defs": whole["$defs"]}


def calendar_schema() -> Schema:
    """What a file of a calendar may hold, as JSON Schema."""
    return _described(CalendarFile, "A business calendar of Stateward")


SCHEMAS: Final[Mapping[str, Callable[[], Schema]]] = {
    "case_type": case_type_schema,
    "part": part_schema,
    "calendar": calendar_schema,
}


def schema_text(name: str) -> str:
    """The shipped file."""
    return json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=False) + "\n"


def _described(root: type[Declared], title: str) -> Schema:
    schema: Schema = root.model_json_schema(by_alias=True)
    definitions: Schema = schema.pop("$defs")
    models = {model.__name__: model for model in TITLES}
    _describe(schema, root)
    for name, declared in definitions.items():
        _describe(declared, models[name])
    if root is CaseType:
        definitions[NAME] = SCHEMA
    return {"title": title, **schema, "$defs": definitions}


def _describe(declared: Schema, model: type[Declared]) -> None:
    """Say what each key takes, and leave out what is pydantic's and not the format's."""
    declared.pop("title")
    declared["description"] = (model.__doc__ or "").partition("\n")[0]
    for key, written in declared["properties"].items():
        declared["properties"][key] = {**_plain(written), "description": _description(model, key)}


def _description(model: type[Declared], key: str) -> str:
    takes = f"Takes {expected(model.__name__, key)}."
    meaning = MEANING.get(model.__name__, {}).get(key)
    return f"{meaning} {takes}" if meaning else takes


def _plain(written: Schema) -> Schema:
    """A property without titles and without null, which the format does not have."""
    kept = {key: value for key, value in written.items() if key not in ("title", "default")}
    if written.get("default") is not None:
        kept["default"] = written["default"]
    if written.get("additionalProperties") is True and written.get("type") == "object":
        return dict(ROOT)
    options = [option for option in kept.pop("anyOf", []) if option != {"type": "null"}]
    if any(option.get("additionalProperties") is True for option in options):
        return dict(ROOT)
    if len(options) == 1:
        return {**options[0], **kept}
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    return {**kept, "anyOf": options} if options else kept


def _allow_one_transition_inline(event: Schema, transition: Schema) -> None:
    inline = {key: value for key, value in transition["properties"].items() if key in INLINE}
    event["properties"] |= inline
    event.pop("required", None)
    event["oneOf"] = [
        {"required": ["transitions"], "not": {"anyOf": [{"required": [key]} for key in inline]}},
        {"required": ["from", "to"], "not": {"required": ["transitions"]}},
        {"not": {"anyOf": [{"required": [key]} for key in ("transitions", *inline)]}},
    ]


def _allow_initial(schema: Schema) -> None:
    schema["properties"]["initial"] = {"type": "string", "description": _description(CaseType, "initial")}
    schema["required"].remove("opening")
    schema["oneOf"] = [{"required": ["opening"]}, {"required": ["initial"]}]


if __name__ == "__main__":
    sys.stdout.write(schema_text(sys.argv[1]))
