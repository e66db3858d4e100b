"""The Merkle tree of RFC 6962 (2.1) over the leaf hashes of a log, and what verifies its proofs (RFC 9162, 2.1.3-4).

Hashes are 32 bytes, SHA-256. The leaf hash of an entry is its `entry_hash`.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

Range = tuple[int, int]
"""The leaves `low <= index < high`."""


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


class Frontier:
    """A tree that leaves are appended to, in the memory of one hash per level."""

    __slots__ = ("_perfect", "size")

    def __init__(self) -> None:
        self.size = 0
        self._perfect: list[bytes] = []  # the roots of the perfect trees that it is made of, the largest first

    def append(self, leaf: bytes) -> None:
        """`leaf` is a leaf hash."""
        level = self.size
        while level & 1:
            leaf = node_hash(self._perfect.pop(), leaf)
            level >>= 1
        self._perfect.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        return joined(self._perfect)


def joined(perfect: Sequence[bytes]) -> bytes:
    """The root over perfect trees that stand side by side, the largest first."""
    if not perfect:
        return EMPTY_ROOT
    root = perfect[-1]
    for left in reversed(perfect[:-1]):
        root = node_hash(left, root)
    return root


def perfect_trees(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The perfect trees that a range of a tree is made of, as (height, how many of that height stand before)."""
    while low < high:
        height = (high - low).bit_length() - 1
        if low:
            height = min(height, (low & -low).bit_length() - 1)
        yield height, low >> height
        low += 1 << height


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose roots prove a leaf, from the bottom up. Raises ValueError where the tree has no such leaf."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    low, high = 0, size
    found: list[Range] = []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            found.append((middle, high))
            high = middle
        else:
            found.append((low, middle))
            low = middle
    return found[::-1]


def consistency_ranges(first: int, second: int) -> list[Range]:
    """The ranges whose roots prove that the tree of `first` leaves begins the one of `second`; none where one of them
    is empty or both are the same. Raises ValueError where `first` is larger."""
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {first} leaves does not begin one of {second}")
    if first in (0, second):
        return []
    low, high = 0, second
    found: list[Range] = []
    while high != first:
        middle = low + _split(high - low)
        if first <= middle:
            found.append((middle, high))
            high = middle
        else:
            found.append((low, middle))
            low = middle
    if low:  # else it is the first tree itself, whose root is known
        found.append((low, high))
    return found[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof leads from the leaf hash at `index` to the root of `size` leaves (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes) -> bool:
    """Whether the proof shows that the second tree begins with the first (RFC 9162, 2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    steps = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    return bool(steps) and _leads_to_both(first - 1, second - 1, steps, first_root, second_root)


def _leads_to_both(place: int, last: int, steps: Sequence[bytes], first_root: bytes, second_root: bytes) -> bool:
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, step)
        place, last = place >> 1, last >> 1
    return last == 0 and before == first_root and after == second_root


def _split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << ((size - 1).bit_length() - 1)
