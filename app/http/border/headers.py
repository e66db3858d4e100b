"""The headers that a request is steered by, and those that every answer carries."""

import re
from collections.abc import MutableMapping
from typing import Any

from litestar.types import Message, Scope

from app.domain.values.errors import invalid
from app.http.border.entrance import leave
from app.http.border.large import let_go
from app.services.entries.identity import new_id

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")
ETAG = re.compile(r'"(\d{1,15})"')

RATE_LIMIT = "rate_limit_headers"
"""Where a request keeps the headers that tell of its caller's rate limit."""
REFUSAL = "refusal"
"""Where a request keeps the code of the problem that the border answered it with."""
ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
ONLY_OVER_TLS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
NOTHING = b"default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
UNLESS_SET = {
    b"cache-control": b"no-store",
    b"content-security-policy": NOTHING,
    b"referrer-policy": b"no-referrer",
}


def request_id(scope: Scope) -> str:
    """The caller's X-Request-Id if it is sane, else a new id; the same one each time it is asked for."""
    kept: MutableMapping[str, Any] = scope["state"]
    if "request_id" not in kept:
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
        kept["request_id"] = given if REQUEST_ID.fullmatch(given) else new_id()
    return str(kept["request_id"])


async def before_send(message: Message, scope: Scope) -> None:
    """Give every answer its security headers and its request id."""
    if message["type"] != "http.response.start":
        return
    let_go(scope)
    leave(scope)
    headers = list(message["headers"])
    if scope.get("method") == "OPTIONS":
        headers = [(name, _allowed(scope, value) if name == b"allow" else value) for name, value in headers]
    present = {name.lower() for name, _ in headers}
    headers += ALWAYS
    headers += [(name, value) for name, value in UNLESS_SET.items() if name not in present]
    headers.append((b"x-request-id", request_id(scope).encode()))
    headers += scope["state"].get(RATE_LIMIT, ())
    message["headers"] = headers


def _allowed(scope: Scope, given: bytes) -> bytes:
    """The methods of a path; Litestar tells those of its first handler only."""
    allowed: dict[str, str] = scope["litestar_app"].state.allowed
    return allowed[scope["path_template"]].encode() if scope["path_template"] in allowed else given


async def before_send_behind_tls(message: Message, scope: Scope) -> None:
    """Tell browsers to come by TLS only. The operator says that TLS is in front: a header that says so is anybody's."""
    if message["type"] == "http.response.start":
        message["headers"] = [*message["headers"], ONLY_OVER_TLS]


def idempotency_key(header: str | None) -> str | None:
    """The key of an Idempotency-Key header; the quoted form of the IETF draft means the same key."""
    if header is None:
        return None
    quoted = QUOTED.fullmatch(header)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else header
    if not PRINTABLE.fullmatch(key):
        raise invalid("Idempotency-Key", "must be 1 to 255 printable ASCII characters")
    return key


def expected_version(header: str | None) -> int | None:
    """The case version that an If-Match header asks for; None for `*` and where there is none."""
    if header is None or header.strip() == "*":
        return None
    match = ETAG.fullmatch(header.strip())
    if match is None:
        raise invalid("If-Match", 'must be the ETag of the case as it was given, such as "3", or *')
    return int(match[1])
