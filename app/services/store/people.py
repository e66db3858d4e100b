"""What a store keeps of people: who they are to the pages, what they chose, and where they are signed in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

SessionId = tuple[str, str]  # tenant, hash of the cookie's secret
REMEMBERED = timedelta(hours=1)
"""How long a session that is over still says whose it was: a form that met its end is good for as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPerson:
    """Somebody of a tenant. `shown_name` is the name that they chose, `display_name` the one that was told of them.

    `password` is an argon2id hash, `otp` the sealed secret of one-time passwords, `otp_step` the newest period whose
    password was used.
    """

    tenant: str
    subject: str
    made_at: datetime
    display_name: str | None = None
    shown_name: str | None = None
    address: str | None = None
    zone: str | None = None
    language: str | None = None
    theme: str = "auto"
    density: str = "comfortable"
    keys: bool = True
    password: str | None = field(default=None, repr=False)
    otp: str | None = field(default=None, repr=False)
    otp_step: int | None = None
    seen_at: datetime | None = None
    disabled_at: datetime | None = None

    @property
    def name(self) -> str:
        return self.shown_name or self.display_name or self.subject.removeprefix("user:")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """Where somebody is signed in. It is found by the hash of what the cookie holds, from which nobody makes it.

    `roles` are those that whoever signed them in told of them; the policy's come on top, as they are now.
    """

    tenant: str
    hash: str
    subject: str
    roles: frozenset[str]
    how: str
    made_at: datetime
    seen_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What a sign-in tells of somebody; None where it says nothing. A zone and a language that they have stay."""

    name: str | None = None
    address: str | None = None
    zone: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A session to make: it lasts `longest` seconds from the store's time on.

    `most` of one person are open at once, the oldest ends. `instead_of` is the one that the browser had before.
    """

    tenant: str
    hash: str
    subject: str
    roles: frozenset[str]
    how: str
    told: Told
    longest: float
    most: int
    instead_of: SessionId | None = None


class PeopleStore(Protocol):
    async def person(self, tenant: str, subject: str) -> StoredPerson | None: ...

    async def people(self, tenant: str, after: str | None, limit: int) -> Sequence[StoredPerson]:
        """A page, by subject."""
        ...

    async def people_named(self, tenant: str, subjects: Sequence[str]) -> Mapping[str, str]:
        """The names of those that are known."""
        ...

    async def change_person(self, tenant: str, subject: str, values: Mapping[str, Any]) -> bool:
        """What they chose themselves; False where there is nobody."""
        ...

    async def use_otp(self, tenant: str, subject: str, step: int) -> bool:
        """Take the one-time password of a period; False where it, or a later one, was taken before."""
        ...

    async def begin_session(self, beginning: Beginning) -> StoredSession | None:
        """Make a session, and the person where they are new. None where the person is disabled."""
        ...

    async def session(self, session: SessionId) -> tuple[StoredSession, StoredPerson, datetime] | None:
        """A session, also one that is over, until its person signs in again; its person, and the store's time."""
        ...

    async def sessions(self, tenant: str, subject: str) -> Sequence[StoredSession]:
        """Those that have not reached their end, the newest first."""
        ...

    async def end_person_sessions(
        self, tenant: str, subject: str, only: str | None = None, but: str | None = None
    ) -> int:
        """End all of a person's now, or the one with a hash, or all but that; how many that were."""
        ...

    async def note_sessions(self, seen: Mapping[SessionId, datetime]) -> None: ...


class PeopleChanges(Protocol):
    """What an operator does to people, in a transaction, because an entry of the log says so."""

    async def add_person(self, person: StoredPerson) -> None:
        """Refused where there is one already."""
        ...

    async def change_person(self, tenant: str, subject: str, values: Mapping[str, Any]) -> bool:
        """False where there is nobody."""
        ...

    async def end_sessions(self, tenant: str, subject: str, at: datetime) -> None:
        """End all of a person's."""
        ...
