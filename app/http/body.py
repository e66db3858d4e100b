"""Request bodies: strict JSON that the log can write down again, then the model of the call."""

import json
import re
from typing import Any, NoReturn, TypeVar

from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import InternalServerException
from pydantic import BaseModel, ValidationError

from app.domain.case import Actor, Json
from app.domain.errors import FieldError, Invalid, Malformed
from app.domain.writable import MAX_DEPTH, MAX_EXACT, exact, is_text
from app.http.errors import UnsupportedMediaType

MOST_ERRORS = 100
LONGEST_PATH = 200

Model = TypeVar("Model", bound=BaseModel)


class BodyRequest(Request[Actor, None, State]):
    """A request whose body is read by us: Litestar takes duplicate keys, any media type, and mangles paths."""

    async def json(self) -> Any:
        field = self.route_handler.parsed_data_field
        assert field is not None
        return validated(field.annotation, parse(await self.body()))

    async def body(self) -> bytes:
        _check_media_type(self)
        try:
            raw = await super().body()
        except InternalServerException:
            raise Malformed("The body ended too early.") from None
        if not raw:
            raise Malformed("The body is empty.")
        return raw


def parse(raw: bytes) -> Json:
    """JSON in UTF-8 without duplicate keys; Malformed on anything else, Invalid on what the log cannot write."""
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise Malformed("The body is nested too deeply.") from None
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Malformed(f"The body is not JSON{where}.") from None
    faults: list[FieldError] = []
    _look(value, "", 0, faults)
    _refuse(faults)
    return value


def validated(model: type[Model], value: Json) -> Model:
    """The value as a model of the call; Invalid names the fields that are wrong."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [FieldError(".".join(map(str, fault["loc"])), _for_people(fault["msg"])) for fault in found]
    _refuse(faults)
    raise AssertionError("a validation error without errors")


def _check_media_type(request: BodyRequest) -> None:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body without a content encoding.")
    if request.headers.get("content-type") == "application/json":
        return
    media_type, options = request.content_type
    if media_type.lower() != "application/json" or options.get("charset", "utf-8").lower() != "utf-8":
        raise UnsupportedMediaType("Send the body as application/json in UTF-8.")


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("An object of the body holds the same key twice.")
    return found


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON.")


def _look(value: Json, path: str, depth: int, faults: list[FieldError]) -> None:
    """Find what RFC 8785 or the database cannot write: NUL, lone surrogates, numbers beyond a double, depth."""
    if isinstance(value, dict | list):
        _look_inside(value, path, depth, faults)
    elif fault := _fault(value):
        faults.append(FieldError(path, fault))


def _look_inside(value: dict[str, Json] | list[Json], path: str, depth: int, faults: list[FieldError]) -> None:
    if depth >= MAX_DEPTH:
        faults.append(FieldError(path, f"is nested more than {MAX_DEPTH} deep"))
        return
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(key, str) and not is_text(key):
            faults.append(FieldError(path, "holds a key with NUL or half a surrogate pair"))
        else:
            _look(item, f"{path}.{key}" if path else str(key), depth + 1, faults)


def _fault(value: Json) -> str | None:
    if isinstance(value, str):
        return None if is_text(value) else "must not hold NUL or half a surrogate pair"
    if isinstance(value, int | float) and not exact(value):
        return f"must be a number that is kept exactly, such as an integer from -{MAX_EXACT} to {MAX_EXACT}"
    return None


def _for_people(message: str) -> str:
    known = {"Field required": "This field is required.", "Extra inputs are not permitted": "This field is not known."}
    return known.get(message) or re.sub(r"^\w+ should ", "must ", message.removeprefix("Value error, "))


def _refuse(faults: list[FieldError]) -> None:
    if faults:
        shown = tuple(FieldError(fault.field[:LONGEST_PATH], fault.message) for fault in faults[:MOST_ERRORS])
        raise Invalid("Some fields of the body are not valid.", errors=shown)
