"""Row-level security on PostgreSQL: a transaction says whose rows it may see and write, and there are no others."""

from collections.abc import Iterable

from app.domain.names import TENANT

SETTING = "stateward.tenants"
SERVICE = "*"
"""The tenant of what the service itself writes down, and of policy lines that hold everywhere; no wildcard."""


def entering(tenants: Iterable[str]) -> str:
    """What a transaction begins with. It ends with the transaction: whoever has the connection next does not have it.

    ValueError for what is no tenant: it becomes part of a statement.
    """
    named = ",".join(f'"{_checked(tenant)}"' for tenant in sorted(set(tenants)))
    return f"SET LOCAL {SETTING} = '{{{named}}}'"


def _checked(tenant: str) -> str:
    if tenant != SERVICE and not TENANT.fullmatch(tenant):
        raise ValueError(f"{tenant!r} is not the name of a tenant")
    return tenant
