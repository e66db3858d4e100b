"""The living policy: seeded from files once, changed in the database, caught up with in memory."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from app.domain.values.names import SERVICE_TENANT
from app.services.entries.actors import UNNAMED
from app.services.entries.writing import write
from app.services.policy.file_entries import FileApplied, file_entries
from app.services.store.failures import Refused
from app.services.store.policy import PolicyEngine, PolicyReads, PolicyTransaction
from app.services.store.policy_lines import PolicySource as PolicySource
from app.services.store.stored import PolicyChange, PolicyFile, PolicyLine
from app.services.store.transactions import Transactions

TRIES = 5


class PolicyStore(Transactions[PolicyTransaction], PolicyReads, Protocol): ...


class Policies:
    """The engine and the database that it follows."""

    def __init__(self, store: PolicyStore, engine: PolicyEngine, operator: str = UNNAMED) -> None:
        self.engine = engine
        self._operator = operator
        self._store = store
        self._catching_up = asyncio.Lock()

    async def start(self) -> None:
        """Build the engine from what is in force; the only whole build."""
        version = await self._store.policy_version()
        self.engine.load(await self._store.policy_lines(), version)

    async def catch_up(self, version: int) -> None:
        """Apply what changed up to `version`, as a lock or a read returned it."""
        if version <= self.engine.version:
            return
        async with self._catching_up:
            if version > self.engine.version:
                changed = await self._store.policy_lines(self.engine.version)
                newest = max((max(line.added, line.removed or 0) for line in changed), default=version)
                self.engine.apply(changed, max(version, newest))

    async def refresh(self) -> None:
        """Catch up with the database before something is read without a lock."""
        await self.catch_up(await self._store.policy_version())

    async def seed(self, sources: Sequence[PolicySource]) -> list[str]:
        """Store the files whose names were never seen; returns the names of those that differ from the database."""
        differing = []
        for source in sources:
            known = {file.name: file.sha256 for file in await self._store.policy_files()}
            if source.file.name not in known:
                await self._seed(source)
            elif known[source.file.name] != source.file.sha256:
                differing.append(source.file.name)
        return differing

    async def _seed(self, source: PolicySource) -> None:
        change = PolicyChange(add=source.lines, file=source.file, seeds=True)
        try:
            async with self._store.transaction(*_tenants(source.lines)) as tx:
                await self._change(tx, change, (), "seeded")
        except Refused:
            if source.file.name not in {file.name for file in await self._store.policy_files()}:
                raise  # it was not another replica that was faster

    async def apply(self, source: PolicySource) -> tuple[int, int]:
        """Replace the lines that came from this file; returns how many were added and removed.

        Where nothing is, no version is made; of a file that reads otherwise all the same, the hash is noted.
        """
        for _ in range(TRIES):
            version = await self._store.policy_version()
            lines = await self._store.policy_lines()
            current = [line for line in lines if line.source == source.file.name]
            change = _replacing(current, source)
            if not change.add and not change.remove:
                await self._note(source.file, version)
                return 0, 0
            gone = [line for line in current if line.id in set(change.remove)]
            with suppress(Refused):
                async with self._store.transaction(*_tenants([*current, *source.lines])) as tx:
                    if await self._change(tx, change, gone, "applied") != version + 1:
                        raise Refused("the policy changed since it was read")
                return len(change.add), len(change.remove)
        raise Refused("the policy changes all the time; apply the file again")

    async def unapplied(self, digests: Mapping[str, str]) -> list[str]:
        """The names among these files, each with the SHA-256 of its text, that read otherwise than what is in force."""
        known = {file.name: file.sha256 for file in await self._store.policy_files()}
        return [name for name, digest in digests.items() if known.get(name, digest) != digest]

    async def _note(self, file: PolicyFile, version: int) -> None:
        """Comments changed, or nothing."""
        if file in await self._store.policy_files():
            return
        async with self._store.transaction(SERVICE_TENANT) as tx:
            locked = await tx.lock([], [])
            await tx.note_policy_file(file)
            applied = FileApplied(
                file=file, how="applied", operator=self._operator, version=version, added=(), removed=()
            )
            await write(tx, *file_entries(applied, locked.at))

    async def _change(self, tx: PolicyTransaction, change: PolicyChange, gone: Sequence[PolicyLine], how: str) -> int:
        locked = await tx.lock([], [])
        version = await tx.change_policy(change)
        assert change.file is not None
        applied = FileApplied(
            file=change.file, how=how, operator=self._operator, version=version, added=change.add, removed=gone
        )
        await write(tx, *file_entries(applied, locked.at))
        return version


def _tenants(lines: Sequence[PolicyLine]) -> set[str]:
    """Whom a file is about, and the service, which writes down that it was read."""
    return {line.tenant for line in lines} | {SERVICE_TENANT}


def _replacing(current: Sequence[PolicyLine], source: PolicySource) -> PolicyChange:
    wanted = {_content(line): line for line in source.lines}
    kept = {_content(line) for line in current}
    return PolicyChange(
        add=[line for content, line in wanted.items() if content not in kept],
        remove=[line.id for line in current if _content(line) not in wanted],
        file=source.file,
    )


def _content(line: PolicyLine) -> PolicyLine:
    return replace(line, id=0, added=0, removed=None)
