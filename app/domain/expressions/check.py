"""Check an expression against what the schemas say: unknown fields, and operands that cannot meet."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import reduce

from app.domain.expressions.operands import as_member, as_numbers, constant_type, takes
from app.domain.expressions.overloads import NUMBERS, OVERLOADS, STRICT, Overload
from app.domain.expressions.spelling import spelled, symbol
from app.domain.expressions.syntax_tree import (
    Call,
    Comprehension,
    Constant,
    ListOf,
    MapOf,
    Name,
    Node,
    Select,
    asked_of,
    path_of,
)
from app.domain.expressions.types import ANYTHING, BOOL, NOTHING, STRING, Type, either, listed, mapped, named
from app.domain.expressions.variables import Types
from app.domain.expressions.view import COUNT

Scope = Mapping[str, Type]
ABSENT = {"payload": "the event declares no payload", "after": "`after` is seen by the guards of transitions alone"}


def check(tree: Node, types: Types, *, wants_bool: bool) -> list[str]:
    """One sentence for each thing that cannot be right."""
    checker = _Checker(types, frozenset(asked_of(tree)))
    result = checker.type_of(tree, {})
    if wants_bool and not checker.faults and not result.can_be("bool"):
        checker.faults.append(f"the result is {result}, not true or false")
    return list(dict.fromkeys(checker.faults))


class _Checker:
    def __init__(self, types: Types, asked: frozenset[tuple[str, ...]]) -> None:
        self._roots = types.roots
        self._asked = asked
        self.faults: list[str] = []

    def type_of(self, node: Node, scope: Scope) -> Type:
        match node:
            case Constant(value):
                return constant_type(value)
            case Name(name):
                return self._name(name, scope)
            case Select(operand, field, test):
                found = self._field(operand, field, scope)
                return BOOL if test else found
            case Call():
                return _RULES.get(node.function, _Checker._function)(self, node, scope)
            case ListOf(elements):
                return listed(reduce(either, (self.type_of(element, scope) for element in elements), NOTHING))
            case MapOf():
                return self._map(node, scope)
            case Comprehension():
                return self._comprehension(node, scope)

    def _name(self, name: str, scope: Scope) -> Type:
        root, *fields = name.removeprefix(".").split(".")
        if name in scope:
            return scope[name]
        if root in ABSENT and root not in self._roots:
            return self._fault(ABSENT[root], ANYTHING)
        found = self._roots.get(root, ANYTHING)
        return found if not fields or found.fields is None else found.fields.get(fields[0], ANYTHING)

    def _field(self, operand: Node, field: str, scope: Scope) -> Type:
        container = self.type_of(operand, scope)
        where = spelled(operand)
        if not container.can_be("map"):
            hint = f"; write size({where})" if field in ("size", "length", "count") else ""
            return self._fault(f"{where} is {container}, which has no fields{hint}", ANYTHING)
        if container.fields is None:
            return ANYTHING
        found = container.field(field)
        if found is not None:
            return found
        near = get_close_matches(field, container.fields, n=1)
        hint = f"; did you mean {where}.{near[0]}?" if near else ""
        return self._fault(f"{where}.{field} is not declared{hint}", ANYTHING)

    def _element(self, call: Call, scope: Scope) -> Type:
        operand, index = call.arguments
        container = self.type_of(operand, scope)
        if isinstance(index, Constant) and isinstance(index.value, str) and container.can_be("map"):
            return self._field(operand, index.value, scope)
        key = self.type_of(index, scope)
        fits = (container.can_be("map") and _can_be_equal(key, _keys(operand, container))) or (
            container.can_be("list") and key.can_be(*NUMBERS)
        )
        if not fits:
            said = f"{spelled(operand)} ({container}) cannot be indexed by {spelled(index)} ({key})"
            return self._fault(said, ANYTHING)
        return container.items or ANYTHING if container.names == {"list"} else ANYTHING

    def _equality(self, call: Call, scope: Scope) -> Type:
        left, right = call.arguments
        one, other = self.type_of(left, scope), self.type_of(right, scope)
        always = "is always true" if call.function == "_!=_" else "is never true"
        said = f"{spelled(left)} {symbol(call.function)} {spelled(right)} {always}"
        if not _can_be_equal(one, other):
            return self._fault(f"{said}: {_why_never(left, one, right, other)}", BOOL)
        for node, kind, against in ((left, one, right), (right, other, left)):
            self._options(node, kind, against, said)
        return BOOL

    def _membership(self, call: Call, scope: Scope) -> Type:
        left, right = call.arguments
        one, container = self.type_of(left, scope), self.type_of(right, scope)
        if not container.can_be("list", "map"):
            return self._fault(f"`in` needs a list or an object; {spelled(right)} is {container}", BOOL)
        is_list, is_map = container.names == {"list"}, container.names == {"map"}
        items = container.items if is_list else _keys(right, container) if is_map else None
        said = f"{spelled(left)} in {spelled(right)} is never true"
        if items is not None and not _can_be_equal(one, items):
            return self._fault(f"{said}: {spelled(left)} is {one} and the elements are {items}", BOOL)
        for element in right.elements if isinstance(right, ListOf) else ():
            self._options(left, one, element, f"{spelled(left)} is never {spelled(element)}")
        return BOOL

    def _options(self, node: Node, kind: Type, against: Node, said: str) -> None:
        if kind.options is None or not isinstance(against, Constant) or not isinstance(against.value, str):
            return
        if against.value not in kind.options:
            self.faults.append(f"{said}: {spelled(node)} is one of {', '.join(kind.options)}")

    def _count(self, call: Call, scope: Scope) -> Type:
        files, *of = call.arguments
        if path_of(files) != ("case", "files") or "case" in scope:
            said = (
                f"`count` counts the files of a case: write case.files.count(...), and size({spelled(files)}) of a list"
            )
            return self._fault(said, named("int"))
        for category in of:
            kind = self.type_of(category, scope)
            if not kind.can_be("string"):
                self.faults.append(f"`count` needs the name of a category; {spelled(category)} is {kind}")
        return named("int")

    def _logic(self, call: Call, scope: Scope) -> Type:
        self._conditions(call, call.arguments, scope)
        return BOOL

    def _ternary(self, call: Call, scope: Scope) -> Type:
        condition, yes, no = call.arguments
        self._conditions(call, (condition,), scope)
        return either(self.type_of(yes, scope), self.type_of(no, scope))

    def _conditions(self, call: Call, conditions: tuple[Node, ...], scope: Scope) -> None:
        for condition in conditions:
            kind = self.type_of(condition, scope)
            if not kind.can_be("bool"):
                self.faults.append(f"`{symbol(call.function)}` needs true or false; {spelled(condition)} is {kind}")

    def _function(self, call: Call, scope: Scope) -> Type:
        kinds = [self.type_of(argument, scope) for argument in call.arguments]
        overloads = [one for one in OVERLOADS.get(call.function, ()) if len(one.operands) == len(kinds)]
        if not overloads:
            return ANYTHING if call.result == "dyn" else named(call.result)
        fitting = [one for one in overloads if all(map(Type.can_be, kinds, one.operands))]
        if not fitting:
            operands = " and ".join(
                f"{spelled(node)} ({kind})" for node, kind in zip(call.arguments, kinds, strict=True)
            )
            self.faults.append(
                f"`{symbol(call.function)}` cannot take {operands}{as_numbers(call, kinds)}{as_member(call, kinds)}"
            )
        elif call.function in STRICT:
            self._strictly(call, kinds, overloads)
        names = frozenset(one.result for one in fitting or overloads)
        items = reduce(either, (kind.items or ANYTHING for kind in kinds)) if "list" in names else None
        return Type(names=names, items=items)

    def _strictly(self, call: Call, kinds: list[Type], overloads: list[Overload]) -> None:
        """What an operand may be as well, where nothing in the expression asks which it is."""
        for place, (node, kind) in enumerate(zip(call.arguments, kinds, strict=True)):
            path = path_of(node)
            if path is None or path in self._asked:
                continue
            others = [other for at, other in enumerate(kinds) if at != place]
            for name in sorted(kind.names):
                if not any(takes(one, place, name, others) for one in overloads):
                    kind_named, said = named(name), spelled(node)
                    ask = f"{said} != null" if name == "null" else f"type({said}) == ..."
                    fault = f"`{symbol(call.function)}` cannot take {said} where it is {kind_named}; ask `{ask}` before"
                    self.faults.append(fault)

    def _map(self, node: MapOf, scope: Scope) -> Type:
        keys = [key.value if isinstance(key, Constant) else None for key in node.keys]
        kinds = [self.type_of(value, scope) for value in node.values]
        for key in node.keys:
            self.type_of(key, scope)
        fields = {key: kind for key, kind in zip(keys, kinds, strict=True) if isinstance(key, str)}
        return mapped(fields) if len(fields) == len(keys) else named("map")

    def _comprehension(self, loop: Comprehension, scope: Scope) -> Type:
        over = self.type_of(loop.over, scope)
        if not over.can_be("list", "map"):
            self.faults.append(f"only a list or an object has elements; {spelled(loop.over)} is {over}")
        is_list, is_map = over.names == {"list"}, over.names == {"map"}
        items = over.items if is_list else _keys(loop.over, over) if is_map else None
        element = items if items and items != NOTHING and len(loop.variables) == 1 else ANYTHING
        inside = {**scope, **dict.fromkeys(loop.variables, element)}
        start = self.type_of(loop.start, scope)
        step = self.type_of(loop.step, {**inside, loop.accumulator: start})
        return self.type_of(loop.result, {**inside, loop.accumulator: step})

    def _fault(self, text: str, kind: Type) -> Type:
        self.faults.append(text)
        return kind


_RULES: dict[str, Callable[[_Checker, Call, Scope], Type]] = {
    "_[_]": _Checker._element,
    "_==_": _Checker._equality,
    "_!=_": _Checker._equality,
    "@in": _Checker._membership,
    "_?_:_": _Checker._ternary,
    COUNT: _Checker._count,
    **dict.fromkeys(("_&&_", "_||_", "!_", "@not_strictly_false"), _Checker._logic),
}


def _why_never(left: Node, one: Type, right: Node, other: Type) -> str:
    for node, against in ((left, right), (right, left)):
        if against == Constant(None):
            return f"it is never null; has({spelled(node)}) says whether it is there"
    return f"{spelled(left)} is {one} and {spelled(right)} is {other}"


def _keys(node: Node, container: Type) -> Type:
    """What the keys of a map are: texts, but of a map that the expression writes."""
    if isinstance(node, MapOf):
        return reduce(
            either, (constant_type(key.value) if isinstance(key, Constant) else ANYTHING for key in node.keys)
        )
    return STRING if container.fields is not None or container.others is not None else ANYTHING


def _can_be_equal(one: Type, other: Type) -> bool:
    return not one.names or not other.names or not _classes(one).isdisjoint(_classes(other))


def _classes(kind: Type) -> set[str]:
    return {"number" if name in NUMBERS else name for name in kind.names}
