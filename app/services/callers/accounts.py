"""Sign in by a password of ours, and by a one-time password where somebody switched that on.

A name that nobody has, a wrong password and a disabled account are answered alike, after the same work.
"""

import hashlib
from dataclasses import dataclass
from math import ceil

from app.domain.case.attempt import Actor
from app.domain.values.names import SUBJECT, TENANT
from app.services.callers.one_time import OneTime
from app.services.callers.passwords import Passwords
from app.services.callers.sealing import Sealing
from app.services.callers.sign_in_limits import SignInLimits
from app.services.store.people import PeopleStore, StoredPerson

HALF = "half of a sign-in"
HALF_LASTS = 300.0
BY_PASSWORD, BY_BOTH = "password", "password and one-time password"


@dataclass(frozen=True, slots=True)
class Entered:
    """Whoever this is may be signed in; `how` they showed it."""

    actor: Actor
    how: str


@dataclass(frozen=True, slots=True)
class NeedsCode:
    """The password was right; `half` says so to the next step."""

    half: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something was, and it is not told what."""


@dataclass(frozen=True, slots=True)
class TooOften:
    """No more attempts for so many seconds."""

    seconds: int


Answer = Entered | NeedsCode | Wrong | TooOften


class Accounts:
    def __init__(
        self, store: PeopleStore, passwords: Passwords, one_time: OneTime, sealing: Sealing, limits: SignInLimits
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._one_time = one_time
        self._sealing = sealing
        self._limits = limits

    async def enter(self, tenant: str, name: str, password: str, address: str | None) -> Answer:
        """Raises Unavailable where too many try at once."""
        subject = name if name.startswith("user:") else f"user:{name}"
        if wait := self._limits.take(tenant, subject, address):
            return TooOften(ceil(wait))
        known = TENANT.fullmatch(tenant) and SUBJECT.fullmatch(subject)
        person = await self._store.person(tenant, subject) if known else None
        right = await self._passwords.fits(person.password if person else None, password)
        if person is None or not right or person.disabled_at is not None:
            return Wrong()
        await self._renew(person, password)
        return NeedsCode(self._half(person)) if person.otp else _entered(person, BY_PASSWORD)

    async def enter_code(self, half: str, code: str, address: str | None) -> Answer:
        """The second step. What the first one said is void once the password changed."""
        told = self._sealing.open(HALF, half)
        if not isinstance(told, dict):
            return Wrong()
        tenant, subject = str(told["tenant"]), str(told["subject"])
        if wait := self._limits.take(tenant, subject, address):
            return TooOften(ceil(wait))
        person = await self._store.person(tenant, subject)
        if person is None or person.disabled_at is not None or told["password"] != _mark(person):
            return Wrong()
        step = self._one_time.step_of(person.otp, tenant, subject, code) if person.otp else None
        if step is None or not await self._store.use_otp(tenant, subject, step):
            return NeedsCode(half)
        return _entered(person, BY_BOTH)

    def _half(self, person: StoredPerson) -> str:
        told = {"tenant": person.tenant, "subject": person.subject, "password": _mark(person)}
        return self._sealing.seal(HALF, told, HALF_LASTS)

    async def _renew(self, person: StoredPerson, password: str) -> None:
        if person.password and self._passwords.is_old(person.password):
            hashed = await self._passwords.hashed(password)
            await self._store.change_person(person.tenant, person.subject, {"password": hashed})


def _mark(person: StoredPerson) -> str:
    return hashlib.sha256((person.password or "").encode()).hexdigest()


def _entered(person: StoredPerson, how: str) -> Entered:
    return Entered(Actor(tenant=person.tenant, id=person.subject), how)
