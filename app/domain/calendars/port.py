"""What clocks need of the calendars over time, whoever keeps them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from app.domain.calendars.timeline import ALWAYS, Timeline


class Timelines(Protocol):
    """The calendars over time, by the names that clocks have them under."""

    def timeline(self, name: str) -> Timeline:
        """That of a file, of `team:NAME`, or round the clock for a name that no calendar has."""
        ...


class Calendars(Timelines, Protocol):
    """Calendars that know how many versions they have."""

    def versions_of(self, names: Iterable[str]) -> dict[str, int]:
        """How many versions of these calendars were counted by, where that is not one: an entry says it."""
        ...


class CalendarVersions(Calendars, Protocol):
    """Calendars that know all of their versions."""

    def as_of(self, versions: Mapping[str, int]) -> Calendars:
        """The calendars by as many versions as an entry told."""
        ...

    def by_version(self, name: str, version: int) -> Sequence[Timeline]:
        """The calendar as it was before there was any version, with the first one, and so on up to `version`."""
        ...


class RoundTheClock:
    """Where there are no calendars."""

    def timeline(self, name: str) -> Timeline:
        return ALWAYS

    def versions_of(self, names: Iterable[str]) -> dict[str, int]:
        return {}
