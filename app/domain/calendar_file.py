"""What a business calendar declares: the model behind machines/calendars/NAME.yaml, and its identity as a hash."""

import hashlib
import json
from typing import Annotated

from pydantic import Field, StringConstraints

from app.domain.case_type import Declared

Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Days = Annotated[str, StringConstraints(pattern=r"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$")]
Hours = Annotated[str, StringConstraints(pattern=r"^\d{2}:\d{2}-\d{2}:\d{2}$")]


class Holidays(Declared):
    """A holiday set of the library `holidays`: ISO 3166 country and subdivision."""

    country: str
    subdivision: str | None = None


class CalendarFile(Declared):
    """Working time: weekly half-open local intervals, closed dates, and dates with hours of their own.

    `"22:00-30:00"` is a night shift owned by the day it starts. `applies_from` is the local date from which this
    version counts; left out, it is the moment at which the version is first seen.
    """

    title: str | None = None
    zone: str
    weekly: dict[Days, list[Hours]] = Field(default_factory=dict)
    closed: list[Day] = Field(default_factory=list)
    override: dict[Day, list[Hours]] = Field(default_factory=dict)
    holidays: Holidays | None = None
    applies_from: Day | None = None

    def canonical(self) -> str:
        """The declaration as JSON without defaults and with sorted names."""
        declared = self.model_dump(mode="json", exclude_defaults=True)
        return json.dumps(declared, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def hash(self) -> str:
        """SHA-256 of the canonical form in hex: the identity of this version."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()
