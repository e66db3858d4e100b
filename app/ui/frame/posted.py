"""What a form sent: its fields and files, bounded in size and number, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import InternalServerException

from app.domain.values.errors import Malformed
from app.domain.values.writable import is_text
from app.http.border.errors import UnsupportedMediaType
from app.http.border.large import hold
from app.services.fairness.fair_queue import Caller
from app.ui.frame.reader import reader_of

MOST_FIELDS = 10_000
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
KEPT = "posted"
STRANGERS: Caller = ("", "")
"""Whoever is not signed in: all of them share the places of one."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Fields by name, each with all its values in order; line breaks are `\\n`."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, tuple[UploadFile, ...]] = field(default_factory=dict)

    def one(self, name: str, default: str = "") -> str:
        """The last value, as a box that was ticked stands behind its hidden twin."""
        values = self.all(name)
        return values[-1] if values else default

    def all(self, name: str) -> tuple[str, ...]:
        return self.fields.get(name, ())

    def names(self) -> tuple[str, ...]:
        return tuple(self.fields)


async def posted(request: Request[Any, Any, Any], caller: Caller = STRANGERS) -> Posted:
    """`caller`: whose the places of the body are where nobody is signed in. Raises Malformed, TooLarge by Litestar,
    UnsupportedMediaType, and Unavailable where there is no room."""
    kept = request.scope["state"].get(KEPT)
    if isinstance(kept, Posted):
        return kept
    reader = reader_of(request)
    hold(request, (reader.tenant, reader.id) if reader else caller)
    read = await _read(request)
    request.scope["state"][KEPT] = read
    return read


async def _read(request: Request[Any, Any, Any]) -> Posted:
    kind = request.content_type[0].lower()
    try:
        if kind == FORM:
            return _sorted(_pairs(await request.body()))
        if kind == MULTIPART:
            return _sorted((await request.form()).multi_items())
    except InternalServerException:
        raise Malformed("The form ended too early.") from None
    except (UnicodeError, LookupError):
        raise Malformed("The form is not written in UTF-8.") from None
    if not kind and request.content_length in (None, 0):
        return Posted()
    raise UnsupportedMediaType("Send the form as the page does.")


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise Malformed("The form cannot be read, or has too many fields.") from None


def _sorted(pairs: Any) -> Posted:
    fields: dict[str, list[str]] = {}
    files: dict[str, list[UploadFile]] = {}
    for name, value in pairs:
        if isinstance(value, UploadFile):
            files.setdefault(name, []).append(value)
            continue
        if not (is_text(name) and is_text(value)):
            raise Malformed("The form holds characters that cannot be kept.")
        fields.setdefault(name, []).append(value.replace("\r\n", "\n").replace("\r", "\n"))
    return Posted(_frozen(fields), _frozen(files))


def _frozen(found: dict[str, list[Any]]) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(values) for name, values in found.items()}
