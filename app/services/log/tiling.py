"""Keep the full tiles of the trees, a few at a time, and read roots and proofs from them."""

from app.domain.log.tiles import (
    consistency_proof,
    consistency_tiles,
    full_tiles,
    inclusion_proof,
    inclusion_tiles,
    root_of,
    root_tiles,
    tile_root,
)
from app.services.fairness.yielding import LoopTurn
from app.services.store.log_tree import FullTile, TreeReads, TreeStore

AT_ONCE = 16
"""Tiles made in one transaction: 4,096 leaves."""
MOST_AT_A_TIME = 64
"""Transactions after which other tenants have their turn."""


async def keep_up(store: TreeStore, tenant: str, size: int) -> bool:
    """Make what a log of this size has in full tiles, the lowest level first; whether all are there now."""
    turns, level = MOST_AT_A_TIME, 0
    while full_tiles(size, level):
        kept, wanted = await store.tiles_kept(tenant, level), full_tiles(size, level)
        while kept < wanted:
            if not turns:
                return False
            count = min(AT_ONCE, wanted - kept)
            await _make(store, tenant, level, kept, count)
            kept, turns = kept + count, turns - 1
        level += 1
    return True


async def _make(store: TreeStore, tenant: str, level: int, first: int, count: int) -> None:
    hashes = await store.tiles_below(tenant, level, first, count)
    made, turn = [], LoopTurn()
    for index, one in enumerate(hashes, start=first):
        made.append(FullTile(level, index, one, tile_root(one)))
        await turn.give()
    await store.keep_tiles(tenant, made)


async def root(store: TreeReads, tenant: str, size: int) -> bytes:
    """Over the first `size` entries. Raises KeyError where a tile is not there yet."""
    tiles = await store.tiles(tenant, root_tiles(size))
    return root_of(size, tiles.__getitem__)


async def path(store: TreeReads, tenant: str, index: int, size: int) -> list[bytes]:
    """The inclusion proof of a leaf in the first `size`. Raises KeyError as above."""
    tiles = await store.tiles(tenant, inclusion_tiles(index, size))
    return inclusion_proof(index, size, tiles.__getitem__)


async def steps(store: TreeReads, tenant: str, first: int, second: int) -> list[bytes]:
    """The consistency proof between two sizes. Raises KeyError as above."""
    tiles = await store.tiles(tenant, consistency_tiles(first, second))
    return consistency_proof(first, second, tiles.__getitem__)
