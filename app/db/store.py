"""What both stores share: the reads that need no lock."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.db.blobs.exports import SqlExportJobs
from app.db.blobs.in_database import SqlBlobs
from app.db.blobs.scans import SqlScans
from app.db.connections.connected import Connected
from app.db.connections.engines import SERVICE
from app.db.connections.failures import translated
from app.db.connections.pool import connections
from app.db.connections.together import lasting
from app.db.reads import callers, clocks, held_files, ledger, links, listing, policy_pages, rules
from app.db.reads.every_tenant import EVERY_ANSWER
from app.db.reads.history import SqlHistory
from app.db.reads.log import SqlLog
from app.db.reads.log_checks import SqlLogChecks
from app.db.reads.made_once import MadeOnce
from app.db.reads.people import SqlPeople
from app.db.reads.policy_pages import EVERY
from app.db.reads.saved_views import SqlSavedViews
from app.db.reads.search import SqlSearch
from app.db.reads.work import SqlWorkReads
from app.db.schema.revisions import REMEDY, problem_of
from app.db.tables.tables import CASES, IDEMPOTENCY
from app.db.transaction import SqlTransaction
from app.domain.case.case import Case
from app.domain.case.held_file import HeldFile
from app.services.process.gauges import Connections
from app.services.store.callers import KeyId, Settled, Spending, StoredKey
from app.services.store.case_query import CaseQuery
from app.services.store.definitions import DefinitionVersion
from app.services.store.failures import StoreUnavailable
from app.services.store.policy_lines import LineQuery
from app.services.store.stored import (
    CaseKey,
    ClockKey,
    FileKey,
    Found,
    LinkKey,
    Locked,
    PolicyFile,
    PolicyLine,
    StoredCalendar,
    StoredClock,
    StoredDefinition,
    StoredEntry,
)


class SqlStore(
    Connected,
    SqlWorkReads,
    SqlSavedViews,
    SqlBlobs,
    SqlExportJobs,
    SqlScans,
    SqlLog,
    SqlLogChecks,
    SqlHistory,
    SqlSearch,
    SqlPeople,
):
    """What it answers is the same on both databases. `readers` and `writers` are views of one pool."""

    def __init__(self, engine: AsyncEngine, readers: AsyncEngine, writers: AsyncEngine) -> None:
        super().__init__(engine, readers, writers)
        self._lists = MadeOnce(self._now_when_run())

    @abstractmethod
    def transaction(self, *tenants: str) -> AbstractAsyncContextManager[SqlTransaction]: ...

    async def case(self, key: CaseKey) -> Found | None:
        read = await self._case(key)
        case = read.cases.get(key)
        if case is None:
            return None
        return Found(
            case=case,
            surroundings=read.surroundings[case.id],
            policy_version=read.policy_version,
            at=read.at,
            clocks=read.clocks[case.id],
        )

    async def _case(self, key: CaseKey) -> Locked:
        if together := lasting(self, (key.tenant,)):
            async with together.turn:
                if not together.over:
                    with translated():
                        return await self._read(together.connection, [key])
        return await self._alone([key])

    async def _alone(self, keys: Sequence[CaseKey]) -> Locked:
        async with self._open(self._readers) as connection:
            with translated():
                return await self._read(connection, keys, alone=True)

    async def unlocked(self, cases: Sequence[CaseKey], asked: Sequence[LinkKey]) -> Locked:
        read = await self._alone(cases)
        if not asked:
            return read
        async with self._within(self._readers, sorted({link.tenant for link in asked})) as connection:
            with translated():
                return replace(read, links=await links.linked(connection, asked))

    async def held_files(self, named: Collection[FileKey], since: datetime) -> Mapping[FileKey, HeldFile]:
        async with self._within(self._readers, sorted({tenant for tenant, _ in named})) as connection:
            with translated():
                return await held_files.held(connection, named, since)

    async def present(self, tenant: str, case_ids: Sequence[str]) -> frozenset[str]:
        wanted = select(CASES.c.id).where(CASES.c.tenant == tenant, CASES.c.id.in_(case_ids))
        return frozenset(row["id"] for row in await self._rows(wanted, tenant))

    async def cases(self, query: CaseQuery) -> Sequence[Case]:
        async with self._reading(query.tenant) as read:
            kinds = await listing.kinds_of(read, query.tenant)
            made = self._lists.page(query, kinds)
            rows = await read(made.statement, made.values)
        return await listing.found(rows)

    async def clocks(self, tenant: str, case_ids: Sequence[str]) -> Mapping[str, Sequence[StoredClock]]:
        asked = {"tenant": tenant, "case_ids": list(case_ids)}
        return clocks.by_case(case_ids, await self._rows(clocks.OF_CASES, tenant, values=asked))

    async def cycles(self, tenant: str, case_id: str) -> Sequence[StoredClock]:
        return clocks.found(await self._rows(clocks.cycles(tenant, case_id), tenant))

    async def every_clock(self, after: ClockKey | None, limit: int) -> Sequence[StoredClock]:
        return clocks.found(await self._rows(clocks.every(after, limit)))

    async def cases_without_clocks(
        self, definitions: Sequence[str], after: tuple[str, str] | None, limit: int
    ) -> Sequence[tuple[str, str]]:
        rows = await self._rows(clocks.cases_without(definitions, after, limit))
        return [(row["tenant"], row["id"]) for row in rows]

    async def clock_counts(self) -> Sequence[tuple[str, str, str, int]]:
        return [(r["case_type"], r["name"], r["status"], r["n"]) for r in await self._rows(clocks.counts())]

    async def next_due(self) -> tuple[datetime | None, datetime]:
        (row,) = await self._rows(clocks.next_due(self._now()))
        return row["next_fire_at"], row["now"]

    async def entries(
        self, tenant: str, case_id: str, *, denied: bool, after: int | str | None, limit: int
    ) -> Sequence[StoredEntry]:
        rows = await self._rows(ledger.entries(tenant, case_id, denied, after, limit), tenant)
        return ledger.with_values(rows, await self._values(tenant, [row["entry_id"] for row in rows]))

    async def policy_version(self) -> int:
        (row,) = await self._rows(rules.VERSION)
        return int(row["version"])

    async def policy_lines(self, since: int | None = None) -> Sequence[PolicyLine]:
        return [rules.line_of(row) for row in await self._rows(rules.lines(since))]

    async def policy_page(self, query: LineQuery) -> Sequence[PolicyLine]:
        return [rules.line_of(row) for row in await self._rows(policy_pages.page(query), query.tenant, EVERY)]

    async def policy_lines_named(self, tenant: str, ids: Sequence[int]) -> Sequence[PolicyLine]:
        return [rules.line_of(row) for row in await self._rows(policy_pages.named(tenant, ids), tenant, EVERY)]

    async def policy_files(self) -> Sequence[PolicyFile]:
        return [PolicyFile(**row) for row in await self._rows(rules.files())]

    async def definitions(self, hashes: Sequence[str] | None = None) -> Sequence[StoredDefinition]:
        return [StoredDefinition(**row) for row in await self._rows(rules.definitions(hashes))]

    async def definition_versions(self, case_type: str | None = None) -> Sequence[DefinitionVersion]:
        return [DefinitionVersion(**row) for row in await self._rows(rules.definition_versions(case_type))]

    async def case_counts(self, hashes: Sequence[str]) -> Mapping[str, tuple[int, int]]:
        return {r["definition"]: (r["cases"], r["open"]) for r in await self._rows(rules.case_counts(hashes))}

    async def calendars(self) -> Sequence[StoredCalendar]:
        return [StoredCalendar(**row) for row in await self._rows(rules.calendars())]

    async def api_keys(self, tenant: str, after: str | None, limit: int) -> Sequence[StoredKey]:
        return [callers.key_of(row) for row in await self._rows(callers.keys(tenant, after, limit), tenant)]

    async def live_api_keys(self, keys: Sequence[KeyId]) -> tuple[Mapping[KeyId, StoredKey], datetime]:
        tenants = {tenant for tenant, _ in keys}
        return callers.live_of(await self._rows(callers.live(keys, self._now()), *tenants))

    async def note_api_key_uses(self, uses: Mapping[KeyId, datetime]) -> None:
        if uses:
            async with self._writing(*(tenant for tenant, _ in uses)) as connection:
                await callers.note_uses(connection, uses)

    async def settle_rates(self, spendings: Sequence[Spending]) -> Sequence[Settled]:
        if not spendings:
            return []
        async with self._writing(*(one.tenant for one in spendings)) as connection:
            return await callers.settle(connection, spendings, self._now())

    async def forget_rates(self) -> None:
        async with self._writing() as connection:
            await callers.forget(connection, self._now())

    async def forget_answers(self) -> int:
        async with self._writing() as connection:
            answers = IDEMPOTENCY if connection.dialect.name == "sqlite" else EVERY_ANSWER
            expired = delete(answers).where(answers.c.expires_at <= self._now())
            return (await connection.execute(expired)).rowcount

    async def problems(self) -> Sequence[str]:
        try:
            async with self._open(self._readers) as connection:
                with translated():
                    problem = await connection.run_sync(problem_of)
        except StoreUnavailable as unavailable:
            hint = f": {REMEDY}" if SERVICE in str(unavailable) else ""
            return [f"the database cannot be used: {unavailable}{hint}"]
        return [problem] if problem else []

    async def warnings(self) -> Sequence[str]:
        """What an operator should know of a store that is ready all the same."""
        return []

    def connections(self) -> Connections:
        return connections(self._engine)

    @abstractmethod
    def details(self) -> dict[str, str]: ...

    async def close(self) -> None:
        await self._engine.dispose()

    @abstractmethod
    async def _read(self, connection: AsyncConnection, keys: Sequence[CaseKey], alone: bool = False) -> Locked:
        """Cases with what stands around them; `alone`: not in a transaction yet."""

    @abstractmethod
    def _now(self) -> Any:
        """The clock of this store, as an SQL value."""
        ...

    def _now_when_run(self) -> Any:
        """The same in a statement that is kept: the clock is looked at each time that it is run."""
        return self._now()
