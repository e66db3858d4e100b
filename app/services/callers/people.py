"""People as the pages know them: their names, what they chose, and what they may see of themselves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from app.domain.case.attempt import ANYONE, Actor
from app.domain.values.errors import FieldError, Invalid, invalid
from app.services.callers.one_time import OneTime
from app.services.callers.passwords import Passwords, fault_of
from app.services.callers.sign_in_limits import SignInLimits
from app.services.policy.policies import Policies
from app.services.store.people import PeopleStore, StoredPerson, StoredSession

LANGUAGES = {"en": "English", "de": "Deutsch"}
THEMES, DENSITIES = ("auto", "light", "dark"), ("comfortable", "compact")
USUAL_ZONE, USUAL_LANGUAGE = "UTC", "en"
LONGEST_NAME = 100
MOST_NAMES = 1_000
"""Whose names are asked for in one read; a page shows fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What somebody wants the pages to be like. An empty `name` is the one that was told of them."""

    name: str
    language: str
    zone: str
    theme: str
    density: str
    keys: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who somebody is here: `roles` are those in force, with what they include."""

    actor: Actor
    name: str
    roles: frozenset[str]
    zone: str
    language: str


class People:
    def __init__(
        self, store: PeopleStore, policies: Policies, one_time: OneTime, passwords: Passwords, limits: SignInLimits
    ) -> None:
        self._store = store
        self._policies = policies
        self._one_time = one_time
        self._passwords = passwords
        self._limits = limits

    async def names(self, tenant: str, subjects: Iterable[str]) -> dict[str, str]:
        """What to call each of them, in one read; who is not known is called by their subject."""
        wanted = list(dict.fromkeys(subjects))
        known = await self._store.people_named(tenant, wanted[:MOST_NAMES]) if wanted else {}
        return {one: known.get(one) or one.removeprefix("user:") for one in wanted}

    async def me(self, actor: Actor) -> Me:
        await self._policies.refresh()
        roles = self._policies.engine.closure(actor.tenant, actor.id, actor.roles) - {ANYONE}
        person = await self._store.person(actor.tenant, actor.id)
        if person is None:
            return Me(
                actor=actor, name=actor.id.partition(":")[2], roles=roles, zone=USUAL_ZONE, language=USUAL_LANGUAGE
            )
        return Me(actor=actor, name=person.name, roles=roles, zone=zone_of(person), language=language_of(person))

    async def choose(self, actor: Actor, chosen: Chosen) -> None:
        """Raises Invalid with the fields that are wrong."""
        if faults := _faults(chosen):
            raise Invalid("some of it cannot be chosen", errors=faults)
        values: Mapping[str, Any] = {
            "shown_name": " ".join(chosen.name.split()) or None,
            **{name: getattr(chosen, name) for name in ("language", "zone", "theme", "density", "keys")},
        }
        await self._store.change_person(actor.tenant, actor.id, values)

    async def sessions(self, actor: Actor) -> Sequence[StoredSession]:
        return await self._store.sessions(actor.tenant, actor.id)

    async def sign_out_everywhere(self, actor: Actor) -> None:
        await self._store.end_person_sessions(actor.tenant, actor.id)

    def new_one_time(self, actor: Actor) -> tuple[str, str]:
        """A secret to put into an app, and the address by which the app reads it. Nothing is switched on yet."""
        secret = self._one_time.new_secret()
        return secret, self.one_time_address(actor, secret)

    def one_time_address(self, actor: Actor, secret: str) -> str:
        return self._one_time.address(secret, f"{actor.id.removeprefix('user:')} ({actor.tenant})")

    async def switch_on_one_time(self, actor: Actor, secret: str, code: str) -> bool:
        """Ask for one-time passwords from now on; False, and nothing changes, where the code is none of the secret."""
        step = self._one_time.step(secret, code)
        if step is None:
            return False
        sealed = self._one_time.sealed(secret, actor.tenant, actor.id)
        return await self._store.change_person(actor.tenant, actor.id, {"otp": sealed, "otp_step": step})

    async def switch_off_one_time(self, actor: Actor, code: str) -> bool:
        """False where the code is wrong or was used: whoever finds a browser open cannot switch it off."""
        person = await self._store.person(actor.tenant, actor.id)
        if person is None or person.otp is None:
            return True
        if self._limits.take_own(actor.tenant, actor.id):
            return False
        step = self._one_time.step_of(person.otp, actor.tenant, actor.id, code)
        if step is None or not await self._store.use_otp(actor.tenant, actor.id, step):
            return False
        return await self._store.change_person(actor.tenant, actor.id, {"otp": None, "otp_step": None})

    async def change_password(self, actor: Actor, session: str, now: str, new: str) -> None:
        """By whoever is signed in by a session (its hash), which is the only one that stays.

        Raises Invalid where the one that is told is not the password `now`, or the new one is no good.
        """
        person = await self._store.person(actor.tenant, actor.id)
        wait = self._limits.take_own(actor.tenant, actor.id)
        if wait or not await self._passwords.fits(person.password if person else None, now):
            raise invalid("now", "This is not your password")
        if fault := fault_of(new, actor.id.removeprefix("user:")):
            raise invalid("new", fault)
        hashed = await self._passwords.hashed(new)
        await self._store.change_person(actor.tenant, actor.id, {"password": hashed})
        await self._store.end_person_sessions(actor.tenant, actor.id, but=session)


def zone_of(person: StoredPerson) -> str:
    return person.zone if person.zone in zones() else USUAL_ZONE


def language_of(person: StoredPerson) -> str:
    """The nearest one that there is: `de-AT` is German."""
    told = (person.language or USUAL_LANGUAGE).lower().replace("_", "-").partition("-")[0]
    return told if told in LANGUAGES else USUAL_LANGUAGE


@cache
def zones() -> frozenset[str]:
    """The names of time zones, without those that only old files know. One file is read: to look for all of them in
    the system takes too long in front of a page."""
    names = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return frozenset(name for name in names if "/" in name or name == "UTC")


def _faults(chosen: Chosen) -> tuple[FieldError, ...]:
    faults = {
        "name": chosen.name.isprintable() and len(chosen.name) <= LONGEST_NAME,
        "language": chosen.language in LANGUAGES,
        "zone": chosen.zone in zones(),
        "theme": chosen.theme in THEMES,
        "density": chosen.density in DENSITIES,
    }
    says = {"name": f"Enter a name of at most {LONGEST_NAME} characters, on one line", "zone": "Choose a time zone"}
    return tuple(FieldError(name, says.get(name, "Choose one of these")) for name, good in faults.items() if not good)
