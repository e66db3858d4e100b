"""The statements of the write path on PostgreSQL, built from the tables; rows travel as one array per column."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import LargeBinary, Table, TextClause, text
from sqlalchemy.dialects.postgresql import asyncpg

from app.db.rows.rows import CACHES, MOVING, Row
from app.db.tables.column_types import Int64, JsonText, Moment, Word, json_text
from app.db.tables.search_texts import SEARCH_TEXT
from app.db.tables.tables import ACTOR, CASES, CLOCK, ENTRY, FIRING, IDEMPOTENCY, PAYLOAD, ROLE
from app.db.tables.work import MADE, Made
from app.domain.case.search_text import MOST_CHARACTERS

_ARRAYS = {Word: "text", JsonText: "text", Int64: "bigint", Moment: "timestamptz", LargeBinary: "bytea"}

_KEYS = ", ".join(
    f":{name}" for name in ("id_tenants", "ids", "ref_tenants", "types", "refs", "key_tenants", "subjects", "keys")
)
# of the functions that read cases: what each version returns never changes (migrations/versions/0003_named_columns.py)
_VERSION = 3
LOCK = text(f"SELECT * FROM lock_cases_{_VERSION}({_KEYS})")
READ = text(f"SELECT * FROM read_within_{_VERSION}(:tenants, :id_tenants, :ids, :ref_tenants, :types, :refs)")
LOCK_DUE = text(f"SELECT * FROM lock_due_{_VERSION}(CAST(:most AS bigint))")


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
    return {_bind(part, name): _column(kind, [row[name] for row in rows]) for name, kind in _SHAPES[part]}


def _columns(table: Table, names: Collection[str] = ()) -> tuple[tuple[str, Any], ...]:
    return tuple((c.name, type(c.type)) for c in table.columns if not names or c.name in names)


_SHAPES: dict[str, tuple[tuple[str, Any], ...]] = {
    "entry": _columns(ENTRY),
    "payload": _columns(PAYLOAD),
    "opened": _columns(CASES),
    "moved": (*_columns(CASES, ("tenant", "id", *MOVING)), ("was_seq", Int64)),
    "clock": _columns(CLOCK),
    "fired": _columns(FIRING),
    "acted": _columns(ACTOR),
    "answered": _columns(IDEMPOTENCY),
    **{made.table.name: _columns(made.table) for made in MADE},
    "given": _columns(ROLE),
    "taken": _columns(ROLE),
    "text": _columns(SEARCH_TEXT),
}


def _bind(part: str, name: str) -> str:
    return f"{part}_{name}"


def _column(kind: Any, values: list[Any]) -> list[Any]:
    return [json_text(value) for value in values] if kind is JsonText else values


def _unnest(part: str) -> str:
    binds = (f"CAST(:{_bind(part, name)} AS {_ARRAYS[kind]}[])" for name, kind in _SHAPES[part])
    return f"unnest({', '.join(binds)})"


def _names(shape: Iterable[tuple[str, Any]], prefix: str = "") -> str:
    return ", ".join(f"{prefix}{name}" for name, _ in shape)


def _insert(table: Table, part: str) -> str:
    return f"INSERT INTO {table.name} ({_names(_columns(table))}) SELECT * FROM {_unnest(part)}"


def _move() -> str:
    changed = _columns(CASES, MOVING)
    return f"""UPDATE cases SET ({_names(changed)}) = ROW ({_names(changed, "n.")})
        FROM {_unnest("moved")} n ({_names(_SHAPES["moved"])})
        WHERE cases.tenant = n.tenant AND cases.id = n.id AND cases.seq = n.was_seq RETURNING 1"""


def _answer() -> str:
    return f"""{_insert(IDEMPOTENCY, "answered")}
        ON CONFLICT (tenant, subject, key) DO UPDATE SET
            fingerprint = excluded.fingerprint, answer = excluded.answer, expires_at = excluded.expires_at
        WHERE idempotency.expires_at <= clock_timestamp() OR idempotency.answer = 'null' RETURNING 1"""


def _put_clocks() -> str:
    kept = ("tenant", "case_id", "name", "cycle", "case_type")
    changed = ", ".join(f"{name} = excluded.{name}" for name, _ in _columns(CLOCK) if name not in kept)
    key = ", ".join(kept[:-1])
    return f"""{_insert(CLOCK, "clock")} ON CONFLICT ({key}) DO UPDATE SET {changed}"""


def _make(made: Made) -> str:
    return _insert(made.table, made.table.name) + (" ON CONFLICT DO NOTHING" if made.once else "")


def _take_roles() -> str:
    key = _names(_columns(ROLE))
    return f"DELETE FROM {ROLE.name} WHERE ({key}) IN (SELECT * FROM {_unnest('taken')})"


def _put_texts() -> str:
    """What is empty stays as it is: words of a case's own are never quite empty."""
    said = f"said_after(case_text.said, excluded.said, {MOST_CHARACTERS})"
    return f"""{_insert(SEARCH_TEXT, "text")} ON CONFLICT (tenant, case_id) DO UPDATE SET
        own = CASE excluded.own WHEN '' THEN case_text.own ELSE excluded.own END,
        said = CASE excluded.said WHEN '' THEN case_text.said ELSE {said} END"""


# (part of the record, name, statement); that an entry waits for its place is written by a trigger
_WRITES = (
    ("entry", "entry", _insert(ENTRY, "entry")),
    ("payload", "payload", _insert(PAYLOAD, "payload")),
    ("opened", "opened", _insert(CASES, "opened")),
    ("moved", "moved", _move()),
    ("clock", "clock", _put_clocks()),
    ("fired", "fired", _insert(FIRING, "fired")),
    ("acted", "acted", f"{_insert(ACTOR, 'acted')} ON CONFLICT DO NOTHING"),
    ("answered", "answered", _answer()),
    *((made.table.name, f"made_{made.table.name}", _make(made)) for made in MADE),
    ("given", "given", f"{_insert(ROLE, 'given')} ON CONFLICT DO NOTHING"),
    ("taken", "taken", _take_roles()),
    ("text", "texted", _put_texts()),
)


def _recache() -> str:
    caches = _columns(CLOCK, CACHES)
    return f"""UPDATE clock SET ({_names(caches)}) = ROW ({_names(caches, "n.")})
        FROM {_unnest("clock")} n ({_names(_SHAPES["clock"])})
        WHERE clock.tenant = n.tenant AND clock.case_id = n.case_id AND clock.name = n.name AND clock.cycle = n.cycle
        RETURNING 1"""


RECACHE = text(_recache())
SEQUENCE = text("SELECT sequence_log(CAST(:most AS bigint)) AS moved")
ANALYZE = text("SELECT analyze_what_grew()")
