"""Who reads a page, by the session of their browser."""

from typing import cast
from zoneinfo import ZoneInfo

from app.services.callers.people import language_of, zone_of
from app.services.callers.sessions import Sessions, SignedIn, tenant_named
from app.ui.frame.reader import Density, Reader, Theme


class Readers:
    """Asks for each request: whoever is signed out or disabled is nobody from the next one on."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def reader(self, cookie: str | None, *, used: bool = True) -> Reader | None:
        found = await self._sessions.find(cookie, used=used)
        return reader_of_session(found) if found else None

    def tenant(self, cookie: str | None) -> str | None:
        return tenant_named(cookie)


def reader_of_session(found: SignedIn) -> Reader:
    person = found.person
    return Reader(
        actor=found.actor,
        name=person.name,
        session_id=found.session.hash,
        language=language_of(person),
        zone=ZoneInfo(zone_of(person)),
        theme=cast(Theme, person.theme),
        density=cast(Density, person.density),
        keys=person.keys,
    )
