"""Read and write what cases are judged by: the living policy, the definitions and the calendars."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, or_, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.reads.every_tenant import CASE_COUNT, EVERY_POLICY_LINE
from app.db.tables.policy import POLICY_FILE, POLICY_LINE, POLICY_STATE
from app.db.tables.tables import CALENDAR, DEFINITION
from app.services.store.failures import Refused
from app.services.store.stored import PolicyChange, PolicyFile, PolicyLine, StoredCalendar, StoredDefinition

L = POLICY_LINE.c
D = DEFINITION.c

# Both databases take at most 32,766 parameters in a statement.
_PARAMETERS = 10_000


VERSION = select(POLICY_STATE.c.version)


def lines(since: int | None) -> Select[Any]:
    e = EVERY_POLICY_LINE.c
    concerned = e.removed.is_(None) if since is None else or_(e.added > since, e.removed > since)
    return select(EVERY_POLICY_LINE).where(concerned).order_by(e.id)


def line_of(row: RowMapping) -> PolicyLine:
    values = dict(row)
    return PolicyLine(when=values.pop("when_"), **values)


def files() -> Select[Any]:
    return select(POLICY_FILE).order_by(POLICY_FILE.c.name)


def definitions(hashes: Sequence[str] | None) -> Select[Any]:
    wanted = select(DEFINITION).order_by(D.case_type, D.version)
    return wanted if hashes is None else wanted.where(D.hash.in_(hashes))


def definition_versions(case_type: str | None) -> Select[Any]:
    wanted = select(D.case_type, D.version, D.hash).order_by(D.case_type, D.version)
    return wanted if case_type is None else wanted.where(D.case_type == case_type)


def case_counts(hashes: Sequence[str]) -> Select[Any]:
    return select(CASE_COUNT).where(CASE_COUNT.c.definition.in_(hashes))


def calendars() -> Select[Any]:
    return select(CALENDAR).order_by(CALENDAR.c.name, CALENDAR.c.version)


async def change_policy(connection: AsyncConnection, change: PolicyChange) -> int:
    """Counting up locks the one row of the policy's state, so that changes and their versions are in one order."""
    raised = update(POLICY_STATE).values(version=POLICY_STATE.c.version + 1).returning(POLICY_STATE.c.version)
    new = int((await connection.execute(raised)).scalar_one())
    if change.remove:
        await _remove(connection, change.remove, new)
    if change.add:
        await _add(connection, change.add, new)
    if change.file is not None:
        await note_file(connection, change.file, must_be_new=change.seeds)
    return new


async def add_definition(
    connection: AsyncConnection, case_type: str, digest: str, text: str
) -> tuple[StoredDefinition, bool]:
    """The definition, and whether it is new. The caller holds the lock on declarations."""
    stored = (await connection.execute(definitions([digest]))).mappings().first()
    if stored is not None:
        return StoredDefinition(**stored), False
    last = await connection.scalar(select(func.max(D.version)).where(D.case_type == case_type))
    definition = StoredDefinition(case_type, (last or 0) + 1, digest, text)
    await connection.execute(insert(DEFINITION).values(asdict(definition)))
    return definition, True


async def add_calendar(
    connection: AsyncConnection, name: str, digest: str, text: str, applies_from: datetime
) -> tuple[StoredCalendar, bool]:
    """The newest version of the name, and whether it is new: going back to an earlier declaration makes a version
    too, for it counts from now. The caller holds the lock on declarations."""
    c = CALENDAR.c
    newest = select(CALENDAR).where(c.name == name).order_by(c.version.desc()).limit(1)
    last = (await connection.execute(newest)).mappings().first()
    if last is not None and last["hash"] == digest:
        return StoredCalendar(**last), False
    calendar = StoredCalendar(
        name=name, version=last["version"] + 1 if last else 1, hash=digest, applies_from=applies_from, text=text
    )
    await connection.execute(insert(CALENDAR).values(asdict(calendar)))
    return calendar, True


async def _remove(connection: AsyncConnection, ids: Sequence[int], version: int) -> None:
    gone = sorted(set(ids))
    for start in range(0, len(gone), _PARAMETERS):
        part = gone[start : start + _PARAMETERS]
        in_force = update(POLICY_LINE).where(L.id.in_(part), L.removed.is_(None))
        if (await connection.execute(in_force.values(removed=version))).rowcount != len(part):
            raise Refused("a policy line that is to go is not in force")


async def _add(connection: AsyncConnection, added: Sequence[PolicyLine], version: int) -> None:
    last = await connection.scalar(select(func.coalesce(func.max(EVERY_POLICY_LINE.c.id), 0))) or 0
    rows = [_line_row(line) | {"id": last + i, "added": version} for i, line in enumerate(added, start=1)]
    await connection.execute(insert(POLICY_LINE), rows)


async def note_file(connection: AsyncConnection, file: PolicyFile, *, must_be_new: bool = False) -> None:
    known = update(POLICY_FILE).where(POLICY_FILE.c.name == file.name).values(sha256=file.sha256)
    if must_be_new or (await connection.execute(known)).rowcount == 0:
        await connection.execute(insert(POLICY_FILE).values(asdict(file)))


def _line_row(line: PolicyLine) -> dict[str, Any]:
    row = asdict(line) | {"removed": None}
    row["when_"] = row.pop("when")
    return row
