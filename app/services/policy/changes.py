"""Read and change the policy of one tenant, as its administrators may."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from app.domain.case.attempt import Actor
from app.domain.deciding.situation import ADMIN
from app.domain.definition.case_type import CaseType
from app.domain.machine.machine import Machine
from app.domain.values.errors import CaseError, FieldError, NotFound, VersionConflict
from app.services.definitions.definitions import Definitions
from app.services.definitions.standing_versions import StandingVersions
from app.services.entries.refusals import CountedRefusal, Refusals
from app.services.entries.writing import write
from app.services.policy.administrators import ALL, Administrators
from app.services.policy.checks import (
    check_administrators,
    check_lines,
    check_rights,
    lines_faults,
    no_right,
    refuse_keys,
)
from app.services.policy.log_entries import changed_entry, refused_entry
from app.services.policy.policies import Policies
from app.services.policy.preview import preview
from app.services.policy.requests import AskedChange, ChangedPolicy, Preview, assigns
from app.services.store.definitions import DefinitionReads
from app.services.store.policy import PolicyReads, PolicyTransaction
from app.services.store.policy_lines import LinePage, LineQuery
from app.services.store.stored import PolicyChange, PolicyLine
from app.services.store.transactions import Transactions


class PolicyChangeStore(Transactions[PolicyTransaction], PolicyReads, DefinitionReads, Protocol): ...


class PolicyChanges:
    """Every check of a change is made under the policy's lock, against the policy as it is then."""

    def __init__(
        self, store: PolicyChangeStore, definitions: Definitions, policies: Policies, refusals: Refusals
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._policies = policies
        self._refusals = refusals
        self._standing = StandingVersions(store, definitions)
        self._reading_lines = asyncio.Lock()  # what all callers compile together must leave time to others
        self._one_at_a_time = asyncio.Lock()  # each reads on a second connection while it holds the policy's lock

    async def find(self, actor: Actor, query: LineQuery) -> LinePage:
        """A page of the lines that hold in the actor's tenant, about case types that they administer; for who audits
        the tenant, all of them. Raises Denied where there are none.
        """
        version = await self._store.policy_version()
        await self._policies.catch_up(version)
        administrators = self._administrators(actor)
        mine = administrators.scopes(actor) | ({ALL} if administrators.audits(actor) else set())
        if not mine:
            raise no_right("read", administrators.verdict(actor, ALL))
        asked = mine if query.case_types is None else query.case_types & mine
        wanted = None if ALL in mine and query.case_types is None else asked
        found = await self._store.policy_page(replace(query, case_types=wanted, limit=query.limit + 1))
        lines = found[: query.limit]
        return LinePage(lines, version, lines[-1].id if len(found) > query.limit else None)

    async def change(self, actor: Actor, asked: AskedChange) -> ChangedPolicy:
        """Add and remove lines of the actor's tenant in one step.

        Raises Denied, NotFound, VersionConflict, Invalid, and GuardRefused where nobody would be left to administer a
        case type. What is denied or refused so is logged.
        """
        try:
            refuse_keys(actor)
            faults = await self._faults(actor, asked)
            async with self._one_at_a_time, self._store.transaction(actor.tenant) as tx:
                locked = await tx.lock([], [])
                gone = await self._checked(actor, asked, await tx.lock_policy(), faults)
                version = await tx.change_policy(PolicyChange(asked.add, [line.id for line in gone]))
                entry = changed_entry(actor, asked, gone, version, locked.at)
                await write(tx, entry)
        except CaseError as refused:
            if refused.recorded:
                await self._log(actor, asked, refused)
            raise
        return ChangedPolicy(version, entry.draft.entry_id, await self._added(actor, version), len(gone))

    async def preview(self, actor: Actor, asked: AskedChange) -> Preview:
        """What a change would do to roles, checked as the change itself; nothing is changed."""
        version = await self._store.policy_version()
        gone = await self._checked(actor, asked, version, await self._faults(actor, asked))
        found = preview(self._policies.engine, actor.tenant, await self._machines(), asked.add, gone)
        return replace(found, version=version)

    async def _machines(self) -> Sequence[Machine]:
        """All that cases stand on, the newest versions first."""
        older = [one.digest for versions in (await self._standing.all()).values() for one in versions]
        await self._definitions.learn(self._store, older)
        return [*self._definitions.all(), *map(self._definitions.of, reversed(older))]

    async def _faults(self, actor: Actor, asked: AskedChange) -> Sequence[FieldError]:
        """What is wrong with the lines themselves, found before anything is locked, for those who may ask."""
        await self._policies.catch_up(await self._store.policy_version())
        check_rights(self._administrators(actor), actor, asked.add)
        async with self._reading_lines:
            faults = await lines_faults(self._policies.engine, self._case_types(), asked)
            if faults and (versions := await self._standing.all()):
                return await lines_faults(self._policies.engine, self._case_types(), asked, versions)
            return faults

    async def _checked(
        self, actor: Actor, asked: AskedChange, version: int, faults: Sequence[FieldError]
    ) -> Sequence[PolicyLine]:
        """The lines that are to go, where nothing speaks against the change."""
        await self._policies.catch_up(version)
        administrators = self._administrators(actor)
        gone = await self._gone(actor, asked)
        check_rights(administrators, actor, [*asked.add, *gone])
        if len(gone) != len(set(asked.remove)):
            raise NotFound("there is no such line")
        if asked.if_version not in (None, version):
            message = f"the policy is at version {version}, not {asked.if_version}; read it again"
            raise VersionConflict(message, extra={"current_version": version})
        check_lines(self._policies.engine, asked, gone, faults)
        check_administrators(administrators, actor, asked.add, gone)
        return gone

    async def _gone(self, actor: Actor, asked: AskedChange) -> Sequence[PolicyLine]:
        found = await self._store.policy_lines_named(actor.tenant, asked.remove) if asked.remove else []
        return [line for line in found if asked.assignments is None or assigns(line) == asked.assignments]

    async def _added(self, actor: Actor, version: int) -> Sequence[PolicyLine]:
        since = await self._store.policy_lines(version - 1)
        await self._policies.catch_up(version)
        return [line for line in since if line.added == version]

    async def _log(self, actor: Actor, asked: AskedChange, refused: CaseError) -> None:
        caller = (actor.tenant, actor.id)
        async with self._store.transaction(actor.tenant) as tx:
            locked = await tx.lock([], [])
            if not self._refusals.singly(caller):
                self._refusals.count([CountedRefusal(caller, refused.code, ADMIN, locked.at)])
                return
            await write(tx, refused_entry(actor, asked, refused, locked.at))

    def _case_types(self) -> Mapping[str, CaseType]:
        return {name: machine.case_type for name, machine in self._definitions.current.items()}

    def _administrators(self, actor: Actor) -> Administrators:
        return Administrators(self._policies.engine, actor.tenant, sorted(self._definitions.names))
