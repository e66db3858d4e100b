"""Who signs checkpoints, and where they are kept outside of the database: two ports, and the keys of the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.log.notes import BadNote, Checkpoint, SigningKey, VerifierKey, signed


class SigningFailed(BadNote):
    """Whoever signs did not; the message says why."""


class Signing(Protocol):
    """A key, or two while they are exchanged."""

    @property
    def name(self) -> str:
        """What the logs are called, before the tenant."""
        ...

    @property
    def verifiers(self) -> Sequence[VerifierKey]: ...

    async def sign(self, text: str) -> str:
        """The note. Raises SigningFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint as it stands outside of the database."""

    checkpoint: Checkpoint
    note: str


class PlaceUnusable(Exception):
    """Checkpoints cannot be read or kept outside; the message says why."""


class Place(Protocol):
    """Where checkpoints are kept so that whoever holds the database cannot take them back."""

    @property
    def tells_all(self) -> bool:
        """Whether `latest` tells of every log of which something was published."""
        ...

    async def latest(self, origins: Sequence[str] = ()) -> Mapping[str, Published]:
        """The newest by origin, of these logs and of others that it knows. Raises PlaceUnusable."""
        ...

    async def append(self, notes: Sequence[str], at: datetime) -> None:
        """All of them or none, and synced when it returns. Raises PlaceUnusable."""
        ...


class KeysOfSettings:
    def __init__(self, keys: Sequence[SigningKey]) -> None:
        """The first names the logs."""
        self._keys = keys
        self.name = keys[0].name
        self.verifiers = tuple(key.verifier for key in keys)

    async def sign(self, text: str) -> str:
        return signed(text, self._keys)


def origin_of(name: str, tenant: str) -> str:
    """What a tenant's log is called in its checkpoints."""
    return f"{name}/{tenant}"
