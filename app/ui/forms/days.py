"""Dates as people type them: `3.12.`, `3 Dec 2026`, `2026-12-03`, `tomorrow`, `morgen`, `Friday`."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from babel.dates import format_date

from app.ui.forms.manner import Manner, Unreadable

_MONTHS: Final[Mapping[str, int]] = {
    name: month
    for month, names in enumerate(
        (
            "jan january januar jän jänner",
            "feb february februar",
            "mar march mär märz mrz maerz",
            "apr april",
            "may mai",
            "jun june juni",
            "jul july juli",
            "aug august",
            "sep sept september",
            "oct october okt oktober",
            "nov november",
            "dec december dez dezember",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS: Final[Mapping[str, int]] = {
    name: day
    for day, names in enumerate(
        (
            "mon monday mo montag",
            "tue tues tuesday di dienstag",
            "wed wednesday mi mittwoch",
            "thu thur thurs thursday do donnerstag",
            "fri friday fr freitag",
            "sat saturday sa samstag sonnabend",
            "sun sunday so sonntag",
        )
    )
    for name in names.split()
}
_AWAY: Final[Mapping[str, int]] = {
    "today": 0,
    "heute": 0,
    "tomorrow": 1,
    "morgen": 1,
    "yesterday": -1,
    "gestern": -1,
    "day after tomorrow": 2,
    "übermorgen": 2,
    "uebermorgen": 2,
    "vorgestern": -2,
    "day before yesterday": -2,
}
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_DOTTED: Final = re.compile(r"(\d{1,2})\. ?(\d{1,2})(?:\. ?(\d{4}|\d{2})?)?", re.ASCII)
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th|\.)? ?([^\W\d_]+)\.?,?(?: ([0-9]{4}|[0-9]{2}))?")
_MONTH_FIRST: Final = re.compile(r"([^\W\d_]+)\.? ([0-9]{1,2})(?:st|nd|rd|th)?(?:,? ([0-9]{4}))?")
_IN_DAYS: Final = re.compile(r"(?:\+|in )(\d{1,4})(?: ?(?:d|days?|tage?n?))?", re.ASCII)
_WEEKDAY: Final = "|".join(sorted(_WEEKDAYS, key=len, reverse=True))
_LEADING: Final = re.compile(rf"^(?:{_WEEKDAY})\.?,? (?=.*[0-9])")


def read_day(text: str, manner: Manner) -> date:
    """Raises Unreadable. A day without a year is the nearest one, past or to come."""
    _ = manner.say
    found = _meant(" ".join(text.lower().split()), manner.local.date())
    if found is None:
        raise Unreadable(_("Enter a date such as %(example)s", example=shown_day(date(2026, 12, 3), manner)))
    return found


def shown_day(day: date, manner: Manner) -> str:
    """As it stands in an input."""
    if day.year < 1000:  # two digits mean this century
        return day.isoformat()
    return f"{day.day}.{day.month}.{day.year}" if manner.language == "de" else f"{day.day} {_short(day)} {day.year}"


def told_day(day: date, manner: Manner) -> str:
    """What was understood: with its weekday, so that a slip is seen."""
    pattern = "EEE d. MMM y" if manner.language == "de" else "EEE d MMM y"
    return format_date(day, pattern, locale="de" if manner.language == "de" else "en")


def _short(day: date) -> str:
    return format_date(day, "MMM", locale="en")


def _meant(text: str, today: date) -> date | None:
    if text in _AWAY:
        return today + timedelta(days=_AWAY[text])
    text = _LEADING.sub("", text)
    if text in _WEEKDAYS:
        return today + timedelta(days=(_WEEKDAYS[text] - today.weekday() - 1) % 7 + 1)
    try:
        if found := _ISO.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _DOTTED.fullmatch(text):
            return _dated(int(found[1]), int(found[2]), found[3], today)
        if (found := _DAY_FIRST.fullmatch(text)) and found[2] in _MONTHS:
            return _dated(int(found[1]), _MONTHS[found[2]], found[3], today)
        if (found := _MONTH_FIRST.fullmatch(text)) and found[1] in _MONTHS:
            return _dated(int(found[2]), _MONTHS[found[1]], found[3], today)
        if found := _IN_DAYS.fullmatch(text):
            return today + timedelta(days=int(found[1]))
    except (ValueError, OverflowError):
        return None
    return None


def _dated(day: int, month: int, year: str | None, today: date) -> date:
    if year is None:
        return min(_around(day, month, today), key=lambda found: abs(found - today))
    if len(year) == 2:
        century = today.year // 100 * 100
        return min(
            (date(every + int(year), month, day) for every in (century - 100, century, century + 100)),
            key=lambda found: abs(found - today),
        )
    return date(int(year), month, day)


def _around(day: int, month: int, today: date) -> Iterator[date]:
    """That day in the years about now; 29 February is in one of four."""
    wide = 4 if (day, month) == (29, 2) else 1
    for year in range(today.year - wide, today.year + wide + 1):
        try:
            yield date(year, month, day)
        except ValueError:
            continue
