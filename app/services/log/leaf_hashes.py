"""The hashes of a log's leaves while it is read out: in a file that nobody sees, so that memory stays as it is."""

import tempfile
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import IO, Self

from app.domain.log.tiles import TILE_WIDTH, Tile, inclusion_proof, root_of, tile_root
from app.domain.log.tree import HASH_BYTES, leaf_hash
from app.services.store.exports import ExportedLeaf

IN_MEMORY = 1 << 20
UNKNOWN = bytes(HASH_BYTES)
"""Stands where the database has lost a leaf."""


class LeafHashes:
    """Appended in the order of the leaves; then asked for tiles, the root and proofs."""

    def __init__(self) -> None:
        self.size = 0
        self._levels: list[IO[bytes]] = []
        self._open: list[bytearray] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for level in self._levels:
            level.close()

    def append(self, leaf: bytes) -> None:
        self._put(0, leaf)
        self.size += 1

    def fill(self, size: int, leaf: bytes) -> None:
        """Append one for each that lacks."""
        while self.size < size:
            self.append(leaf)

    def root(self) -> bytes:
        return root_of(self.size, self._read)

    def proof(self, index: int) -> Sequence[bytes]:
        return inclusion_proof(index, self.size, self._read)

    def tiles(self) -> Iterator[tuple[Tile, bytes]]:
        """Of the lowest level: the hashes of the leaves themselves."""
        for index in range((self.size + TILE_WIDTH - 1) // TILE_WIDTH):
            tile = Tile(0, index, min(TILE_WIDTH, self.size - index * TILE_WIDTH))
            yield tile, self._read(tile)

    def _put(self, level: int, found: bytes) -> None:
        if level == len(self._levels):
            self._levels.append(tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 closed by __exit__
            self._open.append(bytearray())
        open_tile = self._open[level]
        open_tile += found
        if len(open_tile) == TILE_WIDTH * HASH_BYTES:
            whole = bytes(open_tile)
            self._levels[level].seek(0, 2)
            self._levels[level].write(whole)
            open_tile.clear()
            self._put(level + 1, tile_root(whole))

    def _read(self, tile: Tile) -> bytes:
        if not tile.full:
            return bytes(self._open[tile.level][: tile.width * HASH_BYTES])
        file = self._levels[tile.level]
        file.seek(tile.first * HASH_BYTES)
        return file.read(TILE_WIDTH * HASH_BYTES)


def keep_hashes(hashes: LeafHashes, leaves: Sequence[ExportedLeaf], until: int) -> None:
    for leaf in leaves:
        hashes.fill(leaf.leaf_index, UNKNOWN)
        hashes.append(_hash_of(leaf))
    hashes.fill(until, UNKNOWN)


def _hash_of(leaf: ExportedLeaf) -> bytes:
    """As it was kept: one that is not that of the entry shows in the export."""
    try:
        kept = bytes.fromhex(leaf.entry_hash)
    except ValueError:
        kept = b""
    return kept if len(kept) == HASH_BYTES else leaf_hash(leaf.entry.encode())
