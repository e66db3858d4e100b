"""The syntax tree of a compiled CEL expression, and the paths that it reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Constant:
    value: bool | int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Select:
    """`operand.field`; with `test` it is `has(operand.field)`."""

    operand: "Node"
    field: str
    test: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A function or operator (`_+_`, `_[_]`, `@in`); a receiver is the first argument. `result` is CEL's type of it."""

    function: str
    arguments: tuple["Node", ...]
    result: str


@dataclass(frozen=True, slots=True)
class ListOf:
    elements: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    keys: tuple["Node", ...]
    values: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comprehension:
    """What `all`, `exists`, `exists_one`, `map` and `filter` expand to."""

    variables: tuple[str, ...]
    over: "Node"
    accumulator: str
    start: "Node"
    condition: "Node"
    step: "Node"
    result: "Node"


Node: TypeAlias = Constant | Name | Select | Call | ListOf | MapOf | Comprehension


def path_of(node: Node) -> tuple[str, ...] | None:
    """`data.a['b c']` as ("data", "a", "b c"); None for anything but a chain of names."""
    match node:
        case Name(name):
            return tuple(name.removeprefix(".").split("."))
        case Select(operand, field):
            step = field
        case Call("_[_]", (operand, Constant(str(key)))):
            step = key
        case _:
            return None
    inner = path_of(operand)
    return None if inner is None else (*inner, step)


def paths_read(node: Node, bound: frozenset[str] = frozenset()) -> Iterator[tuple[str, ...]]:
    """The paths that are read, without the variables that comprehensions bind."""
    path = path_of(node)
    if path is not None:
        if path[0] not in bound:
            yield path
        return
    if isinstance(node, Comprehension):
        yield from paths_read(node.over, bound)
        bound = bound | {*node.variables, node.accumulator}
    for part in _parts(node):
        yield from paths_read(part, bound)


def _parts(node: Node) -> tuple[Node, ...]:
    match node:
        case Select(operand):
            return (operand,)
        case Call(_, arguments):
            return arguments
        case ListOf(elements):
            return elements
        case MapOf(keys, values):
            return (*keys, *values)
        case Comprehension():
            return (node.start, node.condition, node.step, node.result)
    return ()


def asked_of(node: Node) -> Iterator[tuple[str, ...]]:
    """The paths that are compared with something written down, or whose type is asked: there they may be anything."""
    asked: tuple[Node, ...] = ()
    match node:
        case Call("_==_" | "_!=_", (one, other)) if isinstance(one, Constant) or isinstance(other, Constant):
            asked = (one, other)
        case Call("type" | "@in", (one, *_)):
            asked = (one,)
    yield from (path for part in asked if (path := path_of(part)) is not None)
    for part in (node.over, *_parts(node)) if isinstance(node, Comprehension) else _parts(node):
        yield from asked_of(part)
