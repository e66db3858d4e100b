"""The operations of the OpenAPI document: parameters that may be left out, bodies, headers, examples and links."""

from typing import Any

from app.http.openapi.examples import ANSWERS
from app.http.openapi.links import LINKS
from app.http.openapi.schemas import words

METHODS = {"get", "post", "put", "patch", "delete"}
EMPTY_OF_LITESTAR = {"Request fulfilled, document follows", "Document created, URL follows"}
FILE: dict[str, Any] = {"type": "string", "format": "binary"}
SENT: dict[str, Any] = {
    "description": "The file. Any other Content-Type will do too: it is kept as `declared_type`",
    "content": {"application/octet-stream": {"schema": {**FILE, "minLength": 1}}},
    "required": True,
}
FILES: dict[str, Any] = {"attachFile": SENT, "sendFile": SENT}
"""Bodies that Litestar does not know of, because we read them as they come."""
BESIDE: dict[str, Any] = {
    "drawCaseType": {"text/plain": {"schema": {"type": "string"}}},
    "fetchAttachment": {"application/octet-stream": {"schema": FILE}},
    "fetchExport": {"application/octet-stream": {"schema": FILE}},
}
"""Media types of the answer with 200, or 206, that Litestar leaves out, or says less of."""


def exact_operations(item: dict[str, Any]) -> dict[str, Any]:
    return {key: _exact(of) if key in METHODS else of for key, of in item.items()}


def _exact(operation: dict[str, Any]) -> dict[str, Any]:
    name = operation["operationId"]
    changed: dict[str, Any] = {"description": operation["description"].replace("\n", " ")}
    if "parameters" in operation:
        changed["parameters"] = [_parameter(one) for one in operation["parameters"]]
    if name in FILES:
        changed["requestBody"] = FILES[name]
    changed["responses"] = {status: _response(name, status, of) for status, of in operation["responses"].items()}
    return {**operation, **changed}


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    """One that may be left out is never null: there is no way to send that."""
    kept = {key: of for key, of in parameter.items() if of is not False}
    schema = {key: of for key, of in parameter["schema"].items() if key != "description"}
    if "oneOf" in schema:
        [of] = [one for one in schema.pop("oneOf") if one != {"type": "null"}]
        schema = {**of, **schema}
    if isinstance(schema.get("type"), list):
        [schema["type"]] = [one for one in schema["type"] if one != "null"]
        schema["enum"] = [one for one in schema["enum"] if one is not None]
    return {**kept, "schema": schema}


def _response(name: str, status: str, response: dict[str, Any]) -> dict[str, Any]:
    made = {key: of for key, of in response.items() if key not in ("content", "headers")}
    content = {media_type: _without_ids(of) for media_type, of in response.get("content", {}).items()}
    content |= BESIDE.get(name, {}) if status in ("200", "206") else {}
    if response["description"] in EMPTY_OF_LITESTAR:
        made["description"] = _first_sentence(content)
    if (name, status) in ANSWERS:
        content["application/json"]["example"] = ANSWERS[name, status]
    if headers := response.get("headers"):
        made["headers"] = _headers(headers)
    if content:
        made["content"] = content
    if links := LINKS.get((name, status)):
        made["links"] = links
    return made


def _first_sentence(content: dict[str, Any]) -> str:
    """The first sentence of what the shape of the answer says of itself; of several, the first."""
    schema: dict[str, Any] = next((of["schema"] for of in content.values() if "schema" in of), {})
    schema = schema.get("oneOf", [schema])[0]
    text = words().get(schema.get("$ref", "").rpartition("/")[2], "")
    return text.partition("\n\n")[0].replace("\n", " ").partition(". ")[0].removesuffix(".") or "Done"


def _headers(headers: dict[str, Any]) -> dict[str, Any]:
    """Sorted, because Litestar keeps them in a set, and two replicas would say the same in two orders."""
    listed: Any = sorted(headers.items())
    return {
        name: {"schema": {"type": "string"}, **{key: value for key, value in of.items() if value is not False}}
        for name, of in listed
    }


def _without_ids(media: dict[str, Any]) -> dict[str, Any]:
    if "examples" not in media:
        return media
    examples = {
        name: {key: value for key, value in example.items() if key != "id"}
        for name, example in media["examples"].items()
    }
    return {**media, "examples": examples}
