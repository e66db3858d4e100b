"""What a store keeps of looking at files: which wait for it, and what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from app.services.store.work import StoredBlob

UNCHECKED: Final = "unchecked"
CLEAN: Final = "clean"
INFECTED: Final = "infected"


@dataclass(frozen=True, slots=True)
class Unscanned:
    """A content that somebody is to look at; `tries` counts this one too."""

    tenant: str
    blob: StoredBlob
    tries: int


class ScanStore(Protocol):
    """Each write is a transaction of its own, and none waits for a scanner."""

    async def scan_state(self, tenant: str, sha256: str) -> str | None:
        """None where nobody was asked to look."""
        ...

    async def ask_scan(self, tenant: str, sha256: str) -> str | None:
        """Have a content looked at that nobody was asked for; its state from now on, None where there is no such."""
        ...

    async def unscanned_tenants(self) -> Sequence[str]:
        """Whose contents have come to their moment; the tenant of the oldest first."""
        ...

    async def take_unscanned(self, tenant: str, lease: timedelta) -> Unscanned | None:
        """The oldest of its contents whose moment has come, which nobody else takes for so long."""
        ...

    async def put_scan_off(self, tenant: str, sha256: str, pause: timedelta) -> None: ...

    async def note_scan(self, tenant: str, sha256: str, state: str, found: str) -> None: ...

    async def unscanned(self) -> tuple[int, float]:
        """How many contents of all tenants wait to be looked at, and for how many seconds the oldest does."""
        ...
