"""A tree kept as tiles of 256 hashes (C2SP tlog-tiles): roots and proofs read the tiles along their way, not the log.

Hash `n` of level 0 is the hash of leaf `n`, of the level above the root over the 256 hashes of tile `n` below.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from app.domain.log.tree import (
    EMPTY_ROOT,
    HASH_BYTES,
    Range,
    consistency_ranges,
    inclusion_ranges,
    joined,
    node_hash,
    perfect_trees,
)

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """A tile of a tree by its place; less than 256 wide at the right edge of the tree."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def first(self) -> int:
        """The number of its first hash among those of its level."""
        return self.index << TILE_HEIGHT

    @property
    def full(self) -> bool:
        return self.width == TILE_WIDTH

    @property
    def path(self) -> str:
        """As C2SP tlog-tiles names it, such as `0/x001/x234/067.p/112`."""
        thousands, digits = divmod(self.index, 1000)
        name = f"{digits:03}"
        while thousands:
            thousands, digits = divmod(thousands, 1000)
            name = f"x{digits:03}/{name}"
        return f"{self.level}/{name}" + ("" if self.full else f".p/{self.width}")


ReadTile = Callable[[Tile], bytes]
"""The hashes of a tile, one after the other: 32 bytes each, as many as it is wide."""


def root_tiles(size: int) -> frozenset[Tile]:
    """What the root over `size` leaves is made of: the right edge."""
    return _tiles([(0, size)] if size else [], size)


def inclusion_tiles(index: int, size: int) -> frozenset[Tile]:
    """What an inclusion proof is made of. Raises ValueError where the tree has no such leaf."""
    return _tiles(inclusion_ranges(index, size), size)


def consistency_tiles(first: int, second: int) -> frozenset[Tile]:
    """What a consistency proof is made of. Raises ValueError where `first` is larger."""
    return _tiles(consistency_ranges(first, second), second)


def root_of(size: int, read: ReadTile) -> bytes:
    return _range_root((0, size), size, read) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: ReadTile) -> list[bytes]:
    """The audit path of a leaf (RFC 6962, 2.1.1), from the bottom up."""
    return [_range_root(one, size, read) for one in inclusion_ranges(index, size)]


def consistency_proof(first: int, second: int, read: ReadTile) -> list[bytes]:
    """RFC 6962, 2.1.2; empty where the first tree is."""
    return [_range_root(one, second, read) for one in consistency_ranges(first, second)]


def full_tiles(size: int, level: int = 0) -> int:
    """How many full tiles a tree of `size` leaves has at a level."""
    return size >> (TILE_HEIGHT * (level + 1))


def tile_root(hashes: bytes) -> bytes:
    """Over the hashes of a full tile, or of a part of it that is a power of two wide."""
    return perfect_root([hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)])


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Over as many hashes as a power of two."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def _tiles(ranges: Iterable[Range], size: int) -> frozenset[Tile]:
    return frozenset(
        _place(height, number, size)[0] for low, high in ranges for height, number in perfect_trees(low, high)
    )


def _range_root(leaves: Range, size: int, read: ReadTile) -> bytes:
    return joined([_perfect_root(height, number, size, read) for height, number in perfect_trees(*leaves)])


def _perfect_root(height: int, number: int, size: int, read: ReadTile) -> bytes:
    tile, at, wide = _place(height, number, size)
    return tile_root(read(tile)[at * HASH_BYTES : (at + wide) * HASH_BYTES])


def _place(height: int, number: int, size: int) -> tuple[Tile, int, int]:
    """The tile in which a perfect tree is, and which of its hashes are its own: from where, and how many."""
    level, within = divmod(height, TILE_HEIGHT)
    index, at = divmod(number << within, TILE_WIDTH)
    width = min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH)
    return Tile(level, index, width), at, 1 << within
