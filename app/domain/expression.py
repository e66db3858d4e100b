"""The syntax tree of a compiled CEL expression, and the paths that it reads.

The compiler serialises a cel.expr.CheckedExpr (github.com/google/cel-spec, proto/cel/expr); what the checker
asks for is kept.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from app.domain.wire import Message

MAX_DEPTH = 200


class Unsupported(ValueError):
    """An expression that compiles and that we still refuse; str() says why."""


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


@dataclass(frozen=True, slots=True)
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


def decode(serialised: bytes) -> Node:
    """The tree in a serialised google.protobuf.Any of a CheckedExpr; raises Unsupported."""
    checked = Message(serialised).message(2)
    types = {entry.integer(1): _type_name(entry.message(2)) for entry in checked.messages(3)}
    return _node(checked.message(4), types, 0)


def _node(expr: Message, types: Mapping[int, str], depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise Unsupported("nests too deeply")

    def inside(message: Message) -> Node:
        return _node(message, types, depth + 1)

    if 3 in expr:
        return _constant(expr.message(3))
    if 4 in expr:
        return Name(expr.message(4).text(1))
    if 5 in expr:
        select = expr.message(5)
        return Select(inside(select.message(1)), select.text(2), bool(select.integer(3)))
    if 6 in expr:
        call = expr.message(6)
        arguments = tuple(inside(part) for part in (*call.messages(1), *call.messages(3)))
        if arguments == (Name("case"), Constant("opened_at")) or arguments == (Name("case"), Constant("changed_at")):
            raise Unsupported("has a time of the case in brackets; write case.opened_at or case.changed_at")
        return Call(call.text(2), arguments, types.get(expr.integer(2), "dyn"))
    if 7 in expr:
        return ListOf(tuple(inside(element) for element in expr.message(7).messages(1)))
    if 8 in expr:
        return _map(expr.message(8), inside)
    if 9 in expr:
        return _comprehension(expr.message(9), inside)
    raise Unsupported("is of a kind that is not supported")


def _constant(constant: Message) -> Constant:
    if 2 in constant:
        return Constant(bool(constant.integer(2)))
    if 3 in constant:
        return Constant(constant.signed(3))
    if 4 in constant:
        return Constant(constant.integer(4))
    if 5 in constant:
        return Constant(constant.double(5))
    if 6 in constant:
        return Constant(constant.text(6))
    if 7 in constant:
        return Constant(constant.binary(7))
    return Constant(None)


def _map(struct: Message, inside: Callable[[Message], Node]) -> MapOf:
    if struct.text(1):
        raise Unsupported("makes a protobuf message, which is not supported")
    entries = struct.messages(2)
    return MapOf(
        tuple(inside(entry.message(3)) for entry in entries), tuple(inside(entry.message(4)) for entry in entries)
    )


def _comprehension(loop: Message, inside: Callable[[Message], Node]) -> Comprehension:
    return Comprehension(
        variables=tuple(loop.text(number) for number in (1, 8) if number in loop),
        over=inside(loop.message(2)),
        accumulator=loop.text(3),
        start=inside(loop.message(4)),
        condition=inside(loop.message(5)),
        step=inside(loop.message(6)),
        result=inside(loop.message(7)),
    )


_PRIMITIVES = {1: "bool", 2: "int", 3: "uint", 4: "double", 5: "string", 6: "bytes"}
_WELL_KNOWN = {2: "timestamp", 3: "duration"}


def _type_name(kind: Message) -> str:
    if 2 in kind:
        return "null"
    if 3 in kind:
        return _PRIMITIVES.get(kind.integer(3), "dyn")
    if 5 in kind:
        return _WELL_KNOWN.get(kind.integer(5), "dyn")
    return next((name for number, name in ((6, "list"), (7, "map"), (11, "type")) if number in kind), "dyn")


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


def reads_of(node: Node, bound: frozenset[str] = frozenset()) -> Iterator[str]:
    """The dotted paths that are read, without the variables that comprehensions bind."""
    path = path_of(node)
    if path is not None:
        if path[0] not in bound:
            yield ".".join(path)
        return
    if isinstance(node, Comprehension):
        yield from reads_of(node.over, bound)
        bound = bound | {*node.variables, node.accumulator}
    for part in _parts(node):
        yield from reads_of(part, bound)


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
