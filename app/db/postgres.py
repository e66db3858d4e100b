"""The store on PostgreSQL: cases and idempotency keys are locked, a record is one statement."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, text
from sqlalchemy.engine import URL, RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.engines import OWNER, postgres_engine
from app.db.failures import translated
from app.db.postgres_sql import LOCK, READ, arrays, record_statement
from app.db.rows import case_of, rows_of, surroundings_of
from app.db.store import SqlStore, SqlTransaction
from app.db.types import from_microseconds
from app.domain.case import Case, Surroundings
from app.services.ports import Refused
from app.services.stored import AnswerKey, CaseKey, Locked, Record, StoredAnswer

_DEFINITIONS = text("SELECT pg_advisory_xact_lock(hashtextextended('stateward definitions', 0))")
_LOGIN = text(f"""SELECT rolname, rolsuper,
    EXISTS (SELECT FROM pg_roles o WHERE o.rolname = '{OWNER}' AND pg_has_role(r.oid, o.oid, 'MEMBER')) AS owns
    FROM pg_roles r WHERE rolname = session_user""")


class PostgresTransaction(SqlTransaction):
    async def _lock(self, cases: Sequence[CaseKey], answers: Sequence[AnswerKey]) -> Locked:
        busy = frozenset[AnswerKey]()
        if cases or answers:
            rows = (await self._connection.execute(LOCK, _binds(cases, answers))).all()
            busy = frozenset(AnswerKey(*row[:3]) for row in rows if row.key is not None and not row.taken)
        return await read(self._connection, cases, answers, busy)

    async def _record(self, record: Record) -> None:
        rows = {part: rows for part, rows in rows_of(record).items() if rows}
        if not rows:
            return
        binds = {name: value for part in rows for name, value in arrays(part, rows[part]).items()}
        counts = (await self._connection.execute(record_statement(frozenset(rows)), binds)).one()
        if counts.moved != len(rows.get("moved", ())):
            raise Refused("a case moved on")
        if counts.answered != len(rows.get("answered", ())):
            raise Refused("an answer is kept under that key")

    async def _lock_definitions(self) -> None:
        await self._connection.execute(_DEFINITIONS)


class PostgresStore(SqlStore):
    transaction_type = PostgresTransaction

    def __init__(self, url: URL, pool_size: int) -> None:
        engine = postgres_engine(url, pool_size)
        super().__init__(engine, engine.execution_options(isolation_level="AUTOCOMMIT"), engine)

    async def warnings(self) -> Sequence[str]:
        async with self._open(self._readers) as connection:
            with translated():
                login = (await connection.execute(_LOGIN)).one()
        what = "is a superuser" if login.rolsuper else f"may become {OWNER}" if login.owns else None
        return [f"the login role {login.rolname} {what}: it could alter the audit log"] if what else []

    def details(self) -> dict[str, str]:
        return {"database": "postgresql"}

    def _now(self) -> Any:
        return func.clock_timestamp()

    async def _read(self, connection: AsyncConnection, key: CaseKey) -> Locked:
        return await read(connection, [key], [])


async def read(
    connection: AsyncConnection,
    keys: Sequence[CaseKey],
    asked: Sequence[AnswerKey],
    busy: frozenset[AnswerKey] = frozenset(),
) -> Locked:
    """What is committed now, in one statement."""
    rows = (await connection.execute(READ, _binds(keys, asked))).mappings().all()
    cases = [case_of(row) for row in rows if row["id"] is not None]
    return Locked(
        at=rows[0]["read_at"],
        policy_version=rows[0]["policy_version"],
        cases=_by_key(keys, cases),
        surroundings={row["id"]: _surroundings(row) for row in rows if row["id"] is not None},
        answers={answer.key: answer for answer in map(_answer, rows[0]["answers"] or ())},
        busy=busy,
    )


def _binds(keys: Sequence[CaseKey], asked: Sequence[AnswerKey]) -> dict[str, list[Any]]:
    by_id = [key for key in keys if key.case_id is not None]
    by_reference = [key for key in keys if key.case_id is None]
    ordered = sorted(set(asked), key=lambda key: (key.tenant, key.subject, key.key))
    return {
        "id_tenants": [key.tenant for key in by_id],
        "ids": [key.case_id for key in by_id],
        "ref_tenants": [key.tenant for key in by_reference],
        "types": [key.case_type for key in by_reference],
        "refs": [key.reference for key in by_reference],
        "key_tenants": [key.tenant for key in ordered],
        "subjects": [key.subject for key in ordered],
        "keys": [key.key for key in ordered],
    }


def _by_key(keys: Sequence[CaseKey], cases: Sequence[Case]) -> Mapping[CaseKey, Case]:
    by_id = {(case.tenant, case.id): case for case in cases}
    by_reference = {(case.tenant, case.case_type, case.reference): case for case in cases}
    named = {
        key: by_id.get((key.tenant, key.case_id))
        if key.case_id is not None
        else by_reference.get((key.tenant, key.case_type or "", key.reference))
        for key in keys
    }
    return {key: case for key, case in named.items() if case is not None}


def _surroundings(row: RowMapping) -> Surroundings:
    return surroundings_of(row["acted"] or (), row["roles"] or ())


def _answer(row: Sequence[Any]) -> StoredAnswer:
    tenant, subject, key, fingerprint, answer, expires_at = row
    return StoredAnswer(AnswerKey(tenant, subject, key), fingerprint, answer, from_microseconds(expires_at))
