"""Local wall time as instants, also where the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
_SECOND: Final = timedelta(seconds=1)


def zone_named(name: str) -> ZoneInfo:
    """The IANA time zone of that name; ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone `{name}`; write it as `Europe/Berlin`") from None


def instant(day: date, minute: int, zone: ZoneInfo, *, ending: bool) -> datetime:
    """The UTC moment `minute` minutes (0 to 2880) of wall time after the local midnight of `day`.

    A time that comes twice means the first pass, or where an interval ends there the second (R5).
    """
    return resolved(datetime.combine(day, time()) + timedelta(minutes=minute), zone, ending=ending)


def resolved(wall: datetime, zone: ZoneInfo, *, ending: bool) -> datetime:
    """The UTC moment of a naive local time."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    if first < second:
        return _change((wall - second).replace(tzinfo=UTC), (wall - first).replace(tzinfo=UTC), zone)
    return (wall - (second if ending else first)).replace(tzinfo=UTC)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second in (before, after] that has another offset than `before`."""
    old = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def micros(moment: datetime) -> int:
    """Microseconds since 1970, in which instants are compared."""
    return (moment - EPOCH) // MICROSECOND


def from_micros(count: int) -> datetime:
    """The UTC moment; ValueError beyond the year 9999."""
    try:
        return EPOCH + timedelta(microseconds=count)
    except OverflowError:
        raise ValueError("the moment lies beyond the year 9999") from None
