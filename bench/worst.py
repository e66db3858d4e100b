"""The worst of hundreds of pages. Once or twice measured, these are the ones that something disturbed; so those that
look worst are asked again, and only that counts."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeVar

CANDIDATES = 16
"""Of each kind: those that grew most, and the slowest."""
TIMES = 9


class Page(Protocol):
    took: dict[str, list[float]]

    @property
    def ms(self) -> Mapping[str, float]: ...


P = TypeVar("P", bound=Page)


def growth(page: Page) -> float:
    return page.ms["many"] / page.ms["few"]


def slowness(page: Page) -> float:
    return page.ms["many"]


async def worst(pages: Sequence[P], ask: Callable[[P, str], Awaitable[float]]) -> Sequence[P]:
    """Those that grew most and the slowest, measured anew, databases in turn."""
    kinds = (sorted(pages, key=kind, reverse=True)[:CANDIDATES] for kind in (growth, slowness))
    candidates = list({id(page): page for kind in kinds for page in kind}.values())
    for page in candidates:
        page.took = {size: [] for size in page.took}
    for _ in range(TIMES):
        for page in candidates:
            for size, took in page.took.items():
                took.append(await ask(page, size))
    return candidates
