"""The sequencer on SQLite, where the write lock is the sequencer's lock; on PostgreSQL it is a function there."""

from typing import Any

from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables.tables import PENDING

_TENANTS = text("""
    WITH RECURSIVE waiting (tenant) AS (
        SELECT min(tenant) FROM audit_pending
        UNION ALL
        SELECT (SELECT min(p.tenant) FROM audit_pending p WHERE p.tenant > w.tenant) FROM waiting w
        WHERE w.tenant IS NOT NULL
    )
    SELECT tenant FROM waiting WHERE tenant IS NOT NULL
""")
_SIZE = text("SELECT coalesce(max(leaf_index) + 1, 0) FROM audit_leaf WHERE tenant = :tenant")

# What is taken takes along what comes before it in its case and still waits; within a case by `case_seq`, across cases
# by `at`. CROSS JOIN keeps the order of the joins (sqlite.org/optoverview.html): else all that waits is gone through
# for each that is taken, and a queue of 5,000 held up all writers for half a minute.
_PLACE = text("""
    INSERT INTO audit_leaf (tenant, leaf_index, entry_id)
    WITH RECURSIVE taken (entry_id, case_id, case_seq, at) AS (
        SELECT e.entry_id, e.case_id, e.case_seq, e.at
        FROM (SELECT entry_id FROM audit_pending WHERE tenant = :tenant ORDER BY entry_id LIMIT :most) p
        JOIN audit_entry e ON e.tenant = :tenant AND e.entry_id = p.entry_id
        UNION
        SELECT e.entry_id, e.case_id, e.case_seq, e.at FROM taken t
        CROSS JOIN audit_entry e ON e.tenant = :tenant AND e.case_id = t.case_id AND e.case_seq = t.case_seq - 1
        CROSS JOIN audit_pending p ON p.tenant = :tenant AND p.entry_id = e.entry_id
    ), reached AS (
        SELECT *, CASE WHEN case_seq IS NULL THEN at ELSE max(at) OVER (
            PARTITION BY case_id, case_seq IS NULL ORDER BY case_seq) END AS moment FROM taken
    )
    SELECT :tenant, :size + row_number() OVER (ORDER BY moment, case_id, case_seq, entry_id) - 1, entry_id FROM reached
""")
_CLEAR = text("""
    DELETE FROM audit_pending WHERE tenant = :tenant AND entry_id IN (
        SELECT l.entry_id FROM audit_leaf l WHERE l.tenant = :tenant AND l.leaf_index >= :size)
""")


def waiting() -> Select[Any]:
    """A row where anything waits."""
    return select(PENDING.c.tenant).limit(1)


async def sequence(connection: AsyncConnection, limit: int) -> int:
    """Place what waits; how many. The caller holds the write lock and commits."""
    moved = 0
    for tenant in (await connection.execute(_TENANTS)).scalars().all():
        size = (await connection.execute(_SIZE, {"tenant": tenant})).scalar_one()
        placed = await connection.execute(_PLACE, {"tenant": tenant, "size": size, "most": limit})
        await connection.execute(_CLEAR, {"tenant": tenant, "size": size})
        moved += placed.rowcount
    return moved
