"""The bytes of a body as JSON, in pieces that leave the loop to others in between."""

import json
import re
from typing import NoReturn

import msgspec

from app.domain.values.errors import FieldError, Malformed, TooLarge
from app.domain.values.json import Json
from app.http.bodies.value_count import ValueCount
from app.services.fairness.slices import Slice

PIECE = 2**20
"""Bytes that are read in one go: as much as any body but a batch's may have, and as an attempt of a batch may have."""
LONGEST_START = 2**15
BLANK = b" \t\r\n"
_START = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"attempts"[ \t\r\n]*:[ \t\r\n]*(?=\[)')
_ATTEMPTS = msgspec.json.Decoder(list[msgspec.Raw])


async def read(raw: bytes, most: int, turn: Slice) -> Json:
    """JSON in UTF-8 without duplicate keys; Malformed on anything else, TooLarge where it has more than `most` values.

    A body that is larger than a piece must be a batch, whose attempts are read one by one.
    """
    count = ValueCount(raw, most)
    for _ in count.slices():
        await turn.give()
    if count.exceeded:
        _refuse(raw, most)
    await turn.give()
    if len(raw) <= PIECE:
        return _loaded(raw, "The body")
    attempts = []
    for place, attempt in enumerate(_attempts(raw)):
        await turn.give()
        if len(attempt) > PIECE:
            raise too_large(place, f"has {len(attempt)} bytes, an attempt may have {PIECE}")
        attempts.append(_loaded(bytes(attempt), f"attempts.{place}"))
    return {"attempts": attempts}


def too_large(place: int, message: str) -> TooLarge:
    """One attempt of a batch is larger than it may be."""
    return TooLarge(f"attempts.{place} {message}.", errors=(FieldError(f"attempts.{place}", message),))


def _refuse(raw: bytes, most: int) -> NoReturn:
    if _never_ends(raw[:LONGEST_START]):
        raise _too_deep("The body")
    raise TooLarge(f"The body holds more than {most} JSON values; send it in parts.")


def _never_ends(start: bytes) -> bool:
    """Whether the start of a body nests too deeply, however much more there is of it."""
    try:
        json.loads(start)
    except RecursionError:
        return True
    except ValueError:  # of course: it is cut off
        return False
    return False


def _attempts(raw: bytes) -> list[msgspec.Raw]:
    """The attempts of a batch as they were sent. What stands around them is looked at to the letter."""
    start, end = _START.match(raw), raw.rstrip(BLANK)
    if start is None or not end.endswith(b"}"):
        raise Malformed(f'A body of more than {PIECE} bytes must be {{"attempts": [...]}} and nothing else.')
    try:
        return _ATTEMPTS.decode(memoryview(end)[start.end() : -1])
    except RecursionError:
        raise _too_deep("The body") from None
    except msgspec.DecodeError as error:
        raise Malformed(f"The body is not a batch in JSON ({error}).") from None


def _loaded(raw: bytes, what: str) -> Json:
    try:
        value: Json = json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
        return value
    except RecursionError:
        raise _too_deep(what) from None
    except UnicodeDecodeError:
        raise Malformed(f"{what} is not UTF-8.") from None
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Malformed(f"{what} is not JSON{where}.") from None


def _too_deep(what: str) -> Malformed:
    return Malformed(f"{what} is nested too deeply.")


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("An object of the body holds the same key twice.")
    return found


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON.")
