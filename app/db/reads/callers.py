"""Read and write API keys, and the rate limits that all processes share."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Select,
    TextClause,
    bindparam,
    cast,
    delete,
    extract,
    insert,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.reads.every_tenant import EVERY_RATE
from app.db.tables.callers import API_KEY, RATE_LIMIT
from app.db.tables.column_types import Int64
from app.domain.policy.scope import Scope
from app.services.store.callers import KeyId, Settled, Spending, StoredKey

K = API_KEY.c
PLAIN = (
    "tenant",
    "id",
    "title",
    "subject",
    "hash",
    "created_by",
    "created_at",
    "expires_at",
    "revoked_at",
    "revoked_by",
    "last_used_at",
)
SPENT = ("tenant", "subject", "spent_us", "asked")


def _settling(at: str, spent: str, greater: str) -> TextClause:
    return text(f"""INSERT INTO rate_limit AS r (tenant, subject, full_at, asked) {spent}
        ON CONFLICT (tenant, subject) DO UPDATE SET
            full_at = {greater}(r.full_at, {at}) + excluded.full_at - {at}, asked = r.asked + excluded.asked
        RETURNING tenant, subject, full_at - {at} AS backlog_us, asked""")


_AT_POSTGRES = "CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS bigint)"
_SETTLE_POSTGRES = _settling(
    _AT_POSTGRES,
    f"""SELECT n.tenant, n.subject, {_AT_POSTGRES} + n.spent_us, n.asked
        FROM unnest(CAST(:tenant AS text[]), CAST(:subject AS text[]), CAST(:spent_us AS bigint[]),
                    CAST(:asked AS bigint[])) n (tenant, subject, spent_us, asked)""",
    "greatest",
)
_SETTLE_SQLITE = _settling(
    ":at",
    """SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), :at + json_extract(value, '$[2]'),
        json_extract(value, '$[3]') FROM json_each(:rows) WHERE true""",
    "max",
)


def keys(tenant: str, after: str | None, limit: int) -> Select[Any]:
    wanted = select(API_KEY).where(K.tenant == tenant).order_by(K.id).limit(limit)
    return wanted if after is None else wanted.where(K.id > after)


def live(asked: Sequence[KeyId], now: Any) -> Select[Any]:
    """A row per key that is good, and one in any case, for the time."""
    moment = select(now.label("now")).subquery()
    found = select(API_KEY).where(tuple_(K.tenant, K.id).in_(asked), K.revoked_at.is_(None)).subquery()
    in_time = or_(found.c.expires_at.is_(None), found.c.expires_at > moment.c.now)
    return select(moment.c.now, found).select_from(moment.outerjoin(found, in_time))


def live_of(rows: Sequence[RowMapping]) -> tuple[Mapping[KeyId, StoredKey], datetime]:
    found = [key_of(row) for row in rows if row["id"] is not None]
    return {(key.tenant, key.id): key for key in found}, rows[0]["now"]


def key_of(row: RowMapping) -> StoredKey:
    values = {name: row[name] for name in PLAIN}
    scope = Scope(_names(row["acts"]), _names(row["case_types"]))
    return StoredKey(**values, roles=frozenset(row["roles"]), scope=scope)


async def add(connection: AsyncConnection, key: StoredKey) -> None:
    row = {name: getattr(key, name) for name in PLAIN} | {"roles": sorted(key.roles)}
    row |= {"acts": _listed(key.scope.acts), "case_types": _listed(key.scope.case_types)}
    await connection.execute(insert(API_KEY).values(row))


async def revoke(connection: AsyncConnection, key: KeyId, by: str, at: datetime) -> tuple[StoredKey | None, bool]:
    this = (K.tenant == key[0], K.id == key[1])
    revoked = update(API_KEY).where(*this, K.revoked_at.is_(None)).values(revoked_at=at, revoked_by=by)
    changed = (await connection.execute(revoked)).rowcount == 1
    row = (await connection.execute(select(API_KEY).where(*this))).mappings().first()
    return (key_of(row) if row else None), changed


async def note_uses(connection: AsyncConnection, uses: Mapping[KeyId, datetime]) -> None:
    """Sorted, so that two processes that write at once wait for each other in one order."""
    used = bindparam("used", type_=K.last_used_at.type)
    later = or_(K.last_used_at.is_(None), K.last_used_at < used)
    this = (K.tenant == bindparam("of_tenant"), K.id == bindparam("of_id"))
    rows = [{"of_tenant": tenant, "of_id": key, "used": at} for (tenant, key), at in sorted(uses.items())]
    await connection.execute(update(API_KEY).where(*this, later).values(last_used_at=used), rows)


async def settle(connection: AsyncConnection, spendings: Sequence[Spending], now: Any) -> Sequence[Settled]:
    """Each bucket fills by the time that passed, and is emptied by what was spent; in one order, as above."""
    ordered = sorted(spendings, key=lambda one: (one.tenant, one.subject))
    columns = {name: [getattr(one, name) for one in ordered] for name in SPENT}
    if connection.dialect.name == "sqlite":
        at = (await connection.execute(select(_counted(now, "sqlite")))).scalar_one()
        settled = await connection.execute(
            _SETTLE_SQLITE, {"at": at, "rows": json.dumps(list(zip(*columns.values(), strict=True)))}
        )
    else:
        settled = await connection.execute(_SETTLE_POSTGRES, columns)
    return [Settled(**row) for row in settled.mappings()]


async def forget(connection: AsyncConnection, now: Any) -> None:
    rates = RATE_LIMIT if connection.dialect.name == "sqlite" else EVERY_RATE
    await connection.execute(delete(rates).where(rates.c.full_at <= _counted(now, connection.dialect.name)))


def _counted(now: Any, dialect: str) -> Any:
    """A moment in microseconds since 1970; on SQLite it is one already."""
    return cast(now if dialect == "sqlite" else extract("epoch", now) * 1_000_000, Int64())


def _names(listed: list[str] | None) -> frozenset[str] | None:
    return None if listed is None else frozenset(listed)


def _listed(names: Iterable[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)
