"""Compile and evaluate CEL expressions: guards, policy conditions and what `set` assigns.

A run-time error is never a yes: `holds` is true only for the value true.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from operator import gt
from typing import Any, Literal

from cel_expr_python import cel

from app.domain.expressions import faults
from app.domain.expressions.check import check
from app.domain.expressions.cost import LARGE, MOST_STEPS, USUAL, UnboundedPattern, steps, steps_over
from app.domain.expressions.decoding import Unsupported, decode
from app.domain.expressions.syntax_tree import Node, paths_read
from app.domain.expressions.variables import Types
from app.domain.expressions.view import ENVIRONMENT, EvaluationFault, View
from app.domain.values.json import Json
from app.domain.values.rfc3339 import rfc3339
from app.domain.values.writable import exact, whole

__all__ = [
    "EvaluationFault",
    "Expression",
    "GuardFault",
    "Truth",
    "Types",
    "View",
    "check_expression",
    "compile_expression",
    "most_steps",
]

MAX_LENGTH = 2000
TOO_MANY = "it looks at too many values"

_CONTROL = re.compile(r"[^\t\n\r -\x7e\x80-\ud7ff\ue000-\U0010ffff]")


class GuardFault(ValueError):
    """An expression that does not compile; str() is one line with the column."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Whether a guard holds; `error` says what went wrong where it could not be evaluated."""

    value: bool
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Expression:
    """A compiled expression. `reads` are the dotted paths it looks at, `data` where a whole map is used.

    `most_steps` is how much work it is where a case holds as much as it may (cost.py); `of_data` are the paths
    below `data`, and `of_after` says whether it looks at what will be.
    """

    text: str
    reads: frozenset[str]
    tree: Node = field(repr=False, compare=False)
    program: Any = field(repr=False, compare=False)
    most_steps: float = field(default=0, compare=False)
    of_data: frozenset[tuple[str, ...]] = field(default=frozenset({()}), compare=False)
    of_after: bool = field(default=False, compare=False)

    def holds(self, view: View) -> Truth:
        try:
            result = self._evaluate(view)
        except EvaluationFault as fault:
            return Truth(False, str(fault))
        if result.type() == cel.Type.BOOL:
            return Truth(bool(result.value()))
        return Truth(False, "it is neither true nor false")

    def is_true(self, view: View) -> bool:
        """The value of `holds` alone: an event may ask dozens of guards before one holds."""
        try:
            view = self._seen(view)
            if self.most_steps > MOST_STEPS and self._is_too_much(view):
                return False
            return self.program.eval(view.activation).value() is True  # an error is truthy, but it is not true
        except Exception:  # as in _evaluate
            return False

    def value(self, view: View) -> Json:
        """The value as JSON: a timestamp as RFC 3339, a duration as `3.5s`; raises EvaluationFault."""
        return _json(self._evaluate(view).plain_value())

    def saw(self, view: View) -> dict[str, Json]:
        """The values that it reads, by their paths, as far as there are any."""
        with suppress(EvaluationFault):  # what will be cannot be computed
            view = self._seen(view)
        return view.saw(self.reads)

    def _is_too_much(self, view: View) -> bool:
        return any(map(gt, view.sizes, USUAL)) and steps(self.tree, view.bulk) > MOST_STEPS

    def _seen(self, view: View) -> View:
        return (view.seeing_after() if self.of_after else view).seen_by(self.of_data)

    def _evaluate(self, view: View) -> Any:
        try:
            seen = self._seen(view)
            if self.most_steps > MOST_STEPS and self._is_too_much(seen):
                raise EvaluationFault(TOO_MANY)
            result = self.program.eval(seen.activation)
        except EvaluationFault:
            raise
        except Exception as error:  # the library raises bare RuntimeErrors, and a guard must fail closed on any
            raise EvaluationFault(self._reason(str(error), view)) from None
        if result.type() in (cel.Type.ERROR, cel.Type.UNKNOWN):
            raise EvaluationFault(self._reason(str(result.value()), seen))
        return result

    def _reason(self, message: str, view: View) -> str:
        key = faults.missing_key(message)
        if key is None:
            return faults.runtime_fault(message)
        return next(_missing(key, sorted(self.reads), view), "a field is missing")


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Expression:
    """The compiled expression; raises GuardFault."""
    if len(text) > MAX_LENGTH:
        raise GuardFault(f"an expression has at most {MAX_LENGTH} characters")
    if _CONTROL.search(text):
        raise GuardFault("an expression holds a character that cannot be printed")
    try:
        program = ENVIRONMENT.compile(text)
        tree = decode(program.serialize())
        _bounded(tree)
    except Unsupported as fault:
        raise GuardFault(f"the expression {fault}") from None
    except RuntimeError as error:
        raise GuardFault(faults.compile_fault(str(error), text)) from None
    paths = frozenset(paths_read(tree))
    of_data = frozenset(path[1:] for path in paths if path[0] == "data")
    return Expression(
        text=text,
        reads=frozenset(map(".".join, paths)),
        tree=tree,
        program=program,
        most_steps=steps_over(tree, LARGE),
        of_data=of_data,
        of_after=any(path[0] == "after" for path in paths),
    )


def _bounded(tree: Node) -> None:
    """Refuse what is too much work even where there is little to look at."""
    try:
        if steps_over(tree, USUAL) > MOST_STEPS:
            raise GuardFault("it is too much work; let loops go over less, and put less together inside them")
    except UnboundedPattern:
        raise GuardFault("`matches` takes a pattern in quotes, and none that is put together or sent") from None


def most_steps(text: str) -> float:
    """How much work an expression may be; none where it does not compile."""
    try:
        return min(compile_expression(text).most_steps, MOST_STEPS) if text else 0
    except GuardFault:
        return 0


def check_expression(expression: Expression, types: Types, *, wants: Literal["bool", "any"]) -> list[str]:
    """What cannot be right about an expression, given the schemas: unknown fields, operands that cannot meet."""
    return check(expression.tree, types, wants_bool=wants == "bool")


def _missing(key: str, reads: Iterable[str], view: View) -> Iterator[str]:
    for path in reads:
        names = path.split(".")
        for end in range(2, len(names) + 1):
            reached = end == 2 or view.find(".".join(names[: end - 1]))
            if names[end - 1] == key and reached and not view.find(".".join(names[:end])):
                yield f"{'.'.join(names[:end])} is missing"


def _json(value: Any) -> Json:
    match value:
        case None | bool() | str():
            return value
        case float() if exact(value):
            return whole(value)
        case int() if exact(value):
            return value
        case datetime():
            return rfc3339(value)
        case timedelta():
            return _seconds(value)
        case list():
            return [_json(item) for item in value]
        case dict() if all(isinstance(key, str) for key in value):
            return {key: _json(item) for key, item in value.items()}
        case int() | float():
            raise EvaluationFault("the number cannot be kept exactly")
    raise EvaluationFault("the value is not JSON")


def _seconds(duration: timedelta) -> str:
    microseconds = duration // timedelta(microseconds=1)
    whole, fraction = divmod(abs(microseconds), 1_000_000)
    decimals = f".{fraction:06}".rstrip("0") if fraction else ""
    return f"{'-' if microseconds < 0 else ''}{whole}{decimals}s"
