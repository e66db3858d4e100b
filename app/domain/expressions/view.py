"""What an expression sees of an attempt: data, payload, actor, case and now; a guard sees the data after it as well."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeAlias

from cel_expr_python import cel

from app.domain.expressions.bulk import Bulk, Sizes, bulk_of, sizes_of
from app.domain.expressions.types import Type
from app.domain.values.json import Json
from app.domain.values.rfc3339 import rfc3339
from app.domain.values.writable import whole

Variables: TypeAlias = Mapping[str, Any]
"""JSON, and moments in between as they are."""
MAX_DEPTH = 64  # CEL overflows the stack far beyond it

_DYNAMIC = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
_MAPS = ("data", "payload", "actor", "case")
_AFTER = "after"
"""Of few expressions: who does not read it pays nothing for it."""
COUNT = "count"
# a map of dynamic values cannot hold a timestamp, so these are variables of their own with a dot in the name
_TIMES = ("case.opened_at", "case.changed_at")
_PLAIN = {str, bool, type(None)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _count(files: Any, category: str) -> int:
    """`case.files.count("passport")`: how many files of this category the case has."""
    found = files.get(category, 0) if isinstance(files, Mapping) else 0
    return found if type(found) is int else 0


ENVIRONMENT = cel.NewEnv(
    functions=[
        cel.FunctionDecl(
            COUNT,
            [
                cel.Overload(
                    "files_of_a_category",
                    return_type=cel.Type.INT,
                    parameters=[_DYNAMIC, cel.Type.STRING],
                    is_member=True,
                    impl=_count,
                )
            ],
        )
    ],
    variables={
        **dict.fromkeys((*_MAPS, _AFTER), _DYNAMIC),
        **dict.fromkeys(_TIMES, cel.Type.TIMESTAMP),
        "now": cel.Type.TIMESTAMP,
    },
)


class EvaluationFault(ValueError):
    """An expression without a value that can be kept; str() says why, without values."""


class View:
    """The variables of an attempt. All expressions of the attempt share one conversion to CEL values."""

    def __init__(
        self,
        variables: Variables,
        kinds: Mapping[str, Type] = MappingProxyType({}),
        after: Callable[[], Variables] | None = None,
    ) -> None:
        """`variables`: data, payload, actor, case (mappings) and now (aware); what is left out is empty.

        `kinds` are the types of data and payload: what may be a fraction is a double to CEL, which adds no integer
        to it; any other whole number is an integer, however it was written. `after` makes what stands under that name,
        and is asked where an expression reads it; it may raise EvaluationFault.
        """
        self.variables = variables
        self._kinds = kinds
        self._after = after
        self._seeing_after: View | None = None
        self._activation: Any = None
        self._bulks: dict[tuple[str, ...], Bulk] = {}

    @property
    def activation(self) -> Any:
        """The values as CEL takes them; ValueError where they nest too deeply."""
        if self._activation is None:
            self._activation = ENVIRONMENT.Activation(self._converted)
        return self._activation

    def seen_by(self, of_data: frozenset[tuple[str, ...]]) -> "View":
        """What an expression sees that reads these paths of the data; one conversion of all serves for all."""
        return self

    def seeing_after(self) -> "View":
        """The same with what will be."""
        if self._after is None:
            return self
        if self._seeing_after is None:
            self._seeing_after = type(self)({**self.variables, _AFTER: self._after()}, self._kinds)
        return self._seeing_after

    @cached_property
    def sizes(self) -> Sizes:
        """How much there is to look at."""
        return sizes_of(*(self._converted[name] for name in (*_MAPS, _AFTER) if name in self._converted))

    def bulk(self, path: tuple[str, ...]) -> Bulk:
        """How large the value at a path is."""
        if path not in self._bulks:
            found = _at(self._converted, path)
            self._bulks[path] = bulk_of(found)
        return self._bulks[path]

    def saw(self, paths: Iterable[str]) -> dict[str, Json]:
        """The values at these paths, as JSON, where there are any."""
        found = ((path, self.find(path)) for path in paths)
        return {path: _json(values[0]) for path, values in found if values}

    def find(self, path: str) -> tuple[Any, ...]:
        """The value at a dotted path in a tuple of one, or an empty tuple."""
        value: Any = self.variables
        for name in path.split("."):
            if not isinstance(value, Mapping) or name not in value:
                return ()
            value = value[name]
        return (value,)

    @cached_property
    def _converted(self) -> dict[str, Any]:
        names = (*_MAPS, _AFTER) if _AFTER in self.variables else _MAPS
        values: dict[str, Any] = {
            name: _seen(self.variables.get(name) or {}, self._kinds.get(name), 0) for name in names
        }
        for name in _TIMES:
            if values["case"].pop(name.partition(".")[2], None):
                values[name] = self.find(name)[0]
        values["now"] = self.variables.get("now") or _EPOCH
        return values


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return value


def _seen(value: Any, kind: Type | None, depth: int) -> Any:
    """A value as CEL takes it, its numbers as its type asks."""
    if type(value) in _PLAIN:
        return value
    if type(value) is int:
        return float(value) if kind is not None and "double" in kind.names else value
    if type(value) is float:
        return value if kind is not None and "double" in kind.names else whole(value)
    if depth > MAX_DEPTH:
        raise ValueError("nests too deeply")
    if type(value) is dict or isinstance(value, Mapping):
        field = kind.field if kind is not None else _nothing
        return {name: _seen(item, field(name), depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_seen(item, kind.items if kind is not None else None, depth + 1) for item in value]
    return _json(value, depth)


def _nothing(_: str) -> None:
    return None


def _json(value: Any, depth: int = 0) -> Any:
    if type(value) in _PLAIN or type(value) in (int, float):  # nearly every value, and the test for a Mapping is slow
        return value
    if depth > MAX_DEPTH:
        raise ValueError("nests too deeply")
    if type(value) is dict or isinstance(value, Mapping):
        return {name: _json(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item, depth + 1) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(value)
    return rfc3339(value) if isinstance(value, datetime) else value
