"""Everything that a database keeps of cases and their log, read by SQL alone."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import asyncpg

_QUERIES = {
    "entries": "SELECT tenant, entry_id, kind, case_id, case_seq, source, target, prev_hash, entry_hash, entry"
    " FROM audit_entry",
    "values": "SELECT tenant, entry_id, path, salt, value FROM audit_payload",
    "cases": "SELECT tenant, id, case_type, state, version, seq, data, last_hash FROM cases",
    "answers": "SELECT tenant, subject, key FROM idempotency",
    "waiting": "SELECT tenant, entry_id FROM audit_pending",
    "leaves": "SELECT tenant, leaf_index, entry_id FROM audit_leaf ORDER BY tenant, leaf_index",
}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Kept:
    """Rows as dictionaries. `chains` holds the entries of each case in their order."""

    entries: Sequence[Row]
    values: Sequence[Row]
    cases: Sequence[Row]
    answers: Sequence[Row]
    waiting: Sequence[Row]
    leaves: Sequence[Row]

    def chains(self) -> dict[tuple[str, str], list[Row]]:
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for entry in self.entries:
            if entry["case_seq"] is not None:
                found[entry["tenant"], entry["case_id"]].append(entry)
        return {key: sorted(chain, key=lambda entry: entry["case_seq"]) for key, chain in found.items()}


async def read(url: str) -> Kept:
    """`url` as the service writes it; for PostgreSQL that of a superuser."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.partition(":///")[2])
        connection.row_factory = sqlite3.Row
        try:
            return Kept(**{name: [dict(row) for row in connection.execute(sql)] for name, sql in _QUERIES.items()})
        finally:
            connection.close()
    admin = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return Kept(**{name: [dict(row) for row in await admin.fetch(sql)] for name, sql in _QUERIES.items()})
    finally:
        await admin.close()


async def bytes_of_files(url: str) -> int:
    """All that a database holds of files, also of those that no case refers to."""
    sql = "SELECT coalesce(sum(length(content)), 0) FROM blob_chunk"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.partition(":///")[2])) as connection:
            return int(connection.execute(sql).fetchone()[0])
    admin = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return int(await admin.fetchval(sql))
    finally:
        await admin.close()


def json_of(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
