"""Read and write the tree over the log: tiles, checkpoints, and whose turn it is to sign."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select, text, tuple_, update

from app.db.reads.every_tenant import EVERY_CASE
from app.db.reads.log_order import ITS_ENTRY, SHOWN
from app.db.tables.log_order import LEAF
from app.db.tables.tables import CASES, ENTRY, PAYLOAD, PENDING
from app.db.tables.tree import CHECKPOINT, SIGNER, TILE
from app.domain.log.tiles import TILE_WIDTH
from app.services.store.log_tree import FullTile

E = ENTRY.c
L = LEAF.c
C = CASES.c
T = TILE.c
"""How long each log is: from the index alone, two looks a tenant."""
HEADS_ON_POSTGRES = text("SELECT tenant, size, signed FROM log_heads(:beyond, CAST(:most AS bigint))")
HEADS_ON_SQLITE = text("""
    WITH RECURSIVE each (tenant) AS (
        SELECT min(tenant) FROM audit_leaf WHERE tenant > :beyond
        UNION ALL
        SELECT (SELECT min(l.tenant) FROM audit_leaf l WHERE l.tenant > e.tenant) FROM each e WHERE e.tenant IS NOT NULL
    )
    SELECT e.tenant, (SELECT max(l.leaf_index) + 1 FROM audit_leaf l WHERE l.tenant = e.tenant) AS size,
           (SELECT coalesce(max(c.size), 0) FROM audit_checkpoint c WHERE c.tenant = e.tenant) AS signed
    FROM each e WHERE e.tenant IS NOT NULL LIMIT :most
""")


def leaf_hashes(tenant: str, first: int, count: int) -> Select[Any]:
    """In hex, one a row."""
    within = (L.tenant == tenant, L.leaf_index >= first, L.leaf_index < first + count)
    return select(E.entry_hash).select_from(LEAF.join(ENTRY, ITS_ENTRY)).where(*within).order_by(L.leaf_index)


def roots(tenant: str, level: int, first: int, count: int) -> Select[Any]:
    within = (T.tenant == tenant, T.level == level, T.tile_index >= first, T.tile_index < first + count)
    return select(T.root).where(*within).order_by(T.tile_index)


def full(tenant: str, level: int, index: int) -> Select[Any]:
    return select(T.hashes).where(T.tenant == tenant, T.level == level, T.tile_index == index)


def newest_tile(tenant: str, level: int) -> Select[Any]:
    of_level = select(T.tile_index).where(T.tenant == tenant, T.level == level)
    return of_level.order_by(T.tile_index.desc()).limit(1)


def kept(tenant: str, keys: Iterable[tuple[int, int]]) -> Select[Any]:
    same = [and_(T.level == level, T.tile_index == index) for level, index in keys]
    return select(T.level, T.tile_index).where(T.tenant == tenant, or_(*same))


def checkpoint(tenant: str, size: int | None) -> Select[Any]:
    of = CHECKPOINT.c
    which = () if size is None else (of.size == size,)
    return select(*of).where(of.tenant == tenant, *which).order_by(of.size.desc()).limit(1)


def entry_named(tenant: str, entry_id: str, entry_hash: str) -> Select[Any]:
    """With what says who may read it, as `tail` of the log's order has it."""
    its_case = and_(C.tenant == E.tenant, C.id == E.case_id)
    its_leaf = and_(L.tenant == E.tenant, L.entry_id == E.entry_id)
    named = E.entry_hash == entry_hash if entry_hash else E.entry_id == entry_id
    found = select(*SHOWN, C.case_type, C.creator, C.assignee)
    return found.select_from(ENTRY.outerjoin(LEAF, its_leaf).outerjoin(CASES, its_case)).where(
        E.tenant == tenant, named
    )


def departures(tenant: str, limit: int) -> Select[Any]:
    """Entries of no case are found by an index of their own."""
    outside = (E.tenant == tenant, E.case_id.is_(None), E.case_seq.is_(None), E.kind == "restore")
    placed = select(E.entry).select_from(ENTRY.join(LEAF, ITS_ENTRY))
    return placed.where(*outside).order_by(E.entry_id.desc()).limit(limit)


def said(tenant: str, kind: str, limit: int) -> Select[Any]:
    """Also those that have no place yet."""
    outside = (E.tenant == tenant, E.case_id.is_(None), E.case_seq.is_(None), E.kind == kind)
    return select(E.entry).where(*outside).order_by(E.entry_id.desc()).limit(limit)


def to_check(tenant: str, first: int, limit: int) -> Select[Any]:
    """With the hash of the entry before it in its case."""
    earlier = ENTRY.alias("earlier")
    before = earlier.c
    its_before = and_(before.tenant == E.tenant, before.case_id == E.case_id, before.case_seq == E.case_seq - 1)
    shown = (L.leaf_index, E.entry_id, E.kind, E.case_id, E.case_seq, E.source, E.target, E.prev_hash, E.entry_hash)
    found = select(*shown, E.entry, before.entry_hash.label("before"))
    placed = found.select_from(LEAF.join(ENTRY, ITS_ENTRY).outerjoin(earlier, its_before))
    within = (L.tenant == tenant, L.leaf_index >= first, L.leaf_index < first + limit)
    return placed.where(*within).order_by(L.leaf_index)


def salted(tenant: str, entry_ids: Sequence[str]) -> Select[Any]:
    p = PAYLOAD.c
    return select(p.entry_id, p.path, p.salt, p.value).where(p.tenant == tenant, p.entry_id.in_(entry_ids))


def without_place(tenant: str) -> Select[Any]:
    placed = exists().where(L.tenant == E.tenant, L.entry_id == E.entry_id)
    waits = exists().where(PENDING.c.tenant == E.tenant, PENDING.c.entry_id == E.entry_id)
    return select(func.count().label("n")).select_from(ENTRY).where(E.tenant == tenant, ~placed, ~waits)


def whole(tenant: str, level: int, first: int, count: int) -> Select[Any]:
    within = (T.tenant == tenant, T.level == level, T.tile_index >= first, T.tile_index < first + count)
    return select(T.level, T.tile_index, T.hashes, T.root).where(*within).order_by(T.tile_index)


def checkpoint_after(tenant: str, size: int) -> Select[Any]:
    of = CHECKPOINT.c
    return select(*of).where(of.tenant == tenant, of.size > size).order_by(of.size).limit(1)


def case_keys(after: tuple[str, str] | None, limit: int) -> Select[Any]:
    of = EVERY_CASE.c
    beyond = () if after is None else (tuple_(of.tenant, of.id) > after,)
    return select(of.tenant, of.id).where(*beyond).order_by(of.tenant, of.id).limit(limit)


def row_of(tenant: str, tile: FullTile) -> dict[str, Any]:
    own = {"tenant": tenant, "level": tile.level, "tile_index": tile.index}
    return {**own, "root": tile.root, "hashes": tile.hashes}


def holding(holder: str, now: datetime, until: datetime) -> Any:
    s = SIGNER.c
    free = or_(s.holder == holder, s.ends_at.is_(None), s.ends_at < now)
    return update(SIGNER).where(free).values(holder=holder, ends_at=until)


def joined(rows: Sequence[Any], count: int) -> bytes:
    """Of leaves in hex or of roots. KeyError where some are missing."""
    found = [bytes.fromhex(one) if isinstance(one, str) else bytes(one) for one in rows]
    if len(found) != count:
        raise KeyError(f"{count} hashes, of which {len(found)} are there")
    return b"".join(found)


def portions(hashes: bytes) -> list[bytes]:
    """As tiles."""
    wide = TILE_WIDTH * 32
    return [hashes[at : at + wide] for at in range(0, len(hashes), wide)]
