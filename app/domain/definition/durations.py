"""Durations as they are written: `90m`, `8h`, `2d4h`, and `16bh` for what is working time on every calendar."""

import re
from datetime import timedelta
from typing import Final

from app.domain.definition.case_type import Clock

LONGEST: Final = timedelta(days=3660)
_PARTS: Final = re.compile(r"([+-])?(?:(\d{1,6})d)?(?:(\d{1,6})b?h)?(?:(\d{1,8})m)?(?:(\d{1,8})s)?", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """The duration that a text such as `2h30m` names; ValueError for one of nothing or of more than ten years."""
    found = _PARTS.fullmatch(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:]) if found else (0, 0, 0, 0)
    duration = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not timedelta(0) < duration <= LONGEST:
        raise ValueError(f"`{text}` is not a duration between a second and ten years")
    return duration


def business_days(text: str) -> int | None:
    """Of a step `-2bd` or `+1bd`; None for what is a length."""
    return int(text.removesuffix("bd")) if text.endswith("bd") else None


def in_working_hours(text: str) -> bool:
    """Whether it says so: `16bh`."""
    return "bh" in text


def lengths_of(clock: Clock) -> list[timedelta]:
    """Every length that a clock may have; none where it ends at a moment, or where one cannot be read."""
    target = clock.every if clock.kind == "periodic" else clock.target
    written = [rule.is_ for rule in target] if isinstance(target, list) else [target] if target else []
    try:
        return [parse_duration(each) for each in written] if clock.kind != "due_at" else []
    except ValueError:
        return []
