"""Request bodies: strict JSON that the log can write down again, then the model of the call."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import InternalServerException
from pydantic import BaseModel, ValidationError

from app.domain.case.attempt import Actor
from app.domain.values.errors import FieldError, Invalid, Malformed
from app.domain.values.json import Json
from app.domain.values.near_names import nearest
from app.domain.values.writable import MAX_DEPTH, MAX_EXACT, exact, is_text, values_in, writable
from app.http.bodies.body_bytes import read, too_large
from app.http.bodies.requests import MOST_ATTEMPTS, Simulate, TryEvent, TryEvents
from app.http.border.errors import UnsupportedMediaType
from app.http.border.large import hold, slice_of
from app.services.fairness.slices import Slice

MOST_ERRORS = 100
LONGEST_PATH = 200
NOT_KNOWN = "This field is not known."
OF_MANY_PARTS = frozenset({TryEvents, Simulate})
"""The bodies that are more than one attempt."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How many JSON values a body may hold, and an attempt: alone in a body, or as one of a batch."""

    body_values: int = 20_000
    attempt_values: int = 4_000


class BodyRequest(Request[Actor, None, State]):
    """A request whose body is read by us: Litestar takes duplicate keys, any media type, and mangles paths."""

    async def json(self) -> Any:
        field = self.route_handler.parsed_data_field
        assert field is not None
        raw = await self.body()
        async with slice_of(self) as turn:
            return await validated_in_parts(
                field.annotation, await parse(raw, field.annotation, self.app.state.limits, turn), turn
            )

    async def body(self) -> bytes:
        _check_media_type(self)
        hold(self)
        try:
            raw = await super().body()
        except InternalServerException:
            raise Malformed("The body ended too early.") from None
        if not raw:
            raise Malformed("The body is empty.")
        return raw


async def parse(raw: bytes, model: type[BaseModel], limits: BodyLimits, turn: Slice) -> Json:
    """JSON that the log can write down; Malformed, Invalid or TooLarge on anything else."""
    value = await read(raw, limits.body_values if model in OF_MANY_PARTS else limits.attempt_values, turn)
    for place, part in _parts(value, model):
        if place is not None and values_in(part) > limits.attempt_values:
            raise too_large(place, f"holds more than {limits.attempt_values} JSON values")
        if writable(part) is not None:  # seldom: where and why not costs more than whether
            _tell(value)
        await turn.give()
    return value


def _parts(value: Json, model: type[BaseModel]) -> Iterable[tuple[int | None, Json]]:
    """The attempts of a batch with their places, or any other body as a whole."""
    if model is TryEvents and isinstance(value, dict) and isinstance(attempts := value.get("attempts"), list):
        yield from enumerate(attempts)
        value = {**value, "attempts": None}
    yield None, value


def _tell(value: Json) -> None:
    faults: list[FieldError] = []
    _look(value, (), faults)
    _refuse(faults)


async def validated_in_parts(model: type[Model], value: Any, turn: Slice) -> Model:
    """As `validated`, the attempts of a batch one by one."""
    if model is TryEvents and isinstance(value, dict) and isinstance(attempts := value.get("attempts"), list):
        read, faults = [], []
        for place, attempt in enumerate(attempts[: MOST_ATTEMPTS + 1]):
            try:
                read.append(TryEvent.model_validate(attempt))
            except ValidationError as error:
                faults += _faults(error, "attempts", place)
            if len(faults) >= MOST_ERRORS:
                break
            await turn.give()
        _refuse(faults)
        value = {**value, "attempts": read}
    return validated(model, value)


def validated(model: type[Model], value: Any) -> Model:
    """The value as a model of the call; Invalid names the fields that are wrong."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = _faults(error, of=model)
    _refuse(faults)
    raise AssertionError("a validation error without errors")


def _faults(error: ValidationError, *path: str | int, of: type[BaseModel] | None = None) -> list[FieldError]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [FieldError(".".join(map(str, (*path, *one["loc"]))), _words(one["msg"], one["loc"], of)) for one in found]


def _words(message: str, place: Sequence[str | int], of: type[BaseModel] | None) -> str:
    """With the name that was probably meant, where a field is not known."""
    told = _for_people(message)
    if told != NOT_KNOWN or not isinstance(name := place[-1], str):
        return told
    close = nearest(name, _known(of, place[:-1]))
    return f"This field is not known; did you mean `{close}`?" if close else told


def _known(model: type[BaseModel] | None, place: Sequence[str | int]) -> list[str]:
    """The fields of a body, or of an object in it."""
    for name in place:
        fields = model.model_fields if model else {}
        inner = next((field.annotation for key, field in fields.items() if name in (key, field.alias)), None)
        model = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None
    return [field.alias or key for key, field in model.model_fields.items()] if model else []


def _check_media_type(request: BodyRequest) -> None:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body without a content encoding.")
    if request.headers.get("content-type") == "application/json":
        return
    media_type, options = request.content_type
    if media_type.lower() != "application/json" or options.get("charset", "utf-8").lower() != "utf-8":
        raise UnsupportedMediaType("Send the body as application/json in UTF-8.")


def _look(value: Json, path: Sequence[str], faults: list[FieldError]) -> None:
    """Find what RFC 8785 or the database cannot write: NUL, lone surrogates, numbers beyond a double, depth."""
    if isinstance(value, dict | list):
        _look_inside(value, path, faults)
    elif fault := _fault(value):
        _note(faults, path, fault)


def _look_inside(value: dict[str, Json] | list[Json], path: Sequence[str], faults: list[FieldError]) -> None:
    if len(path) >= MAX_DEPTH:
        _note(faults, path, f"is nested more than {MAX_DEPTH} deep")
        return
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(key, str) and not is_text(key):
            _note(faults, path, "holds a key with NUL or half a surrogate pair")
        else:
            _look(item, (*path, str(key)), faults)


def _note(faults: list[FieldError], path: Sequence[str], message: str) -> None:
    """A path is written out where it is told only: its names may be as long as the body."""
    if len(faults) < MOST_ERRORS:
        faults.append(FieldError(".".join(name[:LONGEST_PATH] for name in path), message))


def _fault(value: Json) -> str | None:
    if isinstance(value, str):
        return None if is_text(value) else "must not hold NUL or half a surrogate pair"
    if isinstance(value, int | float) and not exact(value):
        return f"must be a number that is kept exactly, such as an integer from -{MAX_EXACT} to {MAX_EXACT}"
    return None


def _for_people(message: str) -> str:
    known = {"Field required": "This field is required.", "Extra inputs are not permitted": NOT_KNOWN}
    return known.get(message) or re.sub(r"^\w+ should ", "must ", message.removeprefix("Value error, "))


def _refuse(faults: list[FieldError]) -> None:
    if faults:
        shown = tuple(FieldError(fault.field[:LONGEST_PATH], fault.message) for fault in faults[:MOST_ERRORS])
        raise Invalid("Some fields of the body are not valid.", errors=shown)
