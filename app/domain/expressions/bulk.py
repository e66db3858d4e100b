"""How large a value can be that an expression sees or builds."""

from dataclasses import dataclass
from functools import cached_property, reduce
from typing import NamedTuple

from app.domain.values.json import Json

CHARACTERS = 40
"""So many characters are copied or compared in the time of one element of a list."""


class Sizes(NamedTuple):
    """Of what an expression sees: elements of the longest list or object, characters of the longest text, and all."""

    longest: int
    text: int
    values: int
    characters: int


@dataclass(frozen=True)
class Bulk:
    """At most: elements, characters where it is a text, steps to walk all of it; `items` are those of an element."""

    count: float = 0
    characters: float = 0
    deep: float = 1
    items: "Bulk | None" = None

    @cached_property
    def inner(self) -> "Bulk":
        """An element; of what is seen, an element can be as large as the whole."""
        return self if self.items is None else self.items


SCALAR = Bulk()


def seen(sizes: Sizes) -> Bulk:
    """Anything in the data of a case; what is in a list of it shares the whole."""
    deep = sizes.values + sizes.characters / CHARACTERS
    element = Bulk(sizes.values / sizes.longest, sizes.text, deep / sizes.longest)
    return Bulk(sizes.longest, sizes.text, deep, element)


def bulk_of(value: Json) -> Bulk:
    """Of a value that is there."""
    if isinstance(value, str):
        return text(len(value))
    if isinstance(value, dict):
        return listed(*map(bulk_of, (*value, *value.values())))
    return listed(*map(bulk_of, value)) if isinstance(value, list) else SCALAR


def text(length: float) -> Bulk:
    return Bulk(0, length, 1 + length / CHARACTERS)


def listed(*elements: Bulk) -> Bulk:
    largest = reduce(larger, elements, SCALAR)
    return Bulk(len(elements), 0, 1 + sum(element.deep for element in elements), largest)


def repeated(element: Bulk, count: float) -> Bulk:
    return Bulk(count, 0, 1 + count * element.deep, element)


def larger(one: Bulk, other: Bulk) -> Bulk:
    if one is other or (other.items is None and _covers(one, other)):
        return one
    return Bulk(
        max(one.count, other.count),
        max(one.characters, other.characters),
        max(one.deep, other.deep),
        None if one.items is other.items is None else larger(one.inner, other.inner),
    )


def _covers(one: Bulk, other: Bulk) -> bool:
    return one.count >= other.count and one.characters >= other.characters and one.deep >= other.deep


def joined(one: Bulk, other: Bulk) -> Bulk:
    """What `+` makes of two lists or two texts."""
    items = larger(one, other).items
    return Bulk(one.count + other.count, one.characters + other.characters, one.deep + other.deep, items)


def sizes_of(*values: Json) -> Sizes:
    """Of everything in these values together."""
    longest = longest_text = count = characters = 0
    open_values = list(values)
    while open_values:
        value = open_values.pop()
        count += 1
        if isinstance(value, str):
            longest_text, characters = max(longest_text, len(value)), characters + len(value)
        elif isinstance(value, dict):
            longest = max(longest, len(value))
            open_values += [*value, *value.values()]
        elif isinstance(value, list):
            longest = max(longest, len(value))
            open_values += value
    return Sizes(longest, longest_text, count, characters)
