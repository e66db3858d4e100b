"""Read the log out: exact entries in the order of their leaves, and what is behind their commitments."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Select, Subquery, Text, TextClause, and_, cast, func, literal, select, type_coerce
from sqlalchemy.engine import RowMapping

from app.db.reads.json_names import as_json
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
MOST_CHARACTERS: Final = 4 << 20
"""Of texts read at a time, one at least."""
_EACH = as_json(P.path).concat(":").concat(type_coerce(P.value, Text))
_VALUES = select(func.aggregate_strings(_EACH, ",")).where(ITS_VALUES).correlate(LEAF).scalar_subquery()
LINE: Final[ColumnElement[str]] = (
    literal('{"leaf_index":', Text)
    .concat(cast(L.leaf_index, Text))
    .concat(',"entry_hash":"')
    .concat(E.entry_hash)
    .concat('","entry":')
    .concat(E.entry)
    .concat(',"values":{')
    .concat(func.coalesce(_VALUES, ""))
    .concat("}}")
)
"""Put together where the texts are: a row for each value took ten times what the rest of an export takes."""


class SqlExports(ABC):
    async def exported_leaves(
        self, tenant: str, first: int, until: int, limit: int, cases: Sequence[str] = ()
    ) -> Sequence[ExportedLeaf]:
        asked = _placed(tenant, cases, L.leaf_index, E.entry, E.entry_hash)
        some = asked.where(*_within(first, until)).order_by(L.leaf_index).limit(limit).subquery()
        rows = await self._rows(_fitting(some, some.c.entry), tenant)
        return [ExportedLeaf(**row) for row in rows]

    async def exported_lines(
        self, tenant: str, first: int, until: int, limit: int, cases: Sequence[str] = ()
    ) -> Sequence[str]:
        asked = _placed(tenant, cases, L.leaf_index, LINE.label("line"))
        some = asked.where(*_within(first, until)).order_by(L.leaf_index).limit(limit).subquery()
        rows = await self._rows(_fitting(some, some.c.line, shown=(some.c.line,)), tenant)
        return [row["line"] for row in rows]

    async def exported_hashes(self, tenant: str, first: int, until: int) -> Sequence[ExportedLeaf]:
        found = _placed(tenant, (), L.leaf_index, E.entry_hash).where(*_within(first, until))
        rows = await self._rows(found.order_by(L.leaf_index), tenant)
        return [ExportedLeaf(row["leaf_index"], "", row["entry_hash"]) for row in rows]

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


def _placed(tenant: str, cases: Sequence[str], *shown: ColumnElement[Any]) -> Select[Any]:
    """From the entries on, where some cases are named: there is an index of these."""
    joined = ENTRY.join(LEAF, ITS_ENTRY) if cases else LEAF.join(ENTRY, ITS_ENTRY)
    mine = (E.tenant == tenant, E.case_id.in_(cases)) if cases else (L.tenant == tenant,)
    return select(*shown).select_from(joined).where(*mine)


def _within(first: int, until: int) -> tuple[ColumnElement[bool], ...]:
    return L.leaf_index >= first, L.leaf_index < until


def _fitting(
    some: Subquery, text: ColumnElement[str], shown: Sequence[ColumnElement[Any]] | None = None
) -> Select[Any]:
    """The first of these rows, before which there are not too many characters."""
    before = func.sum(func.length(text)).over(order_by=some.c.leaf_index, rows=(None, -1))
    asked = shown if shown is not None else tuple(some.c)
    counted = select(some.c.leaf_index.label("place"), *asked, func.coalesce(before, 0).label("before")).subquery()
    wanted = [counted.c[str(column.key)] for column in asked]
    return select(*wanted).where(counted.c.before < MOST_CHARACTERS).order_by(counted.c.place)
