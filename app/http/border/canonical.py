"""One way to write a request: the path as it is declared, and one Host. Proxies match what is written."""

from functools import lru_cache

from litestar.types import HTTPScope

from app.domain.values.errors import Malformed, NotFound


def check_canonical(scope: HTTPScope) -> None:
    """Raises NotFound where a path with doubled or trailing slashes or escaped letters meant the same route, and
    Malformed without exactly one Host (RFC 9112, 3.2)."""
    if not _is_canonical(scope["raw_path"].partition(b"?")[0], scope["path_template"]):
        raise NotFound("another way to write a path that there is")
    hosts = [value for name, value in scope["headers"] if name == b"host"]  # the server adds an empty one for none
    if len(hosts) > 1 or (not any(hosts) and scope["http_version"] == "1.1"):
        raise Malformed("Send exactly one Host header.")


def _is_canonical(raw: bytes, template: str) -> bool:
    declared, written = _segments(template), raw.split(b"/")
    return len(declared) == len(written) and all(
        segment == of if of is not None else segment for of, segment in zip(declared, written, strict=True)
    )


@lru_cache(1024)
def _segments(template: str) -> tuple[bytes | None, ...]:
    """What a path has to spell out between slashes; None for a parameter."""
    return tuple(None if segment.startswith("{") else segment.encode() for segment in template.split("/"))
