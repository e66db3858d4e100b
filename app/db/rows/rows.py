"""Domain values as rows and back: one function per direction and table."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy.engine import RowMapping

from app.db.rows.search_texts import search_text_rows
from app.db.rows.work import work_rows
from app.db.tables.column_types import from_microseconds
from app.domain.case.case import Case, Surroundings
from app.domain.case.entry import AuditEntry
from app.services.store.stored import Acted, AnswerKey, Record, StoredAnswer, StoredClock, StoredFiring

Row = dict[str, Any]
CASE_COLUMNS = tuple(field.name for field in fields(Case) if field.name not in ("rounds", "files"))
ROUNDS = "#"
"""Among what a case remembers, where no state is called so: its rounds, each as `name seq`."""
FILES = "@"
"""The same of its files, each category as `name count`."""
FIXED = ("case_type", "definition", "definition_version", "reference", "creator", "opened_at")
"""What a case keeps for ever."""
CLOCK_COLUMNS = tuple(field.name for field in fields(StoredClock))
CACHES = ("status", "due_at", "next_fire_at", "breached_at", "facts")
"""What a recalculation may change of a clock."""
MOVING = tuple(name for name in CASE_COLUMNS if name not in ("tenant", "id", *FIXED))


def case_row(case: Case) -> Row:
    row = {name: getattr(case, name) for name in CASE_COLUMNS}
    row["memory"] = {path: list(leaves) for path, leaves in case.memory.items()}
    if case.rounds:
        row["memory"][ROUNDS] = _numbered(case.rounds)
    if case.files:
        row["memory"][FILES] = _numbered(case.files)
    return row


def case_of(row: Mapping[str, Any] | RowMapping) -> Case:
    values = {name: row[name] for name in CASE_COLUMNS}
    memory = values["memory"]
    values["memory"] = {path: tuple(leaves) for path, leaves in memory.items() if path not in (ROUNDS, FILES)}
    values["recorded_at"] = _recorded(values["recorded_at"], values["changed_at"])
    return Case(**values, rounds=_numbers(memory.get(ROUNDS, ())), files=_numbers(memory.get(FILES, ())))


def _numbered(numbers: Mapping[str, int]) -> list[str]:
    return [f"{name} {number}" for name, number in numbers.items()]


def _numbers(written: Iterable[str]) -> dict[str, int]:
    return {name: int(number) for name, _, number in (one.rpartition(" ") for one in written)}


def _recorded(recorded_at: datetime | None, changed_at: datetime) -> datetime:
    """The release before moves a case without `recorded_at`, and writes the moment that it had for both uses."""
    return changed_at if recorded_at is None else max(recorded_at, changed_at)


def entry_row(entry: AuditEntry) -> Row:
    draft = entry.draft
    names = ("tenant", "entry_id", "kind", "at", "case_id", "case_seq", "source", "target")
    row = {name: getattr(draft, name) for name in names}
    return row | {"prev_hash": draft.prev, "entry_hash": entry.entry_hash, "entry": entry.entry}


def answer_row(answer: StoredAnswer) -> Row:
    key = answer.key
    row = {"tenant": key.tenant, "subject": key.subject, "key": key.key, "fingerprint": answer.fingerprint}
    return row | {"answer": answer.answer, "expires_at": answer.expires_at}


def answer_of(row: RowMapping) -> StoredAnswer:
    key = AnswerKey(row["tenant"], row["subject"], row["key"])
    return StoredAnswer(key, row["fingerprint"], row["answer"], row["expires_at"])


def clock_row(clock: StoredClock) -> Row:
    return {name: getattr(clock, name) for name in CLOCK_COLUMNS} | {"current": int(clock.current)}


def clock_of(row: Mapping[str, Any] | RowMapping) -> StoredClock:
    values = {name: row[name] for name in CLOCK_COLUMNS}
    return StoredClock(**values | {"current": bool(values["current"])})


def current_clock(case: Case, row: Sequence[Any]) -> StoredClock:
    """A clock as the lock statement of PostgreSQL writes it: an array with moments in microseconds."""
    name, cycle, case_type, status, *moments, facts = row
    due_at, next_fire_at, breached_at = (None if moment is None else from_microseconds(moment) for moment in moments)
    return StoredClock(
        tenant=case.tenant,
        case_id=case.id,
        name=name,
        cycle=cycle,
        case_type=case_type,
        current=True,
        status=status,
        due_at=due_at,
        next_fire_at=next_fire_at,
        breached_at=breached_at,
        facts=facts,
    )


def rows_of(record: Record) -> dict[str, list[Row]]:
    """The rows of a record by what becomes of them, each list in key order so that two batches never deadlock.

    `moved` rows carry `was_seq` besides the columns of the case. The cycles of a clock come in their order, so that
    one ceases to be the current one before the next becomes it.
    """
    opened = [case_row(changed.case) for changed in record.cases if changed.was_seq is None]
    moved = [case_row(c.case) | {"was_seq": c.was_seq} for c in record.cases if c.was_seq is not None]
    return {
        "entry": _sorted(map(entry_row, record.entries), "tenant", "entry_id"),
        "payload": _sorted(_payload_rows(record.entries), "tenant", "entry_id", "path"),
        "opened": _sorted(opened, "tenant", "id"),
        "moved": _sorted(moved, "tenant", "id"),
        "clock": _sorted(map(clock_row, record.clocks), "tenant", "case_id", "name", "cycle"),
        "fired": _sorted(map(_firing_row, record.firings), "tenant", "case_id", "clock", "cycle", "step", "n"),
        "acted": _sorted(map(_actor_row, record.acted), "tenant", "case_id", "event", "subject"),
        "answered": _sorted(map(answer_row, record.answers), "tenant", "subject", "key"),
        **work_rows(record),
        **search_text_rows(record),
    }


def surroundings_of(acted: Iterable[tuple[str, str]], roles: Iterable[tuple[str, str]]) -> Surroundings:
    """From (event, subject) and (subject, role) pairs."""
    return Surroundings(roles=_grouped(roles), acted=_grouped(acted))


def _payload_rows(entries: Iterable[AuditEntry]) -> Iterable[Row]:
    for entry in entries:
        for field in entry.payload:
            owner = {"tenant": entry.draft.tenant, "entry_id": entry.draft.entry_id}
            yield owner | {"path": field.path, "salt": field.salt, "value": field.value}


def _actor_row(acted: Acted) -> Row:
    return {name: getattr(acted, name) for name in ("tenant", "case_id", "event", "subject")}


def _firing_row(firing: StoredFiring) -> Row:
    return {field.name: getattr(firing, field.name) for field in fields(StoredFiring)}


def _sorted(rows: Iterable[Row], *keys: str) -> list[Row]:
    return sorted(rows, key=lambda row: tuple(row[key] for key in keys))


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for name, member in pairs:
        groups[name].add(member)
    return {name: frozenset(members) for name, members in groups.items()}
