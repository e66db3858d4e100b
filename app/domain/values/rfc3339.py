"""Moments as text: RFC 3339 in UTC with microseconds, and which of them somebody may mean."""

import re
from datetime import UTC, date, datetime
from typing import Final

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
FIRST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LAST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""What lies before the first or from the last on is a slip of the pen rather than something that happens to a case."""


def rfc3339(moment: datetime) -> str:
    """An aware moment as `2026-11-20T08:00:00.000000Z`."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.isoformat(timespec='microseconds')[:-6]}Z"


def rfc3339_or_none(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def parse_rfc3339(text: str) -> datetime:
    """The moment that an RFC 3339 text names, in UTC; ValueError where it names none."""
    upper = text.upper()
    try:
        if RFC3339.fullmatch(upper):  # Python reads more than that
            return datetime.fromisoformat(upper).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("must be an RFC 3339 time with an offset, such as 2026-11-20T08:00:00Z")


def near(moment: datetime) -> datetime:
    """The moment, if a case may know it; ValueError where it is of another age."""
    if FIRST <= moment < LAST:
        return moment
    raise ValueError(f"must lie between the years {FIRST.year} and {LAST.year - 1}")


def parse_date(text: str) -> date:
    """The date that is written as 2026-11-20, and no other form of ISO 8601; ValueError where it is none."""
    try:
        if DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("must be a date such as 2026-11-20")
