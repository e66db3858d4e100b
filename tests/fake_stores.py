"""Stores of the few methods that one service asks for, in memory, where a database would say no more."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from app.domain.case.entry import AuditEntry
from app.services.store.stored import AnswerKey, CaseKey, Locked, Record

AT = datetime(2026, 11, 20, tzinfo=UTC)


class FakeEntries:
    """For who only writes entries: it keeps them."""

    def __init__(self) -> None:
        self.written: list[AuditEntry] = []

    @asynccontextmanager
    async def transaction(self, *tenants: str) -> AsyncIterator["FakeEntries"]:
        yield self

    async def lock(self, cases: Sequence[CaseKey], answers: Sequence[AnswerKey]) -> Locked:
        return Locked(at=AT, policy_version=0)

    async def record(self, record: Record) -> None:
        self.written += record.entries
