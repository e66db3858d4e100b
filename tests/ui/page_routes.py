"""Every address that a page has, as it is registered: what walks over all of them covers a new one by itself."""

import re
from collections.abc import Iterator, Mapping

from app.ui.pages import pages

PARAMETER = re.compile(r"\{(\w+)\}")


def page_routes(method: str) -> list[str]:
    """The addresses that take a method, with the names of their parameters in braces."""
    return sorted(set(_routes(method)))


def _routes(method: str) -> Iterator[str]:
    for router in pages():
        for route in getattr(router, "routes", ()):
            if method in route.methods:
                yield route.path_format


def filled(path: str, values: Mapping[str, str]) -> str:
    """The address with these values in it. A name that has none fails the test that walks there."""
    return PARAMETER.sub(lambda found: values[found[1]], path)
