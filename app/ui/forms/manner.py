"""How a reader writes and is spoken to: language, zone, and what day it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

Say = Callable[..., str]
"""A sentence of the catalogue in the reader's language, with what is put into it by name."""


def in_english(message: str, **values: object) -> str:
    return message % values if values else message


UTC_ZONE: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Manner:
    language: str = "en"
    zone: ZoneInfo = UTC_ZONE
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    say: Say = in_english

    @property
    def local(self) -> datetime:
        return self.now.astimezone(self.zone)

    @property
    def point(self) -> str:
        """What stands before the decimals."""
        return "," if self.language == "de" else "."

    @property
    def grouping(self) -> str:
        return "." if self.language == "de" else ","


class Unreadable(Exception):
    """What was typed is none of what is asked for; the message says what to type."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
