"""Row-level security on PostgreSQL: a transaction says whose rows it may see and write, and there are no others."""

from collections.abc import Iterable, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.values.names import SERVICE_TENANT, TENANT
from app.services.process.standing_still import TICK, unplaced

SETTING = "stateward.tenants"
OWNER = "stateward_owner"
_LOGIN = text("""SELECT rolname, rolsuper,
    EXISTS (SELECT FROM pg_roles o WHERE o.rolname = :owner AND pg_has_role(r.oid, o.oid, 'MEMBER')) AS owns
    FROM pg_roles r WHERE rolname = session_user""")
_HOLES = text("""SELECT
    (SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user) AS above,
    (SELECT string_agg(relname, ', ' ORDER BY relname) FROM pg_class c
     WHERE relnamespace = CAST('public' AS regnamespace) AND relkind IN ('r', 'p')
     AND NOT (relrowsecurity AND relforcerowsecurity)
     AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant')) AS tables""")
_WAITING = text("SELECT CAST(extract(epoch FROM clock_timestamp() - since) AS bigint) AS seconds FROM log_waiting")


def entering(tenants: Iterable[str]) -> str:
    """What a transaction begins with. It ends with the transaction: whoever has the connection next does not have it.

    ValueError for what is no tenant: it becomes part of a statement. That of the service itself is one, no wildcard.
    """
    named = ",".join(f'"{_checked(tenant)}"' for tenant in sorted(set(tenants)))
    return f"SET LOCAL {SETTING} = '{{{named}}}'"


async def faults(connection: AsyncConnection) -> Sequence[str]:
    """What an operator should know: who is above the wall, where somebody took it down, what waits before it."""
    login = (await connection.execute(_LOGIN, {"owner": OWNER})).one()
    what = "is a superuser" if login.rolsuper else f"may become {OWNER}" if login.owns else None
    strong = [f"the login role {login.rolname} {what}: it could alter the audit log"] if what else []
    return [*strong, *await _holes(connection), *await _waiting(connection)]


async def _holes(connection: AsyncConnection) -> Sequence[str]:
    found = (await connection.execute(_HOLES)).one()
    if found.above:
        return ["row-level security does not bind the service's role: take SUPERUSER and BYPASSRLS from it"]
    return [f"row-level security is off, or not forced, on {found.tables}"] if found.tables else []


async def _waiting(connection: AsyncConnection) -> Sequence[str]:
    seconds = (await connection.execute(_WAITING)).scalar_one()
    return unplaced(seconds, f"{TICK}, and end a transaction of pg_stat_activity that called sequence_log long ago")


def _checked(tenant: str) -> str:
    if tenant != SERVICE_TENANT and not TENANT.fullmatch(tenant):
        raise ValueError(f"{tenant!r} is not the name of a tenant")
    return tenant
