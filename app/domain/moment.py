"""Moments as text: RFC 3339 in UTC with microseconds."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """An aware moment as `2026-11-20T08:00:00.000000Z`."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def parse_rfc3339(text: str) -> datetime:
    """The moment that an RFC 3339 text with an offset names, in UTC; ValueError where it names none."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset, such as Z or +01:00")
    return moment.astimezone(UTC)
