"""One SQL statement that repeats a told story for many numbers, each with values of its own."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from app.db.rows.rows import CASE_COLUMNS
from app.db.tables.column_types import json_text
from app.domain.case.case import Case
from app.domain.case.entry import AuditEntry, PayloadRow
from app.domain.case.sealing import canonical, commitment, genesis
from app.domain.values.json import Json
from app.domain.values.rfc3339 import rfc3339
from bench import words
from bench.stories import AMOUNT, CASE, CREATOR, ENTRY, REFERENCE, WORKER, Told

BEGAN_US = 1_704_067_200_000_000
"""2024-01-01: from then on a case each half minute, and each event within thirty days of the one before."""
EVERY_US, WITHIN_US = 30_000_000, 30 * 86_400 * 1_000_000
SPREAD = 7919
"""A prime: neighbours get other stories, and a thousand in a row get exactly their shares."""
COMMITMENT = "stateward-field/1\0"
GENESIS = "stateward-case/1\0"
LEAF = "\0"
AT_TEXT = """to_char({at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""

Columns = Mapping[str, str]
"""SQL expressions by the column that they are."""


@dataclass(frozen=True)
class Crowd:
    """Among how many people and teams the cases are divided."""

    users: int = 5_000
    teams: int = 50


CROWD = Crowd()


def statement(told: Told, low: int, high: int, seed: int, crowd: Crowd) -> str:
    """Insert the cases $1 to $2 whose story this is: those with `low` <= place < `high` of a thousand."""
    entries = told.record.entries
    _check(told, entries)
    stages = [_chance(entries, seed, crowd), _ids(entries), _salts(told, entries)]
    known = _known(told, entries)
    for number, entry in enumerate(entries):
        stages.append({f"entry_{number}": _text(entry.entry, known | _commitments(number, entry, known))})
        stages.append({f"hash_{number}": _sha256(LEAF, f"entry_{number}")})
    numbers = f"SELECT i FROM generate_series($1::bigint, $2::bigint) i WHERE i * {SPREAD} % 1000 BETWEEN {low}"
    parts = [f"s0 AS MATERIALIZED ({numbers} AND {high - 1})"]
    for number, stage in enumerate(stages, start=1):
        shown = ", ".join(f"{expression} AS {name}" for name, expression in stage.items())
        parts.append(f"s{number} AS MATERIALIZED (SELECT s{number - 1}.*, {shown} FROM s{number - 1})")
    written = [*_inserts(told, entries, known, len(stages)), _words(told, known, len(stages), seed)]
    inserts = [f"i{place} AS ({insert})" for place, insert in enumerate(written)]
    return f"WITH {', '.join([*parts, *inserts])} SELECT"


def _check(told: Told, entries: Sequence[AuditEntry]) -> None:
    """The formats that this file writes again in SQL are still those of the product."""
    draft = entries[0].draft
    assert draft.prev == genesis(draft.tenant, CASE, told.case.definition)
    for entry in entries:
        assert all(commitment(field.path, field.salt, field.value) in entry.entry for field in entry.payload)


def _chance(entries: Sequence[AuditEntry], seed: int, crowd: Crowd) -> Columns:
    moments = [f"{BEGAN_US} + i * {EVERY_US} + {_draw(0, EVERY_US, seed)}"]
    for number in range(1, len(entries)):
        moments.append(f"{moments[-1]} + 1 + {_draw(number, WITHIN_US, seed)}")
    due = _moment(f"{moments[0]} + {_draw(110, WITHIN_US, seed)}")
    return {
        **{f"us_{number}": moment for number, moment in enumerate(moments)},
        **{f"md5_{number}": f"md5('{seed} {number} ' || i)" for number in range(len(entries))},
        "md5_case": f"md5('{seed} case ' || i)",
        "creator": f"'user:c' || {_draw(101, crowd.users, seed)}",
        "worker": f"'user:w' || {_draw(102, crowd.users, seed)}",
        "amount": f"(60000 + {_draw(103, 100_000, seed)})::text",
        "assignee": f"CASE WHEN {_draw(104, 10, seed)} < 7 THEN 'user:w' || {_draw(105, crowd.users, seed)} END",
        "team": f"CASE WHEN {_draw(106, 10, seed)} < 5 THEN 'team:' || {_draw(107, crowd.teams, seed)} END",
        "urgency": _draw(108, 101, seed),
        "due_at": f"CASE WHEN {_draw(109, 10, seed)} < 3 THEN {due} END",
        "reference": "'REF-' || i",
    }


def _draw(what: int, below: int, seed: int) -> str:
    return f"((hashint8extended(i, {seed * 1000 + what}) & 9223372036854775807) % {below})"


def _ids(entries: Sequence[AuditEntry]) -> Columns:
    numbers = range(len(entries))
    return {
        "case_id": _uuid7("us_0", "md5_case"),
        **{f"id_{number}": _uuid7(f"us_{number}", f"md5_{number}") for number in numbers},
        **{f"at_{number}": _moment(f"us_{number}") for number in numbers},
    }


def _moment(microseconds: str) -> str:
    return f"timestamptz 'epoch' + ({microseconds}) * interval '1 microsecond'"


def _uuid7(microseconds: str, chance: str) -> str:
    milliseconds = f"lpad(to_hex({microseconds} / 1000), 12, '0')"
    head = f"left({milliseconds}, 8) || '-' || right({milliseconds}, 4) || '-7' || substr({chance}, 1, 3)"
    return f"{head} || '-8' || substr({chance}, 4, 3) || '-' || substr({chance}, 7, 12)"


def _salts(told: Told, entries: Sequence[AuditEntry]) -> Columns:
    origin = canonical([told.case.tenant, CASE, told.case.definition]).decode()
    return {
        "genesis": _sha256(GENESIS, _text(origin, {CASE: "case_id"})),
        **{
            _salt(number, place): f"sha256(convert_to(id_{number} || '{field.path}', 'UTF8'))"
            for number, entry in enumerate(entries)
            for place, field in enumerate(entry.payload)
        },
    }


def _salt(entry: int, field: int) -> str:
    return f"salt_{entry}_{field}"


def _known(told: Told, entries: Sequence[AuditEntry]) -> Columns:
    """What stands in the told story for a value of each case, and the column that has it."""
    known = {CASE: "case_id", CREATOR: "creator", WORKER: "worker", REFERENCE: "reference", str(AMOUNT): "amount"}
    known[str(entries[0].draft.prev)] = "genesis"
    for number, entry in enumerate(entries):
        known |= {ENTRY.format(number): f"id_{number}", entry.entry_hash: f"hash_{number}"}
        known[rfc3339(entry.draft.at)] = AT_TEXT.format(at=f"at_{number}")
    return known


def _commitments(number: int, entry: AuditEntry, known: Columns) -> Columns:
    return {
        commitment(field.path, field.salt, field.value): _sha256(
            COMMITMENT, _text(canonical([field.path, field.value]).decode(), known), _salt(number, place)
        )
        for place, field in enumerate(entry.payload)
    }


def _inserts(told: Told, entries: Sequence[AuditEntry], known: Columns, last: int) -> Iterator[str]:
    moments = {entry.draft.at: f"at_{number}" for number, entry in enumerate(entries)}
    numbered = list(enumerate(entries))
    pending = [
        _row({"tenant": entry.draft.tenant, "entry_id": entry.draft.entry_id}, known, {}) for _, entry in numbered
    ]
    payload = [
        _payload(number, place, entry, field, known)
        for number, entry in numbered
        for place, field in enumerate(entry.payload)
    ]
    acted = [_row({f.name: getattr(one, f.name) for f in fields(one)}, known, {}) for one in told.record.acted]
    yield _insert("audit_entry", [_entry(number, entry, known, moments) for number, entry in numbered], last)
    yield _insert("audit_pending", pending, last)
    yield _insert("audit_payload", payload, last)
    yield _insert("cases", [_case(told.case, known, moments)], last)
    if acted:
        yield _insert("case_actor", acted, last)


def _words(told: Told, known: Columns, last: int, seed: int) -> str:
    [text] = told.record.search_texts
    row = words.row(text, seed)
    owner = _row({name: row[name] for name in ("tenant", "case_id", "case_type")}, known, {})
    own = _text(row["own"], words.spelled())
    return _insert("case_text", [{**owner, "own": own, "said": row["said"]}], last)


def _insert(table: str, rows: Sequence[Columns], last: int) -> str:
    selected = " UNION ALL ".join(f"SELECT {', '.join(row.values())} FROM s{last}" for row in rows)
    return f"INSERT INTO {table} ({', '.join(rows[0])}) {selected}"


def _entry(number: int, entry: AuditEntry, known: Columns, moments: Mapping[datetime, str]) -> Columns:
    draft = entry.draft
    names = ("tenant", "entry_id", "kind", "at", "case_id", "case_seq", "source", "target")
    row = _row({name: getattr(draft, name) for name in names} | {"prev_hash": draft.prev}, known, moments)
    return {**row, "entry_hash": f"hash_{number}", "entry": f"entry_{number}"}


def _owner(entry: AuditEntry) -> dict[str, str]:
    return {"tenant": entry.draft.tenant, "entry_id": entry.draft.entry_id}


def _payload(number: int, place: int, entry: AuditEntry, field: PayloadRow, known: Columns) -> Columns:
    row = _row({**_owner(entry), "path": field.path, "value": json_text(field.value)}, known, {})
    return {**row, "salt": _salt(number, place)}


def _case(case: Case, known: Columns, moments: Mapping[datetime, str]) -> Columns:
    values = {field.name: getattr(case, field.name) for field in fields(case) if field.name in CASE_COLUMNS}
    texts = {"data": json_text(case.data), "memory": json_text({k: list(v) for k, v in case.memory.items()})}
    # Nothing assigns cases or raises their urgency yet, and no clock runs on these, but lists filter and sort by it.
    drawn = {name: name for name in ("assignee", "team", "urgency", "due_at")}
    return {**_row(values | texts, known, moments), **drawn}


def _row(values: Mapping[str, Json], known: Columns, moments: Mapping[datetime, str]) -> Columns:
    return {name: _sql(value, known, moments) for name, value in values.items()}


def _sql(value: Json, known: Columns, moments: Mapping[datetime, str]) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return moments[value]
    return _text(value, known) if isinstance(value, str) else str(int(value))


def _text(told: str, known: Columns) -> str:
    """The text with columns in the places of what is known."""
    marks = "|".join(map(re.escape, known))
    parts = re.split(f"({marks})", told)
    shown = [known.get(part) or f"'{part.replace(chr(39), chr(39) * 2)}'::text" for part in parts if part]
    return " || ".join(shown) or "''"


def _sha256(prefix: str, text: str, salt: str | None = None) -> str:
    """Hexadecimal SHA-256 of a prefix, a salt if there is one, and a text."""
    salted = f" || {salt}" if salt else ""
    return f"encode(sha256('\\x{prefix.encode().hex()}'::bytea{salted} || convert_to({text}, 'UTF8')), 'hex')"
