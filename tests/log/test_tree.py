"""The tree over the log: the published vectors, the RFC's own definitions, and the tiles that proofs read."""

import random

import pytest

from app.domain.log.tiles import (
    Tile,
    consistency_proof,
    consistency_tiles,
    full_tiles,
    inclusion_proof,
    inclusion_tiles,
    root_of,
    root_tiles,
    tile_root,
)
from app.domain.log.tree import EMPTY_ROOT, Frontier, leaf_hash, node_hash, verify_consistency, verify_inclusion
from tests import naive_tree
from tests.lengths import length

# The leaves, roots and proofs of the reference implementation of Certificate Transparency.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
G = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
PATHS = {(0, 8): [A, B, C], (5, 8): [D, E, F], (0, 1): []}
CONSISTENT = {(1, 8): [A, B, C], (2, 8): [B, C], (6, 8): [G, E, F], (2, 5): [B, D], (1, 1): []}
TEN_MILLION = 10_000_019


class Tiled:
    """A tree of these leaf hashes as tiles, made as the format defines them; remembers which were read."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.levels = [leaves]
        while len(self.levels[-1]) >= 256:
            below = self.levels[-1]
            whole = range(0, len(below) - len(below) % 256, 256)
            self.levels.append([tile_root(b"".join(below[at : at + 256])) for at in whole])
        self.asked: set[Tile] = set()

    def read(self, tile: Tile) -> bytes:
        self.asked.add(tile)
        found = self.levels[tile.level][tile.first : tile.first + 256]
        assert len(found) >= tile.width, "no such tile"
        return b"".join(found[: tile.width])


class Anything:
    """Tiles of a tree too large to be made."""

    def __init__(self) -> None:
        self.asked: list[Tile] = []

    def read(self, tile: Tile) -> bytes:
        self.asked.append(tile)
        return bytes(32 * tile.width)


def hashes(leaves: list[bytes]) -> list[bytes]:
    return [leaf_hash(leaf) for leaf in leaves]


def some(count: int) -> list[bytes]:
    return [b"%d" % n for n in range(count)]


def test_the_hashes_are_those_of_the_standard():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


def test_a_growing_tree_has_the_published_roots():
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT
    for leaf, root in zip(hashes(LEAVES), ROOTS, strict=True):
        frontier.append(leaf)
        assert frontier.root().hex() == root


@pytest.mark.parametrize(("place", "path"), PATHS.items())
def test_inclusion_proofs_are_the_published_ones(place, path):
    index, size = place
    tree = Tiled(hashes(LEAVES[:size]))
    assert [step.hex() for step in inclusion_proof(index, size, tree.read)] == path
    assert verify_inclusion(index, size, leaf_hash(LEAVES[index]), list(map(bytes.fromhex, path)), root(size))


@pytest.mark.parametrize(("sizes", "path"), CONSISTENT.items())
def test_consistency_proofs_are_the_published_ones(sizes, path):
    first, second = sizes
    tree = Tiled(hashes(LEAVES[:second]))
    assert [step.hex() for step in consistency_proof(first, second, tree.read)] == path
    assert verify_consistency(first, second, list(map(bytes.fromhex, path)), root(first), root(second))


def root(size: int) -> bytes:
    return bytes.fromhex(ROOTS[size - 1])


def test_each_proof_of_each_small_tree_is_what_the_standard_defines():
    leaves = some(length(34, 130))
    roots = [naive_tree.tree_hash(leaves[:size]) for size in range(len(leaves) + 1)]
    frontier = Frontier()
    for size in range(1, len(leaves) + 1):
        frontier.append(leaf_hash(leaves[size - 1]))
        tree = Tiled(hashes(leaves[:size]))
        assert frontier.root() == root_of(size, tree.read) == roots[size]
        for index in range(size):
            path = inclusion_proof(index, size, tree.read)
            assert path == naive_tree.path(index, leaves[:size])
            assert verify_inclusion(index, size, leaf_hash(leaves[index]), path, roots[size])
        for first in range(1, size + 1):
            steps = consistency_proof(first, size, tree.read)
            assert steps == naive_tree.proof(first, leaves[:size])
            assert verify_consistency(first, size, steps, roots[first], roots[size])


def test_what_is_not_so_is_proven_by_no_honest_proof_of_something_else():
    leaves = some(length(9, 20))
    roots = [naive_tree.tree_hash(leaves[:size]) for size in range(len(leaves) + 1)]
    places = [(index, size) for size in range(1, len(leaves) + 1) for index in range(size)]
    for index, size in places:
        path = naive_tree.path(index, leaves[:size])
        for other, in_size in places:
            for leaf in range(len(leaves)):
                found = verify_inclusion(other, in_size, leaf_hash(leaves[leaf]), path, roots[in_size])
                assert not found or (leaf == other and path == naive_tree.path(other, leaves[:in_size]))
    for second in range(1, len(leaves) + 1):
        for first in range(1, second + 1):
            steps = naive_tree.proof(first, leaves[:second])
            for before in range(1, second + 1):
                for old_root in range(len(leaves)):
                    found = verify_consistency(before, second, steps, roots[old_root], roots[second])
                    assert not found or (before == old_root and steps == naive_tree.proof(before, leaves[:second]))


@pytest.mark.parametrize(("place", "path"), PATHS.items())
def test_a_proof_that_was_changed_anywhere_proves_nothing(place, path):
    index, size = place
    steps, leaf = list(map(bytes.fromhex, path)), leaf_hash(LEAVES[index])
    wrong = [
        *([[*steps[:n], b"\x07" * 32, *steps[n + 1 :]] for n in range(len(steps))]),
        *([steps[:n] + steps[n + 1 :] for n in range(len(steps))]),
        [*steps, b"\7" * 32],
        [b"\7" * 32, *steps],
        [*steps, *steps, root(size)],
    ]
    assert not any(verify_inclusion(index, size, leaf, other, root(size)) for other in wrong)
    assert not verify_inclusion(index, size, leaf, steps, root(size)[::-1])
    assert not verify_inclusion(-1, size, leaf, steps, root(size))
    assert not verify_inclusion(size, size, leaf, steps, root(size))


def test_consistency_has_its_edges():
    assert verify_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)
    assert verify_consistency(0, 8, [], EMPTY_ROOT, root(8))
    assert not verify_consistency(0, 8, [], root(1), root(8))
    assert not verify_consistency(0, 8, [root(1)], EMPTY_ROOT, root(8))
    assert not verify_consistency(8, 8, [], root(7), root(8))
    assert not verify_consistency(8, 8, [root(8)], root(8), root(8))
    assert not verify_consistency(8, 6, [], root(8), root(6))
    assert not verify_consistency(4, 8, [], root(4), root(8))
    assert not verify_consistency(6, 8, [], root(6), root(8))


def test_there_is_no_proof_of_what_is_not_there():
    for index, size in ((-1, 3), (3, 3), (0, 0)):
        with pytest.raises(ValueError, match="has no leaf"):
            inclusion_tiles(index, size)
    with pytest.raises(ValueError, match="does not begin"):
        consistency_tiles(4, 3)


def test_proofs_over_several_levels_of_tiles_hold():
    """Of more than 65,536 leaves, so that there is a level above the second."""
    leaves = hashes(some(65_536 + 300))
    tree, draw = Tiled(leaves), random.Random(6962)
    assert len(tree.levels) == 3
    frontier, roots = Frontier(), {}
    sizes = [255, 256, 257, 511, 65_535, 65_536, 65_537, len(leaves)]
    for leaf in leaves:
        frontier.append(leaf)
        if frontier.size in sizes:
            roots[frontier.size] = frontier.root()
    for size in sizes:
        for index in (0, size - 1, *(draw.randrange(size) for _ in range(3))):
            path = inclusion_proof(index, size, tree.read)
            assert verify_inclusion(index, size, leaves[index], path, roots[size])
        for first in (one for one in sizes if one <= size):
            steps = consistency_proof(first, size, tree.read)
            assert verify_consistency(first, size, steps, roots[first], roots[size])


def test_a_proof_reads_the_tiles_that_it_says_and_no_others():
    leaves, draw = hashes(some(1_300)), random.Random(1)
    for _ in range(100):
        size = draw.randrange(1, len(leaves))
        index, first = draw.randrange(size), draw.randrange(size + 1)
        tree = Tiled(leaves[:size])
        root_of(size, tree.read)
        assert tree.asked == root_tiles(size)
        tree.asked.clear()
        inclusion_proof(index, size, tree.read)
        assert tree.asked == inclusion_tiles(index, size)
        tree.asked.clear()
        consistency_proof(first, size, tree.read)
        assert tree.asked == consistency_tiles(first, size)


def test_a_proof_in_ten_million_entries_reads_six_tiles_at_most():
    draw = random.Random(2)
    for _ in range(200):
        index, first = draw.randrange(TEN_MILLION), draw.randrange(TEN_MILLION)
        assert len(inclusion_tiles(index, TEN_MILLION)) <= 6
        assert len(consistency_tiles(first, TEN_MILLION)) <= 6
    assert len(root_tiles(TEN_MILLION)) <= 3
    tiles = Anything()
    assert len(inclusion_proof(5_000_000, TEN_MILLION, tiles.read)) == 24
    assert all(tile.first + tile.width <= TEN_MILLION >> (8 * tile.level) for tile in tiles.asked)


def test_a_tree_has_the_tiles_that_the_format_gives_as_its_example():
    size = 70_000
    assert [full_tiles(size, level) for level in range(3)] == [273, 1, 0]
    assert root_tiles(size) == {Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)}
    assert root_tiles(256) == {Tile(1, 0, 1)}
    assert root_tiles(0) == set()


def test_a_tile_is_named_as_the_format_does():
    assert Tile(0, 1_234_067).path == "0/x001/x234/067"
    assert Tile(1, 0, 17).path == "1/000.p/17"
    assert Tile(2, 1_000).path == "2/x001/000"
