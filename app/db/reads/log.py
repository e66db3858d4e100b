"""What both stores share of reading along: the log in the order of its leaves."""

import json
from abc import abstractmethod
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import Select, TextClause
from sqlalchemy.engine import RowMapping

from app.db.reads import ledger, log_order, tree
from app.db.reads.exports import SqlExports
from app.db.reads.listing import Read
from app.db.reads.stored_tree import SqlTree
from app.domain.values.names import SERVICE_TENANT
from app.services.store.log import Leaf, LeafQuery, Placed, Touched
from app.services.store.log_tree import FoundEntry, SaltedValue
from app.services.store.may_see import CaseStanding
from app.services.store.stored import StoredEntry

OF_AN_ENTRY = ("entry_id", "case_seq", "entry", "entry_hash")


class SqlLog(SqlTree, SqlExports):
    @abstractmethod
    async def sequence(self, limit: int) -> int: ...

    async def log_size(self, tenant: str) -> int:
        (row,) = await self._rows(log_order.size(tenant), tenant)
        return int(row["size"])

    async def leaves(self, query: LeafQuery) -> Sequence[Leaf]:
        return await self._leaves(query.tenant, log_order.page(query))

    async def case_leaves(self, tenant: str, case_id: str, after: int, limit: int) -> Sequence[Leaf]:
        return await self._leaves(tenant, log_order.of_case(tenant, case_id, after, limit))

    async def tail(self, tenant: str, after: int, until: int) -> Sequence[Placed]:
        rows = await self._rows(log_order.tail(tenant, after, until), tenant)
        found = await self._with_values(tenant, rows)
        cases = sorted({row["case_id"] for row in rows if row["case_type"] is not None})
        given = defaultdict(set)
        for row in await self._rows(log_order.roles(tenant, cases), tenant) if cases else []:
            given[row["case_id"]].add((row["subject"], row["role"]))
        standing = (_standing(row, frozenset(given[row["case_id"]])) for row in rows)
        return [Placed(leaf, stands) for leaf, stands in zip(found, standing, strict=True)]

    async def entry_named(self, tenant: str, *, entry_id: str = "", entry_hash: str = "") -> FoundEntry | None:
        rows = await self._rows(tree.entry_named(tenant, entry_id, entry_hash), tenant)
        if not rows:
            return None
        [row] = rows
        [entry] = ledger.with_values([_entry(row)], await self._values(tenant, [row["entry_id"]]))
        given = await self._roles_on(tenant, row["case_id"]) if row["case_type"] is not None else frozenset()
        return FoundEntry(row["leaf_index"], row["case_id"], entry, _standing(row, given))

    async def salted(self, tenant: str, entry_ids: Sequence[str]) -> AsyncIterator[Sequence[SaltedValue]]:
        asked = {"tenant": tenant, "entry_ids": list(entry_ids)}
        for portion in ledger.portions(await self._rows(ledger.SIZES, tenant, values=asked) if entry_ids else []):
            rows = await self._rows(tree.salted(tenant, portion), tenant)
            yield [SaltedValue(row["entry_id"], row["path"], bytes(row["salt"]), row["value"]) for row in rows]

    async def touched(self, tenant: str, after: int, limit: int) -> Sequence[Touched]:
        return [Touched(**row) for row in await self._rows(log_order.touched(tenant, after, limit), tenant)]

    async def policy_entries(self, tenant: str, after: str | None, limit: int) -> Sequence[StoredEntry]:
        return ledger.with_values(await self._rows(ledger.of_policy(tenant, after, limit), tenant), {})

    async def definitions_published(self, case_type: str) -> Mapping[str, datetime]:
        rows = await self._rows(ledger.of_definitions(SERVICE_TENANT, case_type), SERVICE_TENANT)
        entries = [json.loads(row["entry"]) for row in rows]
        return {one["definition"]["hash"]: datetime.fromisoformat(one["at"]) for one in entries}

    async def listen(self, heard: Callable[[str], None]) -> Callable[[], bool]:
        """Nobody tells: whoever asked listens to silence."""
        return lambda: True

    async def _leaves(self, tenant: str, wanted: Select[Any]) -> Sequence[Leaf]:
        return await self._with_values(tenant, await self._rows(wanted, tenant))

    async def _values(self, tenant: str, entry_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Of each entry by path, a portion at a time, each by a read of its own but the first: on SQLite whoever writes
        waits until a read is over."""
        values: dict[str, dict[str, Any]] = {}
        if not entry_ids:
            return values
        async with self._reading(tenant) as read:
            sizes = await read(ledger.SIZES, {"tenant": tenant, "entry_ids": list(entry_ids)})
            portions = [{"tenant": tenant, "entry_ids": some} for some in ledger.portions(sizes)]
            for portion in portions[:1]:
                _put(await read(ledger.VALUES, portion), values)
        for portion in portions[1:]:
            _put(await self._rows(ledger.VALUES, tenant, values=portion), values)
        return values

    async def _with_values(self, tenant: str, rows: Sequence[RowMapping]) -> Sequence[Leaf]:
        values = await self._values(tenant, [row["entry_id"] for row in rows])
        places = [(row["leaf_index"], row["case_id"]) for row in rows]
        entries = ledger.with_values([_entry(row) for row in rows], values)
        return [Leaf(*place, entry) for place, entry in zip(places, entries, strict=True)]

    @abstractmethod
    def _reading(self, *tenants: str) -> AbstractAsyncContextManager[Read]: ...

    @abstractmethod
    async def _rows(
        self, select: Select[Any] | TextClause, *tenants: str, values: Mapping[str, Any] | None = None
    ) -> Sequence[RowMapping]: ...


def _put(rows: Sequence[RowMapping], values: dict[str, dict[str, Any]]) -> None:
    for row in rows:
        values[row["entry_id"]] = json.loads(f"{{{row['whole']}}}")


def _entry(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in OF_AN_ENTRY}


def _standing(row: RowMapping, roles: frozenset[tuple[str, str]]) -> CaseStanding | None:
    if row["case_type"] is None:
        return None
    return CaseStanding(row["case_type"], row["creator"], row["assignee"], roles)
