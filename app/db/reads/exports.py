"""Read the log out: exact entries in the order of their leaves, and what is behind their commitments."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Select, Text, TextClause, and_, func, select, type_coerce
from sqlalchemy.engine import RowMapping

from app.db.tables.log_order import LEAF
from app.db.tables.tables import ENTRY, PAYLOAD
from app.db.tables.tree import CHECKPOINT
from app.services.store.exports import ExportedLeaf, ExportedValue
from app.services.store.log_tree import StoredCheckpoint

L = LEAF.c
E = ENTRY.c
P = PAYLOAD.c
K = CHECKPOINT.c
READ: Final = msgspec.json.Decoder().decode
"""As the type of the column does, and several times sooner."""
ITS_ENTRY = and_(E.tenant == L.tenant, E.entry_id == L.entry_id)
ITS_VALUES = and_(P.tenant == L.tenant, P.entry_id == L.entry_id)


class SqlExports(ABC):
    async def exported_leaves(self, tenant: str, first: int, until: int) -> Sequence[ExportedLeaf]:
        within = (L.tenant == tenant, L.leaf_index >= first, L.leaf_index < until)
        found = select(L.leaf_index, E.entry, E.entry_hash).select_from(LEAF.join(ENTRY, ITS_ENTRY))
        rows = await self._rows(found.where(*within).order_by(L.leaf_index), tenant)
        return [ExportedLeaf(**row) for row in rows]

    async def exported_hashes(self, tenant: str, first: int, until: int) -> Sequence[ExportedLeaf]:
        within = (L.tenant == tenant, L.leaf_index >= first, L.leaf_index < until)
        found = select(L.leaf_index, E.entry_hash).select_from(LEAF.join(ENTRY, ITS_ENTRY))
        rows = await self._rows(found.where(*within).order_by(L.leaf_index), tenant)
        return [ExportedLeaf(row["leaf_index"], "", row["entry_hash"]) for row in rows]

    async def exported_leaves_of(
        self, tenant: str, cases: Sequence[str], first: int, until: int, limit: int
    ) -> Sequence[ExportedLeaf]:
        within = (E.tenant == tenant, E.case_id.in_(cases), L.leaf_index >= first, L.leaf_index < until)
        found = select(L.leaf_index, E.entry, E.entry_hash).select_from(ENTRY.join(LEAF, ITS_ENTRY))
        rows = await self._rows(found.where(*within).order_by(L.leaf_index).limit(limit), tenant)
        return [ExportedLeaf(**row) for row in rows]

    async def exported_sizes(self, tenant: str, leaves: Sequence[int]) -> Sequence[tuple[int, int, int]]:
        size = func.sum(func.length(type_coerce(P.value, Text)))
        found = select(L.leaf_index, func.count().label("count"), size.label("size"))
        mine = found.select_from(LEAF.join(PAYLOAD, ITS_VALUES)).where(L.tenant == tenant, L.leaf_index.in_(leaves))
        rows = await self._rows(mine.group_by(L.leaf_index).order_by(L.leaf_index), tenant)
        return [(row["leaf_index"], row["count"], row["size"]) for row in rows]

    async def exported_values(self, tenant: str, leaves: Sequence[int]) -> Sequence[ExportedValue]:
        value = type_coerce(P.value, Text).label("value")
        found = select(L.leaf_index, P.path, P.salt, value).select_from(LEAF.join(PAYLOAD, ITS_VALUES))
        mine = found.where(L.tenant == tenant, L.leaf_index.in_(leaves)).order_by(L.leaf_index, P.path)
        rows = await self._rows(mine, tenant)
        return [ExportedValue(row["leaf_index"], row["path"], row["salt"], READ(row["value"])) for row in rows]

    async def exported_checkpoints(self, tenant: str, until: int, most: int) -> Sequence[StoredCheckpoint]:
        targets = sorted({until * part // most for part in range(1, most + 1)})
        largest = [select(func.max(K.size)).where(K.tenant == tenant, K.size <= size) for size in targets]
        wanted = [one.scalar_subquery().label(f"s{number}") for number, one in enumerate(largest)]
        (row,) = await self._rows(select(*wanted), tenant)
        sizes = sorted({size for size in row.values() if size is not None})
        found = select(*K).where(K.tenant == tenant, K.size.in_(sizes)).order_by(K.size)
        return [StoredCheckpoint(**one) for one in await self._rows(found, tenant)]

    @abstractmethod
    async def _rows(self, select: Select[Any] | TextClause, *tenants: str) -> Sequence[RowMapping]: ...
