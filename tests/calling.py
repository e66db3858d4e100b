"""The headers by which callers of the tests say who they are."""

from app.http.sign_in.own_tokens import mint
from tests.one_app import SECRET


def signed_in(user: str, *roles: str, tenant: str = "acme") -> dict[str, str]:
    return bearing(mint(SECRET, tenant, user, list(roles), 24 * 3600))


def bearing(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}
