"""A file that somebody sent and that no case has yet."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFile:
    """`id` is what a field of a case holds, and that of the attachment from then on; `owner` alone may name it."""

    tenant: str
    id: str
    owner: str
    file_name: str
    sha256: str
    size: int
    declared_type: str
    sniffed_type: str | None
