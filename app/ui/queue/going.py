"""Where a form that acted leads to."""

from litestar import Response


def to(path: str) -> Response[str]:
    return Response("", status_code=303, headers={"location": path, "cache-control": "no-store"})
