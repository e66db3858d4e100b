"""The JSON Schema of machines/NAME.yaml for editors, made from the models that load it.

`python -m app.domain.declaring.yaml_schema > app/domain/case_type.schema.json` writes it anew.
"""

import json
import sys
from typing import Any

from app.domain.case_type import INLINE, CaseType, Declared
from app.domain.declaring.expectations import MEANING, expected
from app.domain.declaring.places import TITLES
from app.domain.schema import DRAFT

Json = dict[str, Any]


def case_type_schema() -> Json:
    """What a file may hold, both short forms included, as JSON Schema 2020-12."""
    schema: Json = CaseType.model_json_schema(by_alias=True)
    definitions: Json = schema.pop("$defs")
    for model in TITLES:
        declared = schema if model is CaseType else definitions[model.__name__]
        _describe(declared, model)
    _allow_one_transition_inline(definitions["Event"], definitions["Transition"])
    _allow_initial(schema)
    return {
        "$schema": DRAFT,
        "title": "A case type of Stateward",
        **{key: value for key, value in schema.items() if key != "title"},
        "$defs": definitions,
    }


def case_type_schema_text() -> str:
    """The shipped file."""
    return json.dumps(case_type_schema(), indent=2, ensure_ascii=False) + "\n"


def _describe(declared: Json, model: type[Declared]) -> None:
    """Say what each key takes, and leave out what is pydantic's and not the format's."""
    declared.pop("title")
    declared["description"] = (model.__doc__ or "").partition("\n")[0]
    for key, written in declared["properties"].items():
        declared["properties"][key] = {**_plain(written), "description": _description(model, key)}


def _description(model: type[Declared], key: str) -> str:
    takes = f"Takes {expected(model.__name__, key)}."
    meaning = MEANING.get(model.__name__, {}).get(key)
    return f"{meaning} {takes}" if meaning else takes


def _plain(written: Json) -> Json:
    """A property without titles and without null, which the format does not have."""
    kept = {key: value for key, value in written.items() if key not in ("title", "default")}
    if written.get("default") is not None:
        kept["default"] = written["default"]
    if written.get("additionalProperties") is True and written.get("type") == "object":
        return {"$ref": DRAFT}
    options = [option for option in kept.pop("anyOf", []) if option != {"type": "null"}]
    if any(option.get("additionalProperties") is True for option in options):
        return {"$ref": DRAFT}
    if len(options) == 1:
        return {**options[0], **kept}
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    return {**kept, "anyOf": options} if options else kept


def _allow_one_transition_inline(event: Json, transition: Json) -> None:
    inline = {key: value for key, value in transition["properties"].items() if key in INLINE}
    event["properties"] |= inline
    event.pop("required", None)
    event["oneOf"] = [
        {"required": ["transitions"], "not": {"anyOf": [{"required": [key]} for key in inline]}},
        {"required": ["from", "to"], "not": {"required": ["transitions"]}},
    ]


def _allow_initial(schema: Json) -> None:
    schema["properties"]["initial"] = {"type": "string", "description": _description(CaseType, "initial")}
    schema["required"].remove("opening")
    schema["oneOf"] = [{"required": ["opening"]}, {"required": ["initial"]}]


if __name__ == "__main__":
    sys.stdout.write(case_type_schema_text())
