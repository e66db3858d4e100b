"""Check a business calendar: dates and zones that exist, hours that do not overlap, and time to work in."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final
from zoneinfo import available_timezones

from app.domain.calendars.holiday_set import (
    NOT_CLOSED,
    PUBLIC,
    categories,
    countries,
    doubts,
    make_up_dates,
    subdivisions,
)
from app.domain.calendars.local_time import zone_named
from app.domain.declaring.checks.overlaps import check_overlaps
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.calendar_file import (
    WEEK,
    CalendarFile,
    Holidays,
    dates_of,
    is_yearly,
    minutes_of,
    weekdays_of,
    yearly,
)
from app.domain.values.near_names import choose, quoted

MIDNIGHT: Final = 24 * 60
FIRST_DATE: Final = date(1970, 1, 1)
LAST_DATE: Final = date(2199, 12, 31)
LONGEST_CLOSURE: Final = timedelta(days=400)
_SOME_YEARS: Final = range(2024, 2028)
"""In which a closure of days of every year would show."""
OF_THE_MACHINE: Final = frozenset({"localtime", "posixrules", "Factory"})
"""Names that mean something else on every machine."""


def check_calendar(calendar: CalendarFile, source: Source) -> Iterator[Fault]:
    """Every fault of a calendar whose keys and values have the right shape."""
    hours = [*_zone(calendar, source), *_days(calendar, source), *_hours(calendar, source)]
    dates = [*_dates(calendar, source), *_closed(calendar, source)]
    holidays = list(_holidays(calendar.holidays, source)) if calendar.holidays else []
    yield from (*hours, *dates, *holidays)
    if not any(fault.severity == "error" for fault in (*hours, *dates, *holidays)):
        yield from check_overlaps(calendar, source)
        yield from _no_time(calendar, source)


def _zone(calendar: CalendarFile, source: Source) -> Iterator[Fault]:
    if not _is_zone(calendar.zone):
        remedy = choose(calendar.zone, sorted(available_timezones() - OF_THE_MACHINE), "zones")
        if "did you mean" not in remedy:
            remedy = "write one of the IANA zones, such as `Europe/Berlin` or `UTC`"
        yield source.error(("zone",), f"unknown zone {quoted(calendar.zone)}", remedy)


def _is_zone(name: str) -> bool:
    """Whether it is among those that there are; to list them takes as long as all the rest of a calendar."""
    try:
        zone_named(name)
    except ValueError:
        return False
    return name not in OF_THE_MACHINE and name.partition("/")[0] not in ("posix", "right")


def _days(calendar: CalendarFile, source: Source) -> Iterator[Fault]:
    for days in calendar.weekly:
        if not weekdays_of(days):
            first, _, last = days.partition("-")
            remedy = f"a week begins on monday: write `{first}-sun` and `mon-{last}`"
            yield source.error(("weekly", days), f"{quoted(days)} runs backwards", remedy)


def _hours(calendar: CalendarFile, source: Source) -> Iterator[Fault]:
    for key, lines in (("weekly", calendar.weekly), ("override", calendar.override)):
        for name, intervals in lines.items():
            for index, written in enumerate(intervals):
                yield from _interval(written, (key, name, index), source)
    for index, written in enumerate(calendar.holidays.make_up if calendar.holidays else ()):
        yield from _interval(written, ("holidays", "make_up", index), source)


def _interval(written: str, place: Path, source: Source) -> Iterator[Fault]:
    start, end = minutes_of(written)
    if any(each[3:] > "59" for each in written.split("-")):
        yield source.error(place, f"{quoted(written)} has a minute beyond 59", 'write it as "09:00-17:00"')
    elif end > 2 * MIDNIGHT:
        yield source.error(place, f"{quoted(written)} reaches beyond 48:00", "give the rest to the day after")
    elif start >= MIDNIGHT:
        yield source.error(place, f"{quoted(written)} begins on the next day", "give it to the day on which it begins")
    elif end <= start:
        hour, minute = divmod(end + MIDNIGHT, 60)
        night = f'a night shift ends after 24:00: "{written[:5]}-{hour:02}:{minute:02}"'
        yield source.error(place, f"{quoted(written)} ends before it starts", night)


def _dates(calendar: CalendarFile, source: Source) -> Iterator[Fault]:
    places: list[tuple[Path, str]] = [(("closed", index), written) for index, written in enumerate(calendar.closed)]
    places += [(("override", written), written) for written in calendar.override]
    if calendar.applies_from is not None:
        places.append((("applies_from",), calendar.applies_from))
    for place, written in places:
        if not _exists(written):
            remedy = "write a day of every year as 12-24" if is_yearly(written) else "write a date as 2026-12-24"
            yield source.error(place, f"there is no {quoted(written)}", remedy)
        elif not is_yearly(written) and not FIRST_DATE.isoformat() <= written <= LAST_DATE.isoformat():
            yield source.error(place, f"{quoted(written)} is not between 1970 and 2199", "correct the year")


def _exists(written: str) -> bool:
    try:
        yearly(written) if is_yearly(written) else date.fromisoformat(written)
    except ValueError:
        return False
    return True


def _closed(calendar: CalendarFile, source: Source) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, written in enumerate(calendar.closed):
        place = ("closed", index)
        if written in first:
            line = source.line(("closed", first[written]))
            yield source.warning(place, f"{quoted(written)} stands here twice (first on line {line})", "keep one")
        elif written in calendar.override:
            line = source.line(("override", written))
            message = f"{quoted(written)} is closed and has hours of its own on line {line}"
            yield source.error(place, message, "keep one of the two")
        elif not is_yearly(written) and written[5:] in calendar.closed:
            line = source.line(("closed", calendar.closed.index(written[5:])))
            yield source.warning(place, f"{quoted(written)} is closed every year already (line {line})", "remove it")
        first.setdefault(written, index)


def _holidays(named: Holidays, source: Source) -> Iterator[Fault]:
    place = ("holidays", "country")
    known = countries()
    if named.country not in known:
        other = {name.casefold(): code for code, names in known.items() for name in names}
        meant = other.get(named.country.casefold().replace(" ", ""), named.country.upper())
        remedy = choose(meant, known, "countries") if meant not in known else f"did you mean {quoted(meant)}?"
        yield source.error(place, f"no holidays are known of the country {quoted(named.country)}", remedy)
        return
    if named.subdivision is not None:
        of = subdivisions(named.country)
        if of.get(named.subdivision) != named.subdivision:
            meant = of.get(named.subdivision, named.subdivision)
            remedy = choose(meant, dict.fromkeys(of.values()), f"subdivisions of {quoted(named.country)}")
            message = f"{quoted(named.country)} has no subdivision {quoted(named.subdivision)}"
            yield source.error(("holidays", "subdivision"), message, remedy)
            return
    unknown = list(_categories(named, source))
    yield from unknown
    if any(fault.severity == "error" for fault in unknown):
        return
    if named.make_up and not make_up_dates(named):
        message = f"no days of rest are known on which {quoted(named.country)} works in exchange for a holiday"
        yield source.warning(("holidays", "make_up"), message, "remove `make_up`, or write such dates under `override`")
    for doubt in doubts(named):
        message = f"the holidays of {quoted(named.country)} are not all known: {doubt}"
        yield source.warning(place, message.rstrip("."), "add the others to `closed`")


def _categories(named: Holidays, source: Source) -> Iterator[Fault]:
    known = categories(named.country)
    for index, written in enumerate(named.categories):
        place = ("holidays", "categories", index)
        if written == PUBLIC:
            yield source.warning(place, "public holidays are closed anyhow", "remove it")
        elif written in NOT_CLOSED:
            remedy = "write its days and their hours under `override`"
            yield source.error(place, f"people work on days of the category {quoted(written)}", remedy)
        elif written not in known:
            message = f"{quoted(named.country)} has no holidays of the category {quoted(written)}"
            remedy = choose(written, known, "categories") if known else "remove it: there are public ones only"
            yield source.error(place, message, remedy)


def _no_time(calendar: CalendarFile, source: Source) -> Iterator[Fault]:
    """Whether some moment has no working time within 400 days after it. Holidays are too few to matter."""
    working = {day for days, hours in calendar.weekly.items() if hours for day in weekdays_of(days)}
    if not working:
        remedy = 'write `weekly: {mon-fri: ["09:00-17:00"]}`'
        yield source.error(("weekly",), "the calendar has no working time", remedy)
    elif (begin := _long_closure(calendar, working)) is not None:
        message = f"the calendar has no working time within {LONGEST_CLOSURE.days} days of {begin}"
        yield source.error(("closed",), message, "remove some of the closed dates")


def _long_closure(calendar: CalendarFile, working: set[int]) -> date | None:
    """The first day of 400 without working time."""
    shut = {*calendar.closed, *(day for day, hours in calendar.override.items() if not hours)}
    closed = {day.isoformat() for day in dates_of(shut, _SOME_YEARS)}
    opened = {day.isoformat() for day in dates_of(calendar.override.keys() - shut, _SOME_YEARS)} - closed
    if len(closed) < LONGEST_CLOSURE.days // len(WEEK):
        return None  # 400 days have more than so many of each weekday
    day, last = date.fromisoformat(min(closed)), date.fromisoformat(max(closed))
    begin: date | None = None
    while day <= last:
        works = day.isoformat() in opened or (day.weekday() in working and day.isoformat() not in closed)
        begin = None if works else begin or day
        day += timedelta(days=1)
        if begin is not None and day - begin >= LONGEST_CLOSURE:
            return begin
    return None
