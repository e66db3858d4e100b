"""What an operator does to the people of a tenant; each change is an entry of its log, which names nobody's name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.domain.values.errors import Conflict, NotFound
from app.domain.values.json import Json
from app.services.entries.actors import operator_json
from app.services.entries.writing import entry_of, write
from app.services.policy.log_entries import operator_entry
from app.services.store.failures import Refused
from app.services.store.people import StoredPerson
from app.services.store.ports import Store
from app.services.store.stored import PolicyChange, PolicyLine

PAGE = 500


@dataclass(frozen=True, slots=True)
class Whom:
    tenant: str
    subject: str


class Registry:
    """`operator` is who the log says did it."""

    def __init__(self, store: Store, operator: str) -> None:
        self._store = store
        self._operator = operator

    async def all(self, tenant: str) -> list[StoredPerson]:
        found: list[StoredPerson] = []
        while page := await self._store.people(tenant, found[-1].subject if found else None, PAGE):
            found += page
        return found

    async def add(self, person: StoredPerson, roles: Sequence[str] = ()) -> None:
        """With the lines of the policy that give them roles. `made_at` is the time of the store, whatever it says.

        Raises Conflict where there is one already.
        """
        lines = [PolicyLine(kind="g", role=person.subject, tenant=person.tenant, obj=role) for role in roles]
        try:
            async with self._store.transaction(person.tenant) as tx:
                at = (await tx.lock([], [])).at
                await tx.add_person(replace(person, made_at=at))
                await write(tx, self._entry(Whom(person.tenant, person.subject), "added", at))
                if lines:
                    version = await tx.change_policy(PolicyChange(lines))
                    await write(tx, operator_entry(self._operator, person.tenant, lines, version, at))
        except Refused:
            raise Conflict(f"{person.subject} is a person of {person.tenant} already") from None

    async def disable(self, whom: Whom) -> None:
        await self._change(whom, "disabled", ends=True)

    async def enable(self, whom: Whom) -> None:
        await self._change(whom, "enabled", {"disabled_at": None})

    async def set_password(self, whom: Whom, hashed: str, *, no_one_time: bool = False) -> None:
        """Whoever is signed in by the old one is not any more."""
        more = {"otp": None, "otp_step": None} if no_one_time else {}
        await self._change(whom, "password set", {"password": hashed, **more}, ends=True)

    async def _change(self, whom: Whom, how: str, values: Mapping[str, Any] | None = None, ends: bool = False) -> None:
        """Without `values` it is disabled at the time of the store. Raises NotFound."""
        async with self._store.transaction(whom.tenant) as tx:
            at = (await tx.lock([], [])).at
            if await tx.change_person(whom.tenant, whom.subject, values or {"disabled_at": at}):
                if ends:
                    await tx.end_sessions(whom.tenant, whom.subject, at)
                await write(tx, self._entry(whom, how, at))
                return
        raise NotFound(f"{whom.subject} is no person of {whom.tenant}")

    def _entry(self, whom: Whom, how: str, at: Any) -> Any:
        says: dict[str, Json] = {"person": {"how": how, "subject": whom.subject}}
        return entry_of("person", whom.tenant, at, actor=operator_json(self._operator), says=says)
