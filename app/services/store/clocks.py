"""What services ask of a store about clocks and the calendars that they count by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from app.services.store.stored import ClockKey, StoredCalendar, StoredClock
from app.services.store.transactions import EntryTransaction


class EveryClock(Protocol):
    async def every_clock(self, after: ClockKey | None, limit: int) -> Sequence[StoredClock]:
        """A page of all cycles of all clocks of all tenants, in the order of their keys."""
        ...


class ClockReads(EveryClock, Protocol):
    async def next_due(self) -> tuple[datetime | None, datetime]:
        """The earliest `next_fire_at` of all, and the store's time."""
        ...

    async def cycles(self, tenant: str, case_id: str) -> Sequence[StoredClock]:
        """All cycles of all clocks of a case, by name and number."""
        ...

    async def cases_without_clocks(
        self, definitions: Sequence[str], after: tuple[str, str] | None, limit: int
    ) -> Sequence[tuple[str, str]]:
        """A page of cases (tenant, id) of these definitions that have no clock, in the order of their keys."""
        ...


class CountsClocks(Protocol):
    async def clock_counts(self) -> Sequence[tuple[str, str, str, int]]:
        """How many clocks run or are paused: (case type, name, status, count)."""
        ...


class CalendarReads(Protocol):
    async def calendars(self) -> Sequence[StoredCalendar]:
        """Every version, by name and number."""
        ...


class CalendarTransaction(EntryTransaction, Protocol):
    async def add_calendar(
        self, name: str, digest: str, text: str, applies_from: datetime
    ) -> tuple[StoredCalendar, bool]:
        """Store a calendar as the next version of its name, unless the newest one has this hash; whether it is new."""
        ...
