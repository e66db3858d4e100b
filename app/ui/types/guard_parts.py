"""The comparisons that a guard is made of, where it is made of nothing else: pages of cases and of their types say them
in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.expressions.syntax_tree import Call, Constant, ListOf, Node, Select, path_of
from app.domain.values.json import Json

READER: Final = ("actor", "id")
ALWAYS: Final = (("case", "creator"), ("case", "assignee"))
"""What every case has, so that whether it is there says nothing."""
HAS: Final = "has"
HAS_NOT: Final = "has not"
TURNED: Final = {"_<=_": "_>=_", "_>=_": "_<=_", "_<_": "_>_", "_>_": "_<_", "_==_": "_==_", "_!=_": "_!=_"}
OPPOSITE: Final[Mapping[str, str]] = {
    "_<=_": "_>_",
    "_>_": "_<=_",
    "_<_": "_>=_",
    "_>=_": "_<_",
    "_==_": "_!=_",
    "_!=_": "_==_",
    "in": "not in",
    HAS: HAS_NOT,
    HAS_NOT: HAS,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of one field with something that is written down, or (HAS, HAS_NOT) with nothing."""

    path: str
    operator: str
    value: Json = None

    @property
    def root(self) -> str:
        return self.path.partition(".")[0]


def comparisons(tree: Node, holds: bool = True) -> list[Comparison]:
    """Those that all have to hold (without `holds`: so that the whole does not); none where some part is no
    comparison."""
    found = list(_parts(tree, holds))
    known = [part for part in found if part is not None]
    return known if len(known) == len(found) else []


def _parts(node: Node, holds: bool) -> Iterator[Comparison | None]:
    match node:
        case Call("_&&_", (one, other)) if holds:
            yield from _parts(one, holds)
            yield from _parts(other, holds)
        case Call("_||_", (one, other)) if not holds:
            yield from _parts(one, holds)
            yield from _parts(other, holds)
        case Call("_&&_", (Select(_, _, True) as one, other)) if path_of(one) in ALWAYS:
            yield from _parts(other, holds)
        case Call("!_", (inner,)):
            yield from _parts(inner, not holds)
        case Select(_, _, True) if path_of(node) in ALWAYS:
            return
        case _:
            yield _comparison(node, holds)


def _comparison(node: Node, holds: bool) -> Comparison | None:
    match node:
        case Select(_, _, True):
            return _of(node, HAS, None, holds)
        case Call("_==_" | "_!=_" as operator, (left, right)) if path_of(right) == READER:
            return _of(left, operator, "actor.id", holds)
        case Call(operator, (left, Constant(value))) if operator in TURNED and not isinstance(value, bytes):
            return _of(left, operator, value, holds)
        case Call(operator, (Constant(value), right)) if operator in TURNED and not isinstance(value, bytes):
            return _of(right, TURNED[operator], value, holds)
        case Call("@in", (left, ListOf(elements))) if all(isinstance(one, Constant) for one in elements):
            return _of(left, "in", [one.value for one in elements if isinstance(one, Constant)], holds)
        case Call():
            return None
    return _of(node, "_==_", holds, holds=True)


def _of(node: Node, operator: str, value: Json, holds: bool) -> Comparison | None:
    path = path_of(node)
    if path is None or path[0] not in ("data", "payload", "case"):
        return None
    if value is None and path[0] != "case":
        operator = {"_==_": HAS_NOT, "_!=_": HAS}.get(operator, operator)
    return Comparison(".".join(path), operator if holds else OPPOSITE[operator], value)
