"""The business calendars in force: every version of each, by name, as clocks count by them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

from app.domain.calendars.business_time import Calendar
from app.domain.calendars.holiday_set import resolved
from app.domain.calendars.local_time import instant, zone_named
from app.domain.calendars.timeline import ALWAYS, Timeline
from app.domain.definition.calendar_file import CalendarFile, ResolvedCalendar
from app.domain.values.json import Json
from app.domain.values.names import SERVICE_TENANT
from app.domain.values.rfc3339 import parse_rfc3339, rfc3339
from app.services.entries.actors import UNNAMED, operator_json
from app.services.entries.writing import entry_of, write
from app.services.store.clocks import CalendarReads, CalendarTransaction
from app.services.store.stored import StoredCalendar
from app.services.store.transactions import Transactions

ROUND_THE_CLOCK = "always"
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class CalendarStore(Transactions[CalendarTransaction], CalendarReads, Protocol): ...


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
        self._timelines: dict[str, tuple[Timeline, ...]] = {}  # with no version, with the first one, and so on
        self._versions: dict[str, tuple[StoredCalendar, ...]] = {}
        self._corrections: frozenset[tuple[str, int]] = frozenset()

    def timeline(self, name: str) -> Timeline:
        """That of a file, or for `team:NAME` that of the file NAME; round the clock where there is none."""
        return self._all(name)[-1]

    def versions_of(self, names: Iterable[str]) -> dict[str, int]:
        versions = {file_of(name): len(self._all(name)) - 1 for name in names if name != ROUND_THE_CLOCK}
        return {name: version for name, version in versions.items() if version != 1}

    def as_of(self, versions: Mapping[str, int]) -> "CalendarsAsOf":
        return CalendarsAsOf(self, versions)

    def by_version(self, name: str, version: int) -> Sequence[Timeline]:
        return self._all(name)[: version + 1]

    def version(self, name: str) -> int:
        """How many versions of it there are."""
        return len(self._all(name)) - 1

    def title(self, name: str) -> str | None:
        """What the newest version of a calendar is called, where it says so."""
        versions = self._versions.get(file_of(name), ())
        return _file(versions[-1]).title if versions else None

    def names(self) -> frozenset[str]:
        return frozenset(self._timelines)

    def corrected(self, name: str, calendar: CalendarFile, now: datetime) -> "Calendars":
        """As they would be were the past corrected by this version."""
        stored = StoredCalendar(
            name=name,
            version=0,
            hash="",
            applies_from=applies_from(calendar) or now,
            text=resolved(calendar, corrects=rfc3339(now)),
        )
        others = self._versions.get(name, ())
        would = Calendars()
        would._timelines = {**self._timelines, name: _timelines([*others, stored])}
        return would

    def is_correction(self, name: str) -> bool:
        """Whether the newest version was put in force for a time that had passed."""
        return (file_of(name), self.version(name)) in self._corrections

    async def publish(
        self, store: CalendarStore, declared: Mapping[str, CalendarFile], operator: str = UNNAMED
    ) -> None:
        """Store what is new among the declared calendars, with a log entry each, and learn them all.

        Raises CalendarOfThePast where a new version would count from a moment that has passed.
        """
        newest = {stored.name: stored for stored in await store.calendars()}
        for name, calendar in declared.items():
            before = newest.get(name)
            if before is None or before.hash != calendar.hash():
                await put_in_force(store, name, calendar, operator)
        await self.learn(store)

    async def learn(self, store: CalendarReads) -> frozenset[str]:
        """Take in the versions that are new; the names that have some."""
        stored = await store.calendars()
        new = frozenset(one.name for one in stored if one.version > self.version(one.name))
        for name in new:
            self._versions[name] = tuple(one for one in stored if one.name == name)
            self._timelines[name] = _timelines(self._versions[name])
        self._corrections |= {(one.name, one.version) for one in stored if one.name in new and _file(one).corrects}
        return new

    def _all(self, name: str) -> tuple[Timeline, ...]:
        return self._timelines.get(file_of(name), (ALWAYS,))


@dataclass(frozen=True, slots=True)
class CalendarsAsOf:
    """The calendars by as many of their versions as somebody knew: one, where nothing is told."""

    calendars: Calendars
    known: Mapping[str, int]

    def timeline(self, name: str) -> Timeline:
        return self.calendars.by_version(name, self.known.get(file_of(name), 1))[-1]

    def versions_of(self, names: Iterable[str]) -> dict[str, int]:
        return {name: self.known[name] for name in map(file_of, names) if name in self.known}


def file_of(name: str) -> str:
    """The calendar file that a clock means: `team:NAME` is NAME."""
    return name.removeprefix("team:")


def calendar_of(stored: StoredCalendar) -> Calendar:
    return Calendar.compiled(_file(stored))


def applies_from(calendar: CalendarFile) -> datetime | None:
    """The local midnight of the date."""
    if calendar.applies_from is None:
        return None
    return instant(date.fromisoformat(calendar.applies_from), 0, zone_named(calendar.zone), ending=False)


async def put_in_force(
    store: CalendarStore, name: str, calendar: CalendarFile, operator: str = UNNAMED, *, corrects: bool = False
) -> None:
    """Store it as the newest version. Raises CalendarOfThePast unless it `corrects` the past, or is the first one."""
    async with store.transaction(SERVICE_TENANT) as tx:
        locked = await tx.lock([], [])
        since = applies_from(calendar) or locked.at
        first = not any(one.name == name for one in await store.calendars())
        if since < locked.at and not corrects and not first:
            raise CalendarOfThePast(name)
        text = resolved(calendar, corrects=rfc3339(locked.at) if corrects else None)
        stored, added = await tx.add_calendar(name, calendar.hash(), text, since)
        if added:
            says: dict[str, Json] = {"name": name, "version": stored.version, "hash": stored.hash}
            says["applies_from"] = rfc3339(stored.applies_from)
            actor = operator_json(operator)
            await write(tx, entry_of("calendar", SERVICE_TENANT, locked.at, actor=actor, says={"calendar": says}))


def _timelines(stored: Sequence[StoredCalendar]) -> tuple[Timeline, ...]:
    timelines, versions = [ALWAYS], list[tuple[datetime, Calendar]]()
    for one in stored:
        corrects = _file(one).corrects
        versions = _counting_with(one, parse_rfc3339(corrects) if corrects else None, versions)
        timelines.append(Timeline(versions))
    return tuple(timelines)


def _counting_with(
    new: StoredCalendar, corrects: datetime | None, versions: Sequence[tuple[datetime, Calendar]]
) -> list[tuple[datetime, Calendar]]:
    """A correction takes the place of what counted from its first moment until that at which it was made."""
    if corrects is not None:
        others = [one for one in versions if not new.applies_from <= one[0] <= corrects]
        before = any(since < new.applies_from for since, _ in others)
        versions = others if before or not versions else [(LONG_AGO, min(versions, key=_since)[1]), *others]
    return [*versions, (new.applies_from, calendar_of(new))]


def _since(version: tuple[datetime, Calendar]) -> datetime:
    return version[0]


def _file(stored: StoredCalendar) -> ResolvedCalendar:
    return ResolvedCalendar.model_validate_json(stored.text)
