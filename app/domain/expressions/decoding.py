"""Decode what the CEL compiler serialises: a cel.expr.CheckedExpr inside a google.protobuf.Any.

Shapes: github.com/google/cel-spec, proto/cel/expr. The field numbers below are theirs.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from app.domain.expressions.syntax_tree import Call, Comprehension, Constant, ListOf, MapOf, Name, Node, Select
from app.domain.expressions.wire import Message

MAX_DEPTH = 100

Inside: TypeAlias = Callable[[Message], Node]


class Unsupported(ValueError):
    """An expression that compiles and that we still refuse; str() says why."""


def decode(serialised: bytes) -> Node:
    """The tree in a serialised google.protobuf.Any of a CheckedExpr; raises Unsupported."""
    checked = Message(serialised).message(2)
    types = {entry.integer(1): _type_name(entry.message(2)) for entry in checked.messages(3)}
    return _node(checked.message(4), types, 0)


def _node(expr: Message, types: Mapping[int, str], depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise Unsupported("nests too deeply")
    for number, read in _READERS.items():
        if number in expr:
            result = types.get(expr.integer(2), "dyn")
            return read(expr.message(number), result, lambda part: _node(part, types, depth + 1))
    raise Unsupported("is of a kind that is not supported")


def _name(name: Message, _result: str, _inside: Inside) -> Name:
    return Name(name.text(1))


def _select(select: Message, _result: str, inside: Inside) -> Select:
    return Select(inside(select.message(1)), select.text(2), bool(select.integer(3)))


def _call(call: Message, result: str, inside: Inside) -> Call:
    arguments = tuple(inside(part) for part in (*call.messages(1), *call.messages(3)))
    function = call.text(2)
    if function == "_[_]" and arguments in _BRACKETED_TIMES:
        raise Unsupported("has a time of the case in brackets; write case.opened_at or case.changed_at")
    return Call(function, arguments, result)


def _list(elements: Message, _result: str, inside: Inside) -> ListOf:
    return ListOf(tuple(inside(element) for element in elements.messages(1)))


def _constant(constant: Message, _result: str, _inside: Inside) -> Constant:
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


def _map(struct: Message, _result: str, inside: Inside) -> MapOf:
    if struct.text(1):
        raise Unsupported("makes a protobuf message, which is not supported")
    entries = struct.messages(2)
    return MapOf(
        tuple(inside(entry.message(3)) for entry in entries), tuple(inside(entry.message(4)) for entry in entries)
    )


def _comprehension(loop: Message, _result: str, inside: Inside) -> Comprehension:
    return Comprehension(
        variables=tuple(loop.text(number) for number in (1, 8) if number in loop),
        over=inside(loop.message(2)),
        accumulator=loop.text(3),
        start=inside(loop.message(4)),
        condition=inside(loop.message(5)),
        step=inside(loop.message(6)),
        result=inside(loop.message(7)),
    )


_READERS: dict[int, Callable[[Message, str, Inside], Node]] = {
    3: _constant,
    4: _name,
    5: _select,
    6: _call,
    7: _list,
    8: _map,
    9: _comprehension,
}
# the map `case` cannot hold these (see view.py)
_BRACKETED_TIMES = {(Name("case"), Constant("opened_at")), (Name("case"), Constant("changed_at"))}
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
