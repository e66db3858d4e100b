"""A date and a time in one input, in the reader's zone: `3.12. 14:00`, `tomorrow 9:30`, `morgen 9 Uhr`, `now`."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from app.domain.values.rfc3339 import parse_rfc3339
from app.ui.forms.days import read_day, shown_day, told_day
from app.ui.forms.manner import Manner, Unreadable
from app.ui.frame.times import local_time

_NOW: Final = frozenset({"now", "jetzt"})
_TIME: Final = re.compile(
    r"(?:^|[ ,T]|,? at |,? um )(\d{1,2})(?::(\d\d)(?::(\d\d))?)? ?(am|pm|uhr|h)?$", re.ASCII | re.IGNORECASE
)
_WORDS: Final = {"noon": time(12), "mittag": time(12), "mittags": time(12), "midnight": time(0)}


def read_moment(text: str, manner: Manner) -> datetime:
    """A moment in UTC. Raises Unreadable, also for a time that the clocks pass over."""
    written = " ".join(text.split())
    if written.lower() in _NOW:
        return manner.now.astimezone(UTC).replace(microsecond=0)
    try:
        return parse_rfc3339(written)
    except ValueError:
        day, at = _parts(written, manner)
    return _moment(day, at, manner)


def shown_moment(moment: datetime, manner: Manner) -> str:
    """As it stands in an input; to the second, where it has seconds."""
    local = local_time(moment, manner.zone)
    if local.microsecond or local.fold or _skips(local, manner):
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return f"{shown_day(local.date(), manner)}, {_clock(local)}"


def told_moment(moment: datetime, manner: Manner) -> str:
    """What was understood, with the zone's name of that moment."""
    local = local_time(moment, manner.zone)
    return f"{told_day(local.date(), manner)}, {_clock(local)} {local.tzname()}"


def kept_moment(moment: datetime) -> str:
    """As it is kept: RFC 3339 in UTC."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text}Z"


def _parts(text: str, manner: Manner) -> tuple[date, time]:
    _ = manner.say
    example = f"{shown_day(date(2026, 12, 3), manner)}, 14:00"
    words = text.lower().rsplit(" ", 1)
    if len(words) == 2 and words[1] in _WORDS:
        return read_day(words[0].removesuffix(","), manner), _WORDS[words[1]]
    found = _TIME.search(text)
    if found is None or not (found[2] or found[4]):
        raise Unreadable(_("Enter a date and a time, such as %(example)s", example=example))
    before = text[: found.start()].strip().removesuffix(",")
    day = read_day(before, manner) if before else manner.local.date()
    try:
        return day, time(_hour(int(found[1]), (found[4] or "").lower()), int(found[2] or 0), int(found[3] or 0))
    except ValueError:
        raise Unreadable(_("Enter a date and a time, such as %(example)s", example=example)) from None


def _hour(hour: int, half: str) -> int:
    if half in ("am", "pm"):
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        return hour % 12 + (12 if half == "pm" else 0)
    return hour


def _moment(day: date, at: time, manner: Manner) -> datetime:
    _ = manner.say
    local = datetime.combine(day, at, tzinfo=manner.zone)
    try:
        moment = local.astimezone(UTC)
        back = moment.astimezone(manner.zone)
    except OverflowError:
        raise Unreadable(_("Enter a date of this age")) from None
    if back.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Unreadable(_("Enter another time: the clocks are put forward then, and it does not exist"))
    return moment


def _skips(local: datetime, manner: Manner) -> bool:
    return local.date() < date.min + timedelta(days=2) or local.date() > date.max - timedelta(days=2)


def _clock(local: datetime) -> str:
    return local.strftime("%H:%M:%S" if local.second else "%H:%M")
