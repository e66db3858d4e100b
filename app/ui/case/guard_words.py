"""What a guard or a condition asks for, in words: its parts by the titles of the fields, with what the case has."""

from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

from app.domain.definition.fields import schema_at
from app.domain.expressions.expression import GuardFault, compile_expression
from app.domain.expressions.syntax_tree import Node, paths_read
from app.ui.case.telling import Telling
from app.ui.case.values import in_line, is_empty
from app.ui.types.guard_parts import HAS, HAS_NOT, Comparison, comparisons

MOST_NAMED: Final = 4
COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "_==_": eq,
    "_!=_": ne,
    "_<=_": le,
    "_>=_": ge,
    "_<_": lt,
    "_>_": gt,
    "in": lambda actual, values: actual in values,
    "not in": lambda actual, values: actual not in values,
    HAS: lambda actual, _: actual is not None,
    HAS_NOT: lambda actual, _: actual is None,
}


def needed(told: Telling, text: str, holds: bool = True) -> tuple[str, ...]:
    """A sentence for each part that does not hold (or, without `holds`, for what must not); where the whole is more
    than comparisons, one that says what it depends on."""
    try:
        tree = compile_expression(text).tree
    except GuardFault:
        return (told.gettext("It depends on something that cannot be told."),)
    parts = comparisons(tree, holds)
    if all(part.root != "payload" for part in parts):
        missing = [part for part in parts if not _met(told, part)]
        said = tuple(sentence for part in missing if (sentence := _sentence(told, part)))
        if said and len(said) == len(missing):
            return said[:MOST_NAMED]
    return (_depends(told, tree),)


def _met(told: Telling, part: Comparison) -> bool:
    if part.root != "data":
        return False
    try:
        return bool(COMPARED[part.operator](told.value_at(part.path), part.value))
    except TypeError:
        return False


def _sentence(told: Telling, part: Comparison) -> str | None:
    _ = told.gettext
    if part.root == "case":
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
        HAS: _("It needs %(field)s.", **said),
        HAS_NOT: _("It needs %(field)s to be empty.", field=told.field(part.path)),
    }
    return f"{needs[part.operator]} {_here(told, part.path)}"


def _here(told: Telling, path: str) -> str:
    actual = told.value_at(path)
    if is_empty(actual):
        return told.gettext("Here it is not filled in.")
    return told.gettext("Here it is %(value)s.", value=in_line(told, schema_at(told.declared.data, path), actual))


def _of_the_case(told: Telling, part: Comparison) -> str | None:
    _ = told.gettext
    known: dict[tuple[str, str, Any], str] = {
        ("case.assignee", "_!=_", None): _("Somebody must have the case."),
        ("case.assignee", "_==_", None): _("Nobody may have the case."),
        ("case.assignee", "_==_", "actor.id"): _("It is for whoever has the case."),
        ("case.assignee", "_!=_", "actor.id"): _("You have the case, so somebody else must do it."),
        ("case.creator", "_==_", "actor.id"): _("It is for whoever opened the case."),
        ("case.creator", "_!=_", "actor.id"): _("You opened the case, so somebody else must do it."),
    }
    return known.get((part.path, part.operator, part.value if not isinstance(part.value, list) else None))


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
