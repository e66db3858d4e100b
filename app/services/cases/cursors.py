"""Where a page of cases ends, as callers are given it and give it back."""

import base64
import binascii
import json
import uuid
from datetime import datetime
from typing import Any

from app.domain.case.case import Case
from app.domain.values.errors import invalid
from app.domain.values.json import Json
from app.domain.values.rfc3339 import parse_rfc3339, rfc3339
from app.domain.values.writable import writable
from app.services.store.case_query import IN_QUEUE, QUEUE, SORTS, ColumnValue, Sort, SortValue, sort_value

UNREADABLE = (binascii.Error, ValueError, TypeError, AttributeError, OverflowError, RecursionError)


def place_of(case: Case, sort: str) -> tuple[SortValue, str]:
    return sort_value(sort, lambda name: getattr(case, name)), case.id


def cursor_of(place: tuple[SortValue, str], sort: str) -> str:
    """Of a page that begins after this place."""
    value, case_id = place
    shown = list(map(_shown, value)) if sort == QUEUE else _shown(value)
    return base64.urlsafe_b64encode(json.dumps([sort, shown, case_id]).encode()).decode()


def position(cursor: str, sort: str) -> tuple[SortValue, str]:
    """Where the next page begins, as `cursor_of` wrote it for the same sort. Raises Invalid."""
    try:
        made_for, value, case_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        uuid.UUID(case_id)
        if made_for != sort:
            raise ValueError("made for another sort")
        if sort != QUEUE:
            return _sort_value(value, SORTS[sort.removeprefix("-")]), case_id
        return tuple(_sort_value(one, by) for one, by in zip(value, IN_QUEUE.values(), strict=True)), case_id
    except UNREADABLE as fault:
        raise invalid("cursor", "is not one that this service gave for this sort; start again without it") from fault


def _shown(value: ColumnValue) -> Json:
    return rfc3339(value) if isinstance(value, datetime) else value


def _sort_value(value: Any, by: Sort) -> ColumnValue:
    if value is None and by.may_be_absent:
        return None
    if by.of is datetime:
        return parse_rfc3339(value)
    if not isinstance(value, by.of):
        raise ValueError("a value of another column")
    if writable(value) is not None:
        raise ValueError("a value that no column holds")
    return value
