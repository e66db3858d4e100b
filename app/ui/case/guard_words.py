"""What a guard or a condition asks for, in words: its parts by the titles of the fields, with what the case has."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

from app.domain.definition.fields import schema_at
from app.domain.expressions.expression import GuardFault, compile_expression
from app.domain.expressions.syntax_tree import Call, Constant, ListOf, Node, Select, path_of, paths_read
from app.domain.values.json import Json
from app.ui.case.telling import Telling
from app.ui.case.values import in_line, is_empty

MOST_NAMED: Final = 4
READER: Final = ("actor", "id")
ALWAYS: Final = (("case", "creator"), ("case", "assignee"))
"""What every case has, so that whether it is there says nothing."""
TURNED: Final = {"_<=_": "_>=_", "_>=_": "_<=_", "_<_": "_>_", "_>_": "_<_", "_==_": "_==_", "_!=_": "_!=_"}
OPPOSITE: Final = {"_<=_": "_>_", "_>_": "_<=_", "_<_": "_>=_", "_>=_": "_<_", "_==_": "_!=_", "_!=_": "_==_"}

COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "_==_": eq,
    "_!=_": ne,
    "_<=_": le,
    "_>=_": ge,
    "_<_": lt,
    "_>_": gt,
    "in": lambda actual, values: actual in values,
    "not in": lambda actual, values: actual not in values,
}


@dataclass(frozen=True, slots=True)
class _Part:
    """A comparison of one field with something that is written down."""

    path: str
    operator: str
    value: Json


def needed(told: Telling, text: str, holds: bool = True) -> tuple[str, ...]:
    """A sentence for each part that does not hold (or, without `holds`, for what must not); where the whole is more
    than comparisons, one that says what it depends on."""
    try:
        tree = compile_expression(text).tree
    except GuardFault:
        return (told.gettext("It depends on something that cannot be told."),)
    parts = list(_parts(tree, holds))
    if parts and all(part is not None for part in parts):
        missing = [part for part in parts if part is not None and not _met(told, part)]
        said = tuple(sentence for part in missing if (sentence := _sentence(told, part)))
        if said and len(said) == len(missing):
            return said[:MOST_NAMED]
    return (_depends(told, tree),)


def _parts(node: Node, holds: bool) -> Iterator[_Part | None]:
    """The comparisons that all have to hold; None for anything else."""
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


def _comparison(node: Node, holds: bool) -> _Part | None:
    match node:
        case Call("_==_" | "_!=_" as operator, (left, right)) if path_of(right) == READER:
            return _part(left, operator if holds else OPPOSITE[operator], "actor.id")
        case Call(operator, (left, Constant(value))) if operator in TURNED and not isinstance(value, bytes):
            return _part(left, operator if holds else OPPOSITE[operator], value)
        case Call(operator, (Constant(value), right)) if operator in TURNED and not isinstance(value, bytes):
            turned = TURNED[operator]
            return _part(right, turned if holds else OPPOSITE[turned], value)
        case Call("@in", (left, ListOf(elements))) if all(isinstance(one, Constant) for one in elements):
            values = [one.value for one in elements if isinstance(one, Constant)]
            return _part(left, "in" if holds else "not in", values)
        case Call():
            return None
    return _part(node, "_==_", holds)


def _part(node: Node, operator: str, value: Json) -> _Part | None:
    path = path_of(node)
    return None if path is None or path[0] not in ("data", "case") else _Part(".".join(path), operator, value)


def _met(told: Telling, part: _Part) -> bool:
    if not part.path.startswith("data."):
        return False
    try:
        return bool(COMPARED[part.operator](told.value_at(part.path), part.value))
    except TypeError:
        return False


def _sentence(told: Telling, part: _Part) -> str | None:
    _ = told.gettext
    if part.path.startswith("case."):
        return _of_the_case(told, part)
    schema = schema_at(told.declared.data, part.path)
    values = part.value if isinstance(part.value, list) else [part.value]
    wanted = told.listed((in_line(told, schema, value) for value in values), _("or"))
    said = {"field": a_field(told, part.path), "value": wanted}
    needs: Mapping[str, str] = {
        "_==_": _("It needs %(field)s of %(value)s.", **said),
        "in": _("It needs %(field)s of %(value)s.", **said),
        "_!=_": _("It needs %(field)s other than %(value)s.", **said),
        "not in": _("It needs %(field)s other than %(value)s.", **said),
        "_<=_": _("It needs %(field)s of at most %(value)s.", **said),
        "_>=_": _("It needs %(field)s of at least %(value)s.", **said),
        "_<_": _("It needs %(field)s below %(value)s.", **said),
        "_>_": _("It needs %(field)s above %(value)s.", **said),
    }
    return f"{needs[part.operator]} {_here(told, part.path)}"


def _here(told: Telling, path: str) -> str:
    actual = told.value_at(path)
    if is_empty(actual):
        return told.gettext("Here it is not filled in.")
    return told.gettext("Here it is %(value)s.", value=in_line(told, schema_at(told.declared.data, path), actual))


def _of_the_case(told: Telling, part: _Part) -> str | None:
    _ = told.gettext
    return {
        ("case.assignee", "_!=_", None): _("Somebody must have the case."),
        ("case.assignee", "_==_", None): _("Nobody may have the case."),
        ("case.assignee", "_==_", "actor.id"): _("It is for whoever has the case."),
        ("case.assignee", "_!=_", "actor.id"): _("You have the case, so somebody else must do it."),
        ("case.creator", "_==_", "actor.id"): _("It is for whoever opened the case."),
        ("case.creator", "_!=_", "actor.id"): _("You opened the case, so somebody else must do it."),
    }.get((part.path, part.operator, part.value if not isinstance(part.value, list) else None))


def _depends(told: Telling, tree: Node) -> str:
    """What is looked at, with what it is now: no word of the policy's own language."""
    paths = dict.fromkeys(path[:2] for path in paths_read(tree) if path[0] == "data" and len(path) > 1)
    named = [f"data.{path[1]}" for path in list(paths)[:MOST_NAMED]]
    if not named:
        return told.gettext("It depends on who you are to this case, or on what you will enter.")
    said = [f"{told.field(path)} ({_now(told, path)})" for path in named]
    return told.gettext("It depends on %(fields)s.", fields=told.listed(said))


def _now(told: Telling, path: str) -> str:
    actual = told.value_at(path)
    if is_empty(actual):
        return told.gettext("not filled in")
    return in_line(told, schema_at(told.declared.data, path), actual)


def a_field(told: Telling, path: str) -> str:
    """`an amount`, in English; elsewhere the title as it is."""
    title = told.field(path)
    if told.language != "en" or not title or title[1:2].isupper():
        return title
    lowered = title[0].lower() + title[1:]
    return f"{'an' if lowered[0] in 'aeiou' else 'a'} {lowered}"
