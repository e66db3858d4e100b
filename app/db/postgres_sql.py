"""The statements of the write path on PostgreSQL, built from the tables; rows travel as one array per column."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import LargeBinary, Table, TextClause, text
from sqlalchemy.dialects.postgresql import asyncpg

from app.db.rows import Row
from app.db.tables import ACTOR, CASES, ENTRY, IDEMPOTENCY, PAYLOAD, PENDING
from app.db.types import Count, JsonText, Moment, Word, json_text

_ARRAYS = {Word: "text", JsonText: "text", Count: "bigint", Moment: "timestamptz", LargeBinary: "bytea"}
_KEPT = ("tenant", "id")

_NAMED = """
    SELECT c.tenant, c.id FROM cases c
    JOIN unnest(CAST(:id_tenants AS text[]), CAST(:ids AS text[])) k (tenant, id) USING (tenant, id)
    UNION
    SELECT c.tenant, c.id FROM cases c
    JOIN unnest(CAST(:ref_tenants AS text[]), CAST(:types AS text[]), CAST(:refs AS text[]))
         k (tenant, case_type, reference) USING (tenant, case_type, reference)
"""

_ASKED = """unnest(CAST(:key_tenants AS text[]), CAST(:subjects AS text[]), CAST(:keys AS text[]))"""

# Both halves wait for nothing but the rows; a key is taken or it is busy. JSON makes the three parts one text
# without a separator that a key could hold.
LOCK = text(f"""
WITH locked AS MATERIALIZED (
    SELECT 1 FROM cases JOIN ({_NAMED}) named USING (tenant, id) ORDER BY tenant, id FOR UPDATE OF cases
)
SELECT NULL AS tenant, NULL AS subject, NULL AS key, count(*) > 0 AS taken FROM locked
UNION ALL
SELECT k.*, pg_try_advisory_xact_lock(hashtextextended(CAST(json_build_array(k.tenant, k.subject, k.key) AS text), 0))
FROM {_ASKED} k (tenant, subject, key)
""")

# A statement of its own: in READ COMMITTED a statement that waited for a lock sees the locked rows as they are
# now, but every other table as it was before it waited, and four eyes would miss who acted meanwhile.
READ = text(f"""
SELECT clock_timestamp() AS read_at,
       (SELECT version FROM policy_state) AS policy_version,
       CASE WHEN row_number() OVER () = 1 THEN (
           SELECT json_agg(json_build_array(i.tenant, i.subject, i.key, i.fingerprint, CAST(i.answer AS json),
                  CAST(extract(epoch FROM i.expires_at) * 1000000 AS bigint)))
           FROM idempotency i JOIN {_ASKED} k (tenant, subject, key) USING (tenant, subject, key)
           WHERE i.expires_at > clock_timestamp()
       ) END AS answers,
       (SELECT json_agg(json_build_array(a.event, a.subject)) FROM case_actor a
        WHERE a.tenant = c.tenant AND a.case_id = c.id) AS acted,
       (SELECT json_agg(json_build_array(r.subject, r.role)) FROM case_role r
        WHERE r.tenant = c.tenant AND r.case_id = c.id) AS roles,
       {", ".join(f"c.{c.name}" for c in CASES.columns)}
FROM (SELECT 1) one LEFT JOIN (SELECT cases.* FROM cases JOIN ({_NAMED}) named USING (tenant, id)) c ON true
""")


@cache
def native(statement: TextClause) -> tuple[str, tuple[str, ...]]:
    """A statement as asyncpg takes it: the text, and the names of its binds in the order of their places."""
    compiled = statement.compile(dialect=asyncpg.dialect())  # type: ignore[no-untyped-call]
    return str(compiled), tuple(getattr(compiled, "positiontup", None) or ())


@cache
def record_statement(parts: frozenset[str]) -> TextClause:
    """One statement that writes the given parts of `rows_of` and counts what moved and what was answered."""
    writes = ",\n".join(f"{name} AS ({sql})" for part, name, sql in _WRITES if part in parts)
    moved = "(SELECT count(*) FROM moved)" if "moved" in parts else "0"
    answered = "(SELECT count(*) FROM answered)" if "answered" in parts else "0"
    return text(f"WITH {writes}\nSELECT {moved} AS moved, {answered} AS answered")


def arrays(part: str, rows: Sequence[Row]) -> dict[str, Any]:
    """The binds of one part: an array per column."""
    return {
        _bind(part, name): [_plain(table_column, row[name]) for row in rows] for name, table_column in _SHAPES[part]
    }


def _columns(table: Table) -> tuple[tuple[str, Any], ...]:
    return tuple((c.name, type(c.type)) for c in table.columns)


_SHAPES: dict[str, tuple[tuple[str, Any], ...]] = {
    "entry": _columns(ENTRY),
    "payload": _columns(PAYLOAD),
    "opened": _columns(CASES),
    "moved": (*_columns(CASES), ("was_seq", Count)),
    "acted": _columns(ACTOR),
    "answered": _columns(IDEMPOTENCY),
}


def _bind(part: str, name: str) -> str:
    return f"{part}_{name}"


def _plain(kind: Any, value: Any) -> Any:
    return json_text(value) if kind is JsonText else value


def _unnest(part: str, names: Iterable[tuple[str, Any]] | None = None) -> str:
    binds = (f"CAST(:{_bind(part, name)} AS {_ARRAYS[kind]}[])" for name, kind in names or _SHAPES[part])
    return f"unnest({', '.join(binds)})"


def _names(shape: Iterable[tuple[str, Any]], prefix: str = "") -> str:
    return ", ".join(f"{prefix}{name}" for name, _ in shape)


def _insert(table: Table, part: str) -> str:
    return f"INSERT INTO {table.name} ({_names(_columns(table))}) SELECT * FROM {_unnest(part)}"


def _insert_pending() -> str:
    key = [(name, kind) for name, kind in _SHAPES["entry"] if name in ("tenant", "entry_id")]
    return f"INSERT INTO {PENDING.name} (tenant, entry_id) SELECT * FROM {_unnest('entry', key)}"


def _move() -> str:
    changed = [shape for shape in _columns(CASES) if shape[0] not in _KEPT]
    return f"""UPDATE cases SET ({_names(changed)}) = ROW ({_names(changed, "n.")})
        FROM {_unnest("moved")} n ({_names(_SHAPES["moved"])})
        WHERE cases.tenant = n.tenant AND cases.id = n.id AND cases.seq = n.was_seq RETURNING 1"""


def _answer() -> str:
    return f"""{_insert(IDEMPOTENCY, "answered")}
        ON CONFLICT (tenant, subject, key) DO UPDATE SET
            fingerprint = excluded.fingerprint, answer = excluded.answer, expires_at = excluded.expires_at
        WHERE idempotency.expires_at <= clock_timestamp() OR idempotency.answer = 'null' RETURNING 1"""


# (part of the record, name, statement)
_WRITES = (
    ("entry", "entry", _insert(ENTRY, "entry")),
    ("entry", "pending", _insert_pending()),
    ("payload", "payload", _insert(PAYLOAD, "payload")),
    ("opened", "opened", _insert(CASES, "opened")),
    ("moved", "moved", _move()),
    ("acted", "acted", f"{_insert(ACTOR, 'acted')} ON CONFLICT DO NOTHING"),
    ("answered", "answered", _answer()),
)
