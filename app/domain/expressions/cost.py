"""Estimate how much work an expression is before it runs, from its tree and from how much it would look at.

A step takes some 100 nanoseconds; what they are for was measured. CEL itself bounds how often loops go round, and
neither what they build nor what they compare.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Final

from app.domain.expressions.bulk import CHARACTERS, SCALAR, Bulk, Sizes, joined, larger, listed, repeated, seen, text
from app.domain.expressions.patterns import weight
from app.domain.expressions.syntax_tree import Call, Comprehension, Constant, ListOf, MapOf, Name, Node, Select, path_of

MOST_STEPS = 200_000
"""Some 20 ms, for which everybody else waits."""
MOST_ROUNDS = 10_000
"""Of all loops of an expression together: CEL ends it there."""
USUAL: Final = Sizes(longest=32, text=1000, values=256, characters=4000)
"""What any expression must be able to look at."""
LARGE: Final = Sizes(longest=5_000, text=2**18, values=20_000, characters=2**18)
"""More than a case holds."""

Scope = Mapping[str, Bulk]

_SCALAR = {"bool", "int", "uint", "double", "timestamp", "duration", "null"}


class UnboundedPattern(ValueError):
    """`matches` with a pattern that somebody could send."""


def steps(tree: Node, find: Callable[[tuple[str, ...]], Bulk]) -> float:
    """How many steps an expression takes at most; `find` says how large the value at a path is.

    Raises UnboundedPattern.
    """
    meter = _Meter(find)
    result = meter.measure(tree, {}, 1)
    return meter.spent + 4 * result.deep  # what it comes to is converted


def steps_over(tree: Node, sizes: Sizes) -> float:
    """How many steps an expression takes at most where each value that it reads is so large."""
    anything = seen(sizes)
    return steps(tree, lambda _: anything)


class _Meter:
    def __init__(self, find: Callable[[tuple[str, ...]], Bulk]) -> None:
        self._find = find
        self._once = self._looped = 0.0
        self._round: float | None = None
        self._longest_round = 0.0

    @property
    def spent(self) -> float:
        """All rounds together are bounded, however deep the loops nest."""
        return self._once + min(self._looped, MOST_ROUNDS * self._longest_round)

    def measure(self, node: Node, scope: Scope, times: float) -> Bulk:
        """What a part gives that runs so many times."""
        self._spend(times, 1.5)
        path = path_of(node)
        if path is not None and path[0] not in scope:
            return SCALAR if isinstance(node, Select) and node.test else self._find(path)
        match node:
            case Constant(value):
                return text(len(value)) if isinstance(value, str | bytes) else SCALAR
            case Name(name):
                return scope[name]
            case Select(operand, _, test):
                inner = self.measure(operand, scope, times).inner
                return SCALAR if test else inner
            case Call():
                return self._call(node, [self.measure(part, scope, times) for part in node.arguments], times)
            case ListOf(elements):
                return listed(*(self.measure(element, scope, times) for element in elements))
            case MapOf(keys, values):
                return listed(*(self.measure(part, scope, times) for part in (*keys, *values)))
            case Comprehension():
                return self._loop(node, scope, times)

    def _call(self, call: Call, operands: list[Bulk], times: float) -> Bulk:
        if call.function == "matches":
            self._spend(times, _matching(call, operands[0]))
        elif call.function in _WORK:
            self._spend(times, _WORK[call.function](operands))
        if call.result in _SCALAR:
            return SCALAR
        return _RESULT.get(call.function, _largest)(operands)

    def _loop(self, loop: Comprehension, scope: Scope, times: float) -> Bulk:
        over = self.measure(loop.over, scope, times)
        rounds = min(times * over.count, MOST_ROUNDS)
        start = self.measure(loop.start, scope, times)
        inside = {**scope, **dict.fromkeys(loop.variables, over.inner), loop.accumulator: start}
        outer, self._round = self._round, 0.0
        self.measure(loop.condition, inside, rounds)
        step = self.measure(loop.step, inside, rounds)
        if isinstance(loop.start, ListOf):
            self._spend(rounds, 0.8 * over.count)  # the list is copied for each element that it gets
            step = repeated(step.inner, min(over.count, MOST_ROUNDS))
        self._longest_round, self._round = max(self._longest_round, self._round), outer
        return self.measure(loop.result, {**inside, loop.accumulator: step}, times)

    def _spend(self, times: float, steps: float) -> None:
        if self._round is None:
            self._once += times * steps
        else:
            self._looped += times * steps
            self._round += steps


def _matching(call: Call, subject: Bulk) -> float:
    pattern = call.arguments[1]
    if not isinstance(pattern, Constant) or not isinstance(pattern.value, str):
        raise UnboundedPattern
    signs = weight(pattern.value)
    return 100 + 40 * signs + 0.08 * signs**2 + subject.characters / 14


def _joining(operands: list[Bulk]) -> float:
    both = joined(*operands)
    return both.count + both.characters / CHARACTERS


def _chosen(operands: list[Bulk]) -> Bulk:
    return larger(*operands[1:])


def _largest(operands: list[Bulk]) -> Bulk:
    return reduce(larger, operands, SCALAR)


def _comparing(operands: list[Bulk]) -> float:
    return min(operand.deep for operand in operands)


def _finding(operands: list[Bulk]) -> float:
    whole, part = operands
    return (whole.characters + whole.characters * part.characters / 50) / CHARACTERS


def _reading(operands: list[Bulk]) -> float:
    return sum(operand.characters for operand in operands) / CHARACTERS


_WORK: dict[str, Callable[[list[Bulk]], float]] = {
    "_+_": _joining,
    **dict.fromkeys(("_==_", "_!=_"), _comparing),
    "@in": lambda operands: operands[1].deep,
    "contains": _finding,
    **dict.fromkeys(("size", "string", "bytes", "int", "double", "timestamp", "duration"), _reading),
}
_RESULT: dict[str, Callable[[list[Bulk]], Bulk]] = {
    "_+_": lambda operands: joined(*operands),
    "_?_:_": _chosen,
    "_[_]": lambda operands: operands[0].inner,
    "string": lambda operands: text(max(operands[0].characters, 32)),
}
