"""Simulate clocks for whoever asks: those of a case type or of nobody yet, on calendars declared or made up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.calendars.business_time import Calendar
from app.domain.calendars.holiday_set import categories, countries, resolved, subdivisions
from app.domain.calendars.timeline import ALWAYS, Timeline
from app.domain.clocks.simulate import simulate
from app.domain.clocks.simulate_effort import Check, Effort, WatchedTimeline
from app.domain.definition.calendar_file import CalendarFile, Holidays, ResolvedCalendar
from app.domain.definition.case_type import Clock
from app.domain.values.errors import NotFound, invalid
from app.domain.values.json import Json, JsonObject
from app.services.clocks.calendars import Calendars
from app.services.definitions.definitions import Definitions
from app.services.fairness.counting import Counting

LONGEST_EFFORT = 2.0
"""Seconds of one processor that a simulation may take."""
MOST_CALENDARS = 16
MOST_A_DAY = 48
"""Intervals of a calendar that is made up."""
DECLARED = frozenset({"case_type", "name"})
ROUND_THE_CLOCK = "always"


@dataclass(frozen=True, slots=True)
class Asked:
    """A simulation as JSON. `clock` may name that of a case type ({case_type, name} and keys to change), `calendar` a
    declared one; left out, it is that of the clock."""

    clock: Json
    calendar: Json = None
    moments: Json = ()
    now: Json = None


class Simulations:
    """A simulation may take as long as a thousand events, which shall not wait for it."""

    def __init__(self, definitions: Definitions, calendars: Calendars, counting: Counting) -> None:
        self._definitions = definitions
        self._calendars = calendars
        self._counting = counting

    async def simulate(self, tenant: str, asked: Asked) -> dict[str, Any]:
        """Raises Invalid with the fields that are wrong, Unavailable where too many wait already."""
        return await self._counting.count(tenant, lambda: self.simulated(asked))

    def simulated(self, asked: Asked) -> dict[str, Any]:
        clock, of_clock = self._clock(asked.clock)
        calendar = of_clock if asked.calendar is None else asked.calendar
        with Effort(LONGEST_EFFORT) as effort:
            reader = _Reader(self._calendars, effort)
            return simulate(clock, calendar, asked.moments, asked.now, calendar_of=reader)

    def _clock(self, asked: Json) -> tuple[Json, Json]:
        """The clock, and the calendar that it names."""
        if not isinstance(asked, Mapping):
            return asked, None
        clock = dict(asked)
        if "case_type" in clock:
            clock = {**self._declared(clock), **{key: value for key, value in clock.items() if key not in DECLARED}}
        calendar = clock.pop("calendar", None)
        if isinstance(clock.get("target"), list):
            raise invalid("clock.target", "depends on the case; give the one to simulate, such as `8h`")
        return clock, calendar

    def _declared(self, asked: JsonObject) -> JsonObject:
        clock = self._declared_clock(asked["case_type"], asked.get("name"))
        return clock.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def _declared_clock(self, case_type: Json, name: Json) -> Clock:
        try:
            slas = self._definitions.named(str(case_type)).case_type.slas
        except NotFound:
            raise invalid("clock.case_type", "there is no such case type") from None
        if not isinstance(name, str) or name not in slas:
            known = f"declares {', '.join(slas)}" if slas else "declares no clocks"
            raise invalid("clock.name", f"is no clock of {case_type}, which {known}")
        return slas[name]


class _Reader:
    """Reads the calendars of one simulation; ValueError says what is wrong with one."""

    def __init__(self, calendars: Calendars, check: Check) -> None:
        self._calendars = calendars
        self._check = check
        self._read: dict[str, Timeline] = {}

    def __call__(self, written: Json) -> Timeline:
        self._check()
        key = json.dumps(written, sort_keys=True)
        if key not in self._read:
            if len(self._read) == MOST_CALENDARS:
                raise ValueError(f"a simulation takes {MOST_CALENDARS} calendars at most")
            self._read[key] = WatchedTimeline(self._timeline(written), self._check)
        return self._read[key]

    def _timeline(self, written: Json) -> Timeline:
        if written is None or written == ROUND_THE_CLOCK:
            return ALWAYS
        if isinstance(written, str):
            return self._declared(written)
        if isinstance(written, Mapping) and set(written) == {"follow"}:
            raise ValueError("follows the team of a case; name the calendar of a team")
        return Timeline.of(inline(CalendarFile.model_validate(written)))

    def _declared(self, name: str) -> Timeline:
        known = self._calendars.names()
        if name not in known:
            raise ValueError(f"is not declared; there are {', '.join((ROUND_THE_CLOCK, *sorted(known)))}")
        return self._calendars.timeline(name)


def inline(file: CalendarFile) -> Calendar:
    """A calendar that nobody has declared, its holidays looked up now. ValueError says what is wrong with it."""
    if file.holidays:
        _check_known(file.holidays)
    compiled = Calendar.compiled(ResolvedCalendar.model_validate_json(resolved(file)))
    hours = compiled.hours
    if any(len(each) > MOST_A_DAY for each in (*hours.weekly, *hours.override.values(), *hours.yearly.values())):
        raise ValueError(f"has more than {MOST_A_DAY} intervals on a day")
    return compiled


def _check_known(holidays: Holidays) -> None:
    if holidays.country not in countries():
        raise ValueError(f"no holidays are known of the country {holidays.country!r}; write its ISO 3166 code")
    known = categories(holidays.country)
    if unknown := [each for each in holidays.categories if each not in known]:
        raise ValueError(f"{holidays.country} has no holidays of the category {unknown[0]!r}")
    subdivision = holidays.subdivision
    if subdivision is not None and subdivisions(holidays.country).get(subdivision) != subdivision:
        raise ValueError(f"{holidays.country} has no subdivision {subdivision!r}")
