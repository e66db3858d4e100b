"""Spell a part of an expression as its author wrote it, near enough to find it."""

import json

from app.domain.expressions.syntax_tree import Call, Constant, ListOf, Node, Select, path_of

_SYMBOLS = {"@in": "in", "_[_]": "[]", "_?_:_": "? :", "!_": "!", "-_": "-"}


def symbol(function: str) -> str:
    """`<` for CEL's `_<_`."""
    return _SYMBOLS.get(function, function.strip("_"))


def spelled(node: Node) -> str:
    path = path_of(node)
    if path is not None:
        return ".".join(path)
    match node:
        case Constant(value):
            return repr(value) if isinstance(value, str | bytes | float) else json.dumps(value)
        case ListOf(elements):
            return f"[{', '.join(map(spelled, elements))}]"
        case Select(operand, field):
            return f"{spelled(operand)}.{field}"
        case Call("_[_]", (operand, index)):
            return f"{spelled(operand)}[{spelled(index)}]"
        case Call(function, (operand,)) if not function[0].isalpha():
            return f"{symbol(function)}{spelled(operand)}"
        case Call(function, (left, right)) if not function[0].isalpha():
            return f"{spelled(left)} {symbol(function)} {spelled(right)}"
        case Call(function, arguments):
            return f"{function}({', '.join(map(spelled, arguments))})"
    return "(...)"
