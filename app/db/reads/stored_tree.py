"""What both stores share of the tree over the log."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, TextClause, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.reads import log_order, tree
from app.db.reads.listing import Read
from app.db.tables.tree import CHECKPOINT, SIGNER, TILE
from app.domain.log.tiles import TILE_WIDTH, Tile
from app.services.store.log_tree import CheckedLeaf, FullTile, Head, StoredCheckpoint


class SqlTree(ABC):
    _heads: TextClause
    """Of `app/db/reads/tree.py`, for this database."""

    async def heads(self, after: str, limit: int) -> Sequence[Head]:
        return [Head(**row) for row in await self._rows(self._heads.bindparams(beyond=after, most=limit))]

    async def tiles(self, tenant: str, wanted: Collection[Tile]) -> Mapping[Tile, bytes]:
        async with self._reading(tenant) as read:
            return {tile: await self._tile(read, tenant, tile) for tile in wanted}

    async def _tile(self, read: Read, tenant: str, tile: Tile) -> bytes:
        if not tile.full:
            return await self._below(read, tenant, tile.level, tile.first, tile.width)
        rows = await read(tree.full(tenant, tile.level, tile.index))
        if not rows:
            raise KeyError(f"the tile {tile.path} is not there")
        return bytes(rows[0]["hashes"])

    async def _below(self, read: Read, tenant: str, level: int, first: int, count: int) -> bytes:
        """Leaves, or the roots of the tiles one level down."""
        if level == 0:
            rows = [row["entry_hash"] for row in await read(tree.leaf_hashes(tenant, first, count))]
        else:
            rows = [row["root"] for row in await read(tree.roots(tenant, level - 1, first, count))]
        return tree.joined(rows, count)

    async def tiles_kept(self, tenant: str, level: int) -> int:
        rows = await self._rows(tree.newest_tile(tenant, level), tenant)
        return int(rows[0]["tile_index"]) + 1 if rows else 0

    async def tiles_below(self, tenant: str, level: int, first: int, count: int) -> Sequence[bytes]:
        async with self._reading(tenant) as read:
            found = await self._below(read, tenant, level, first * TILE_WIDTH, count * TILE_WIDTH)
        return tree.portions(found)

    async def keep_tiles(self, tenant: str, tiles: Sequence[FullTile]) -> None:
        async with self._writing(tenant) as connection:
            known = await connection.execute(tree.kept(tenant, [(tile.level, tile.index) for tile in tiles]))
            there = {(level, index) for level, index in known}
            new = [tile for tile in tiles if (tile.level, tile.index) not in there]
            if new:
                await connection.execute(insert(TILE), [tree.row_of(tenant, tile) for tile in new])

    async def checkpoint(self, tenant: str, size: int | None = None) -> StoredCheckpoint | None:
        rows = await self._rows(tree.checkpoint(tenant, size), tenant)
        return StoredCheckpoint(**rows[0]) if rows else None

    async def keep_checkpoints(self, checkpoints: Sequence[StoredCheckpoint]) -> None:
        if checkpoints:
            async with self._writing(*(one.tenant for one in checkpoints)) as connection:
                await connection.execute(insert(CHECKPOINT), [asdict(one) for one in checkpoints])

    async def hold_signing(self, holder: str, seconds: float) -> datetime | None:
        (row,) = await self._rows(select(self._now().label("now")))
        now: datetime = row["now"]
        async with self._writing() as connection:
            held = await connection.execute(tree.holding(holder, now, now + timedelta(seconds=seconds)))
        return now if held.rowcount else None

    async def tell_signing(self, problem: str | None) -> None:
        async with self._writing() as connection:
            await connection.execute(update(SIGNER).values(problem=problem))

    async def signing_stands(self) -> tuple[str | None, float]:
        s = SIGNER.c
        (row,) = await self._rows(select(s.problem, s.ends_at, self._now().label("now")))
        idle = (row["now"] - row["ends_at"]).total_seconds() if row["ends_at"] else 0.0
        return row["problem"], max(idle, 0.0)

    async def departures(self, tenant: str, limit: int) -> Sequence[str]:
        return [row["entry"] for row in await self._rows(tree.departures(tenant, limit), tenant)]

    async def said(self, tenant: str, kind: str, limit: int) -> Sequence[str]:
        rows = await self._rows(tree.said(tenant, kind, limit), tenant)
        return [row["entry"] for row in reversed(rows)]

    async def leaves_to_check(self, tenant: str, first: int, limit: int) -> Sequence[CheckedLeaf]:
        return [CheckedLeaf(**row) for row in await self._rows(tree.to_check(tenant, first, limit), tenant)]

    async def without_place(self, tenant: str) -> int:
        (row,) = await self._rows(tree.without_place(tenant), tenant)
        return int(row["n"])

    async def full_tiles(self, tenant: str, level: int, first: int, count: int) -> Sequence[FullTile]:
        rows = await self._rows(tree.whole(tenant, level, first, count), tenant)
        return [FullTile(level, row["tile_index"], bytes(row["hashes"]), bytes(row["root"])) for row in rows]

    async def checkpoint_after(self, tenant: str, size: int) -> StoredCheckpoint | None:
        rows = await self._rows(tree.checkpoint_after(tenant, size), tenant)
        return StoredCheckpoint(**rows[0]) if rows else None

    async def case_keys(self, after: tuple[str, str] | None, limit: int) -> Sequence[tuple[str, str]]:
        return [(row["tenant"], row["id"]) for row in await self._rows(tree.case_keys(after, limit))]

    async def _roles_on(self, tenant: str, case_id: str) -> frozenset[tuple[str, str]]:
        rows = await self._rows(log_order.roles(tenant, [case_id]), tenant)
        return frozenset((row["subject"], row["role"]) for row in rows)

    @abstractmethod
    def _reading(self, *tenants: str) -> AbstractAsyncContextManager[Read]: ...

    @abstractmethod
    def _writing(self, *tenants: str) -> AbstractAsyncContextManager[AsyncConnection]: ...

    @abstractmethod
    async def _rows(self, select: Select[Any] | TextClause, *tenants: str) -> Sequence[RowMapping]: ...

    @abstractmethod
    def _now(self) -> Any: ...
