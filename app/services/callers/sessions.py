"""Who is signed in: sessions in the database, found by a cookie whose value nobody can read there.

Each request asks the database, so that signing out, and a person who is disabled, bind the next one on every replica.
When a session was last used is told to it now and then, beside the requests.
"""

import hashlib
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.case.attempt import Actor
from app.domain.values.errors import Denied
from app.domain.values.names import TENANT
from app.services.store.failures import Refused
from app.services.store.people import (
    REMEMBERED,
    Beginning,
    PeopleStore,
    SessionId,
    StoredPerson,
    StoredSession,
    Told,
)

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=1)
"""Of one session."""
TOLD_EVERY = 15.0
"""Seconds between two writes of what was noted."""
MOST = 10
"""Sessions of one person; the oldest ends where they begin another."""
SECRET_BYTES = 32
COOKIE = re.compile(rf"({TENANT.pattern})\.([A-Za-z0-9_-]{{43}})")
"""Whose it is, and 32 random bytes in base64url."""
BY_SESSION = "session:"
"""How a caller who is signed in is authenticated; how they signed in follows."""
NOTHING_TOLD = Told()


@dataclass(frozen=True, slots=True)
class SignedIn:
    session: StoredSession
    person: StoredPerson

    @property
    def actor(self) -> Actor:
        """With the roles that were told at the sign-in; those of the policy come on top where it decides."""
        one = self.session
        return Actor(tenant=one.tenant, id=one.subject, roles=one.roles, authenticated=f"{BY_SESSION}{one.how}")


class Sessions:
    def __init__(self, store: PeopleStore) -> None:
        self._store = store
        self._seen: dict[SessionId, datetime] = {}

    async def begin(
        self, actor: Actor, how: str, told: Told = NOTHING_TOLD, before: str | None = None
    ) -> tuple[str, StoredSession]:
        """Sign somebody in: the cookie of a new session, which nobody had before. The one of `before` ends.

        Raises Denied where the person is disabled.
        """
        secret = secrets.token_urlsafe(SECRET_BYTES)
        new = Beginning(
            tenant=actor.tenant,
            hash=_hash(secret),
            subject=actor.id,
            roles=actor.roles,
            how=how,
            told=told,
            longest=LONGEST.total_seconds(),
            most=MOST,
            instead_of=_named(before),
        )
        made = await self._begun(new)
        if made is None:
            raise Denied("this account is disabled")
        return f"{actor.tenant}.{secret}", made

    async def find(self, cookie: str | None, *, used: bool = True) -> SignedIn | None:
        """Who is signed in by a cookie now; not `used`: a page asks by itself, with nobody in front of it perhaps."""
        named = _named(cookie)
        found = await self._store.session(named) if named else None
        if named is None or found is None:
            return None
        session, person, at = found
        seen = max(session.seen_at, self._seen.get(named, session.seen_at))
        if _over_at(session, seen) <= at or person.disabled_at is not None:
            return None
        if used and seen + NOTED_EVERY <= at:
            self._seen[named] = at
        return SignedIn(session, person)

    async def whose(self, cookie: str | None) -> tuple[str, str] | None:
        """Tenant and subject of a session, also of one that is over for less than an hour; None for anybody's guess."""
        named = _named(cookie)
        found = await self._store.session(named) if named else None
        if named is None or found is None:
            return None
        session, _, at = found
        over_at = _over_at(session, max(session.seen_at, self._seen.get(named, session.seen_at)))
        return (session.tenant, session.subject) if at < over_at + REMEMBERED else None

    async def end(self, cookie: str | None) -> None:
        """Sign out here."""
        named = _named(cookie)
        found = await self._store.session(named) if named else None
        if found:
            session = found[0]
            await self._store.end_person_sessions(session.tenant, session.subject, session.hash)

    async def note_uses(self) -> None:
        """Write down when sessions were last used."""
        seen, self._seen = self._seen, {}
        try:
            await self._store.note_sessions(seen)
        except BaseException:
            self._seen = {**seen, **self._seen}
            raise

    async def _begun(self, new: Beginning) -> StoredSession | None:
        with suppress(Refused):  # the same new person twice at once: the second finds the first
            return await self._store.begin_session(new)
        return await self._store.begin_session(new)


def tenant_named(cookie: str | None) -> str | None:
    """The tenant that a cookie names, which nobody has proven."""
    named = _named(cookie)
    return named[0] if named else None


def _named(cookie: str | None) -> SessionId | None:
    match = COOKIE.fullmatch(cookie or "")
    return (match[1], _hash(match[2])) if match else None


def _over_at(session: StoredSession, seen: datetime) -> datetime:
    return min(session.ends_at, seen + IDLE)


def _hash(secret: str) -> str:
    """The secret is 32 random bytes, which nobody guesses, so that a slow hash would only slow us."""
    return hashlib.sha256(secret.encode()).hexdigest()
