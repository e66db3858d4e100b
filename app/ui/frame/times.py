"""Moments and durations as people say them: how far away first where that is near, then weekday, date and time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from markupsafe import Markup, escape

from app.domain.values.rfc3339 import parse_rfc3339
from app.ui.frame.words import Words, words

NEAR = timedelta(hours=48)
MINUTE, HOUR, DAY = 60, 3600, 86400
MOST_KEPT = 8_192
Moment = datetime | str


@dataclass(frozen=True, slots=True)
class Times:
    """For one reader, now."""

    words: Words
    zone: ZoneInfo
    now: datetime

    def when(self, moment: Moment | None, zone: ZoneInfo | None = None, relative: bool = True) -> Markup:
        """The element that says it, and in full for those who hear it. With another zone than the reader's, that zone
        stands there too."""
        if moment is None:
            return Markup("")
        at = _read(moment)
        local = local_time(at, zone or self.zone)
        named = f" ({zone.key})" if zone is not None and zone.key != self.zone.key else ""
        near = self.near(at) if relative else ""
        heard = ", ".join(part for part in (near, self.full(local) + named) if part)
        away = f'<span data-relative="near">{escape(near)}</span> · ' if near else ""
        shown = f'<span aria-hidden="true">{away}{escape(self.short(local) + named)}</span>'
        whole = f'<time datetime="{_written(at)}">{shown}<span class="hidden">{escape(heard)}</span></time>'
        return Markup(whole)  # noqa: S704  (escaped here: a list has a hundred of them, and Markup.format is slow)

    def counting(self, moment: Moment) -> Markup:
        """`Overdue by 2 h` or `Due in 3 h`, which the page counts on."""
        at = _read(moment)
        said = escape(self.due(at))
        return Markup(f'<span data-relative="due" data-at="{_written(at)}">{said}</span>')  # noqa: S704  (escaped here)

    def due(self, at: datetime) -> str:
        away = (at - self.now).total_seconds()
        how_far = self.duration(abs(away))
        if away < 0:
            return self.words.gettext("Overdue by %(duration)s", duration=how_far)
        return self.words.gettext("Due in %(duration)s", duration=how_far)

    def near(self, at: datetime) -> str:
        """How far away it is, where that is within two days."""
        away = at - self.now
        if abs(away) > NEAR:
            return ""
        how_far = self.duration(abs(away))
        if abs(away) < timedelta(minutes=1):
            return self.words.gettext("just now") if away <= timedelta() else self.words.gettext("now")
        if away > timedelta():
            return self.words.gettext("in %(duration)s", duration=how_far)
        return self.words.gettext("%(duration)s ago", duration=how_far)

    def duration(self, length: timedelta | float, working: bool = False) -> str:
        """`45 min`, `2 h`, `3 days`; counted in working time, `2 working hours`."""
        seconds = length.total_seconds() if isinstance(length, timedelta) else length
        if working:
            return self._working(seconds)
        if seconds < HOUR:
            return self.words.gettext("%(number)s min", number=max(int(seconds // MINUTE), 1))
        if seconds <= NEAR.total_seconds():
            return self.words.gettext("%(number)s h", number=int(seconds // HOUR))
        return self.words.ngettext("%(num)s day", "%(num)s days", int(seconds // DAY))

    def exactly(self, length: timedelta | float) -> str:
        """`64 h`, `4 h 45 min`: to the minute, as one adds them up."""
        seconds = length.total_seconds() if isinstance(length, timedelta) else length
        hours, minutes = divmod(round(seconds / MINUTE), HOUR // MINUTE)
        told = [("%(number)s h", hours)] if hours else []
        told += [("%(number)s min", minutes)] if minutes or not hours else []
        return " ".join(self.words.gettext(text, number=number) for text, number in told)

    def _working(self, seconds: float) -> str:
        if seconds < HOUR:
            return self.words.ngettext(
                "%(num)s working minute", "%(num)s working minutes", max(int(seconds // MINUTE), 1)
            )
        return self.words.ngettext("%(num)s working hour", "%(num)s working hours", int(seconds // HOUR))

    def short(self, local: datetime) -> str:
        """`Thu 3 Dec, 16:00`, with the year where it is another one."""
        this_year = local.year == self.now.astimezone(self.zone).year
        return _short(self.words.language, _minute(local), this_year)

    def full(self, local: datetime) -> str:
        return _full(self.words.language, _minute(local))

    def date(self, day: datetime) -> str:
        """`Thursday, 3 December 2026`."""
        return _date(words(self.words.language), day)

    def patterns(self) -> dict[str, str]:
        """What a browser needs to count on in the same words; `%s` is the number, or the duration."""
        to_say = self.words.gettext
        return {
            "min": to_say("%(number)s min", number="%s"),
            "h": to_say("%(number)s h", number="%s"),
            "day": self.words.ngettext("%(num)s day", "%(num)s days", 1, num="%s"),
            "days": self.words.ngettext("%(num)s day", "%(num)s days", 2, num="%s"),
            "in": to_say("in %(duration)s", duration="%s"),
            "ago": to_say("%(duration)s ago", duration="%s"),
            "now": to_say("now"),
            "just": to_say("just now"),
            "due": to_say("Due in %(duration)s", duration="%s"),
            "late": to_say("Overdue by %(duration)s", duration="%s"),
        }


def local_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """By the clocks of a zone; in UTC at the ends of the calendar, where the zone has no day for it."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment.astimezone(UTC)


def _minute(local: datetime) -> datetime:
    """As far as it is said; whatever zone it is of."""
    return local.replace(second=0, microsecond=0, tzinfo=None, fold=0)


@lru_cache(maxsize=MOST_KEPT)
def _short(language: str, local: datetime, this_year: bool) -> str:
    """Moments of the same cases stand on page after page."""
    say = words(language)
    values = {
        "weekday": _names(say.locale, "days", "abbreviated")[local.weekday()],
        "day": local.day,
        "month": _names(say.locale, "months", "abbreviated")[local.month],
        "time": f"{local:%H:%M}",
        "year": local.year,
    }
    if this_year:
        return say.gettext("%(weekday)s %(day)s %(month)s, %(time)s", **values)
    return say.gettext("%(weekday)s %(day)s %(month)s %(year)s, %(time)s", **values)


@lru_cache(maxsize=MOST_KEPT)
def _full(language: str, local: datetime) -> str:
    say = words(language)
    return say.gettext("%(date)s, %(time)s", date=_date(say, local), time=local.strftime("%H:%M"))


def _date(say: Words, day: datetime) -> str:
    return say.gettext(
        "%(weekday)s, %(day)s %(month)s %(year)s",
        weekday=_names(say.locale, "days", "wide")[day.weekday()],
        day=day.day,
        month=_names(say.locale, "months", "wide")[day.month],
        year=day.year,
    )


@cache
def _names(locale: Locale, kind: Literal["days", "months"], width: str) -> Mapping[int, str]:
    """Looked up once: in the data of a locale each takes as long as the rest of a moment."""
    names = locale.days if kind == "days" else locale.months
    return {number: str(name) for number, name in names["format"][width].items()}


def _read(moment: Moment) -> datetime:
    return parse_rfc3339(moment) if isinstance(moment, str) else moment


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
