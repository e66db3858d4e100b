"""Where arrows meet the boxes they join: side by side on the border, in the order of where they go."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from app.domain.diagram.level import Arrangement
from app.domain.diagram.place import spread

INSET = 16.0
DISTANCE = 14.0
FIXED = 1e6

Attached = dict[tuple[int, int, str], float]
End = tuple[float, int, bool]


def attached(arrangement: Arrangement) -> Attached:
    """By (item, strand, side upper or lower): the x at which the strand meets the item."""
    ends: dict[tuple[int, str], list[End]] = defaultdict(list)
    for at, strand in enumerate(arrangement.strands):
        for upper, lower in pairwise(strand.items):
            ends[upper, "lower"].append(_end(arrangement, upper, lower, at, "lower"))
            ends[lower, "upper"].append(_end(arrangement, lower, upper, at, "upper"))
    return {
        (item, at, side): x
        for (item, side), met in ends.items()
        for at, x in _side_by_side(arrangement, item, sorted(met))
    }


def _end(arrangement: Arrangement, item: int, other: int, at: int, side: str) -> End:
    """The x that the end wants, its strand, and whether it can only be there."""
    port = arrangement.port(item, at, side)
    return (arrangement.x[other], at, False) if port is None else (arrangement.x[item] + port, at, True)


def _side_by_side(arrangement: Arrangement, item: int, met: Sequence[End]) -> list[tuple[int, float]]:
    x = arrangement.x[item]
    if arrangement.items[item].block is None:
        return [(at, x) for _, at, _ in met]
    half = max(arrangement.width(item) / 2 - INSET, 0.0)
    distance = min(DISTANCE, 2 * half / max(len(met) - 1, 1))
    wanted = []
    for place, (want, _, fixed) in enumerate(met):
        low, high = x - half + place * distance, x + half - (len(met) - 1 - place) * distance
        wanted.append(want if fixed else min(max(want, low), high))
    weights = [FIXED if fixed else 1.0 for _, _, fixed in met]
    places = spread(wanted, weights, [0.0, *([distance] * (len(met) - 1))])
    return [(at, want if fixed else place) for place, (want, at, fixed) in zip(places, met, strict=True)]
