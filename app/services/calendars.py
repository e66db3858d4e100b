"""The business calendars in force: every version of each, by name, as clocks count by them."""

from collections.abc import Mapping
from datetime import date, datetime

from app.domain.calendar import Calendar
from app.domain.calendar_file import CalendarFile, ResolvedCalendar
from app.domain.case import Draft
from app.domain.entry import seal
from app.domain.holiday_set import resolved
from app.domain.local_time import instant, zone_named
from app.domain.moment import rfc3339
from app.domain.timeline import ALWAYS, Timeline
from app.services.definitions import SERVICE_TENANT
from app.services.identity import new_id, new_salt
from app.services.ports import Store
from app.services.stored import Record, StoredCalendar


class CalendarOfThePast(Exception):
    """A version that would count from a moment that has passed: deadlines that were met or missed would change."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"calendar {name} differs from the one in force and would apply from a day that has passed; let"
            f" `applies_from` name a day to come, or see what it changes with `stateward sla correct {name}`"
        )


class Calendars:
    """Compiled calendars. A version is kept for ever, with the holidays that it meant when it was first seen."""

    def __init__(self) -> None:
        self._timelines: dict[str, Timeline] = {}
        self._known: frozenset[tuple[str, int]] = frozenset()

    def names(self) -> list[str]:
        return sorted(self._timelines)

    def timeline(self, name: str) -> Timeline:
        """That of a file, or for `team:NAME` that of the file NAME; round the clock where there is none."""
        return self._timelines.get(name.removeprefix("team:"), ALWAYS)

    async def publish(self, store: Store, declared: Mapping[str, CalendarFile]) -> None:
        """Store what is new among the declared calendars, with a log entry each, and learn them all.

        Raises CalendarOfThePast where a new version would count from a moment that has passed.
        """
        newest = {stored.name: stored for stored in await store.calendars()}
        for name, calendar in declared.items():
            before = newest.get(name)
            if before is None or before.hash != calendar.hash():
                await _store(store, name, calendar, before)
        await self.learn(store)

    async def learn(self, store: Store) -> frozenset[str]:
        """Take in the versions that are new; the names that have some."""
        stored = await store.calendars()
        versions = frozenset((one.name, one.version) for one in stored)
        new = frozenset(name for name, _ in versions - self._known)
        for name in new:
            compiled = [(one.applies_from, calendar_of(one)) for one in stored if one.name == name]
            self._timelines[name] = Timeline(compiled)
        self._known = versions
        return new


def calendar_of(stored: StoredCalendar) -> Calendar:
    file = ResolvedCalendar.model_validate_json(stored.text)
    return Calendar.compiled(file, closed=map(date.fromisoformat, file.holiday_dates))


async def _store(store: Store, name: str, calendar: CalendarFile, before: StoredCalendar | None) -> None:
    async with store.transaction() as tx:
        locked = await tx.lock([], [])
        applies_from = _applies_from(calendar) or locked.at
        if before is not None and applies_from < locked.at:
            raise CalendarOfThePast(name)
        stored, added = await tx.add_calendar(name, calendar.hash(), resolved(calendar), applies_from)
        if added:
            body = {"calendar": {"name": name, "version": stored.version, "hash": stored.hash}}
            body["calendar"]["applies_from"] = rfc3339(stored.applies_from)
            draft = Draft("calendar", SERVICE_TENANT, new_id(), locked.at, body)
            await tx.record(Record(entries=[seal(draft, new_salt)]))


def _applies_from(calendar: CalendarFile) -> datetime | None:
    """The local midnight of the date."""
    if calendar.applies_from is None:
        return None
    return instant(date.fromisoformat(calendar.applies_from), 0, zone_named(calendar.zone), ending=False)
