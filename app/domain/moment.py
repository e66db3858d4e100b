"""Moments as text: RFC 3339 in UTC with microseconds."""

import re
from datetime import UTC, datetime

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def rfc3339(moment: datetime) -> str:
    """An aware moment as `2026-11-20T08:00:00.000000Z`."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.isoformat(timespec='microseconds')[:-6]}Z"


def parse_rfc3339(text: str) -> datetime:
    """The moment that an RFC 3339 text names, in UTC; ValueError where it names none."""
    upper = text.upper()
    try:
        if RFC3339.fullmatch(upper):  # Python reads more than that
            return datetime.fromisoformat(upper).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("must be an RFC 3339 time with an offset, such as 2026-11-20T08:00:00Z")
