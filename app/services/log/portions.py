"""Read values in portions that fit into memory, and put those of one entry together."""

from collections.abc import Iterator, Sequence
from typing import Final

from app.services.store.exports import ExportedValue

MOST_ROWS: Final = 5_000
MOST_CHARACTERS: Final = 4 << 20
"""Of values read at a time, one entry's at least."""


def portions(sizes: Sequence[tuple[int, int, int]]) -> Iterator[list[int]]:
    portion: list[int] = []
    rows = characters = 0
    for leaf_index, count, size in sizes:
        if portion and (rows + count > MOST_ROWS or characters + size > MOST_CHARACTERS):
            yield portion
            portion, rows, characters = [], 0, 0
        portion.append(leaf_index)
        rows += count
        characters += size
    if portion:
        yield portion


def by_leaf(values: Sequence[ExportedValue]) -> Iterator[Sequence[ExportedValue]]:
    mine: list[ExportedValue] = []
    for value in values:
        if mine and mine[0].leaf_index != value.leaf_index:
            yield mine
            mine = []
        mine.append(value)
    if mine:
        yield mine
