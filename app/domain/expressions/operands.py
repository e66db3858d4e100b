"""What single operands are, and which an operator takes."""

from app.domain.expressions.overloads import Overload
from app.domain.expressions.spelling import spelled
from app.domain.expressions.syntax_tree import Call, Constant
from app.domain.expressions.types import BOOL, Type, named

_DOUBLE = frozenset({"double"})


def constant_type(value: bool | int | float | str | bytes | None) -> Type:
    match value:
        case None:
            return named("null")
        case bool():
            return BOOL
        case int():
            return named("int", "uint")
        case float():
            return named("double")
        case str():
            return Type(names=frozenset({"string"}))
        case bytes():
            return named("bytes")


def takes(overload: Overload, place: int, name: str, others: list[Type]) -> bool:
    rest = [operand for at, operand in enumerate(overload.operands) if at != place]
    return overload.operands[place] == name and all(map(Type.can_be, others, rest))


def as_member(call: Call, kinds: list[Type]) -> str:
    """What to write where a list is asked like a text."""
    if call.function != "contains" or len(kinds) != 2 or kinds[0].can_be("string"):
        return ""
    return f"; write {spelled(call.arguments[1])} in {spelled(call.arguments[0])}" if kinds[0].can_be("list") else ""


def as_numbers(call: Call, kinds: list[Type]) -> str:
    """What to write where a fraction meets an integer."""
    if len(kinds) != 2 or {frozenset(kind.names) - {"uint"} for kind in kinds} != {frozenset({"int"}), _DOUBLE}:
        return ""
    node = next(node for node, kind in zip(call.arguments, kinds, strict=True) if kind.names != _DOUBLE)
    written = f"{spelled(node)}.0" if isinstance(node, Constant) else f"double({spelled(node)})"
    return f"; write {written}"
