"""What a transaction is to whoever asks for one: it locks what it decides on, and records what came of it, once."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from app.services.store.stored import AnswerKey, CaseKey, Locked, Record

Tx_co = TypeVar("Tx_co", covariant=True)


class Transactions(Protocol[Tx_co]):
    def transaction(self, *tenants: str) -> AbstractAsyncContextManager[Tx_co]:
        """About these tenants: PostgreSQL shows and takes no others' rows, but what `lock_due` finds.

        Commits on leaving; raises Refused or StoreUnavailable where the commit fails."""
        ...


class Recording(Protocol):
    async def record(self, record: Record) -> None:
        """Write everything or raise Refused. The only function that changes a case.

        A clock that is there is replaced. Where a new cycle begins, the one before is in the record too, no longer
        `current`. A firing that is there is refused.
        """
        ...


class EntryTransaction(Recording, Protocol):
    """All that it takes to write entries; where nothing is named, the lock tells the time."""

    async def lock(self, cases: Sequence[CaseKey], answers: Sequence[AnswerKey]) -> Locked: ...


class NotingTransaction(EntryTransaction, Protocol):
    """For entries of which there is one, whoever writes it."""

    async def has_entry(self, tenant: str, entry_id: str) -> bool: ...
