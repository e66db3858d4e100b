"""Give every item in a row its place: near what it is joined to, and never over its neighbour."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

SWEEPS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Joins two items of neighbouring rows, at offsets from their centres."""

    upper: int
    lower: int
    upper_offset: float = 0.0
    lower_offset: float = 0.0
    weight: float = 1.0


def placed(
    rows: Sequence[Sequence[int]], widths: Mapping[int, float], gaps: Mapping[int, float], links: Sequence[Link]
) -> dict[int, float]:
    """The x of every item's centre. Between neighbours is at least the larger of their gaps."""
    x: dict[int, float] = {}
    for row in rows:
        x.update(zip(row, spread([0.0] * len(row), [1.0] * len(row), _distances(row, widths, gaps)), strict=True))
    pulls = _pulls(links)
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted, weights = _wanted(row, x, pulls)
            x.update(zip(row, spread(wanted, weights, _distances(row, widths, gaps)), strict=True))
    return x


def spread(wanted: Sequence[float], weights: Sequence[float], distances: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones (least squares) that keep order and distances.

    `distances[i]` is kept between i - 1 and i. Isotonic regression by pooling adjacent violators.
    """
    shifts: list[float] = []
    for distance in distances:
        shifts.append((shifts[-1] if shifts else 0.0) + distance)
    pools: list[tuple[float, float, int]] = []
    for want, weight, shift in zip(wanted, weights, shifts, strict=True):
        mean, total, count = want - shift, weight, 1
        while pools and pools[-1][0] > mean:
            other, heavy, size = pools.pop()
            mean, total, count = (mean * total + other * heavy) / (total + heavy), total + heavy, count + size
        pools.append((mean, total, count))
    flat = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + shift for mean, shift in zip(flat, shifts, strict=True)]


def straightened(
    rows: Sequence[Sequence[int]],
    widths: Mapping[int, float],
    gaps: Mapping[int, float],
    x: Mapping[int, float],
    runs: Iterable[Sequence[int]],
) -> dict[int, float]:
    """Put each run, items of an arrow below each other, upright in as few pieces as its neighbours allow."""
    found = dict(x)
    row_of = {item: (row, place) for row in rows for place, item in enumerate(row)}
    for run in runs:
        piece: list[int] = []
        low, high = -inf, inf
        for item in [*run, None]:
            limits = _limits(item, row_of, widths, gaps, found) if item is not None else (inf, -inf)
            if piece and max(low, limits[0]) > min(high, limits[1]):
                middle = sum(found[at] for at in piece) / len(piece)
                found.update(dict.fromkeys(piece, min(max(middle, low), high)))
                piece, low, high = [], -inf, inf
            if item is not None:
                piece, low, high = [*piece, item], max(low, limits[0]), min(high, limits[1])
    return found


def _limits(
    item: int,
    row_of: Mapping[int, tuple[Sequence[int], int]],
    widths: Mapping[int, float],
    gaps: Mapping[int, float],
    x: Mapping[int, float],
) -> tuple[float, float]:
    """How far the item can go to the left and to the right."""
    row, place = row_of[item]
    low, high = -inf, inf
    if place > 0:
        low = x[row[place - 1]] + _distances(row[place - 1 : place + 1], widths, gaps)[1]
    if place + 1 < len(row):
        high = x[row[place + 1]] - _distances(row[place : place + 2], widths, gaps)[1]
    return min(low, x[item]), max(high, x[item])


def _distances(row: Sequence[int], widths: Mapping[int, float], gaps: Mapping[int, float]) -> list[float]:
    found = [0.0]
    for left, right in pairwise(row):
        found.append((widths[left] + widths[right]) / 2 + max(gaps[left], gaps[right]))
    return found[: len(row)]


def _pulls(links: Sequence[Link]) -> dict[int, list[tuple[int, float, float]]]:
    """By item: what it is joined to, how far right of that it would stand straight, and how much that counts."""
    pulls: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
    for link in links:
        straight = link.upper_offset - link.lower_offset
        pulls[link.lower].append((link.upper, straight, link.weight))
        pulls[link.upper].append((link.lower, -straight, link.weight))
    return pulls


def _wanted(
    row: Sequence[int], x: Mapping[int, float], pulls: Mapping[int, list[tuple[int, float, float]]]
) -> tuple[list[float], list[float]]:
    wanted, weights = [], []
    for item in row:
        total = sum(weight for _, _, weight in pulls.get(item, ()))
        mean = sum((x[other] + by) * weight for other, by, weight in pulls.get(item, ()))
        wanted.append(mean / total if total else x[item])
        weights.append(total or 0.1)
    return wanted, weights
