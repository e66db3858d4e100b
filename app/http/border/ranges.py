"""A part of a file (RFC 9110, 14): what a Range header asks for, so that a download goes on where it broke off."""

import re
from dataclasses import dataclass

from app.domain.values.errors import CaseError

ONE_RANGE = re.compile(r"bytes=\s*(\d{0,15})-(\d{0,15})\s*", re.ASCII | re.IGNORECASE)


class RangeNotSatisfiable(CaseError):
    """`extra` is {"size": n}."""

    code = "range_not_satisfiable"


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes from `first` on and before `until`, of `size`."""

    first: int
    until: int
    size: int

    @property
    def told(self) -> str:
        return f"bytes {self.first}-{self.until - 1}/{self.size}"


def part_of(size: int, etag: str, asked: str | None, unless_changed: str | None) -> Part | None:
    """The part that is asked for; None where the whole is to be sent: none asked, several, what is no range, or an
    If-Range that names another file. Raises RangeNotSatisfiable."""
    found = ONE_RANGE.fullmatch(asked) if asked else None
    if found is None or found[0].strip().endswith("=-") or (unless_changed is not None and unless_changed != etag):
        return None
    first, last = found[1], found[2]
    if first and last and int(first) > int(last):
        return None
    begin = int(first) if first else max(size - int(last), 0)
    until = min(int(last) + 1, size) if first and last else size
    if begin >= until:
        raise RangeNotSatisfiable(f"the file has {size} bytes", extra={"size": size})
    return Part(begin, until, size)
