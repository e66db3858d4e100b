"""One way to write the address of a page; unknown parameters are passed over, as links from elsewhere bring some."""

from typing import Any

from litestar import Request

from app.http.border.canonical import check_canonical


async def canonical_only(request: Request[Any, Any, Any]) -> None:
    """Raises what `check_canonical` raises."""
    check_canonical(request.scope)
