"""What each of many expressions sees of much data: what it reads. A copy of all of it costs more than they do."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any

from app.domain.expressions.types import Type
from app.domain.expressions.view import Variables, View


class NarrowView(View):
    """Expressions that read the same of the data share one conversion."""

    def __init__(
        self,
        variables: Variables,
        kinds: Mapping[str, Type] = MappingProxyType({}),
        after: Callable[[], Variables] | None = None,
    ) -> None:
        super().__init__(variables, kinds, after)
        self._parts: dict[frozenset[tuple[str, ...]], View] = {}

    def seen_by(self, of_data: frozenset[tuple[str, ...]]) -> View:
        if of_data not in self._parts:
            data = _part(self.variables.get("data") or {}, of_data)
            self._parts[of_data] = View({**self.variables, "data": data}, self._kinds)
        return self._parts[of_data]


def _part(value: Any, paths: Collection[tuple[str, ...]]) -> Any:
    """A value with what lies on these paths; what is no object stays whole."""
    if () in paths or not isinstance(value, Mapping):
        return value
    below: dict[str, list[tuple[str, ...]]] = {}
    for name, *rest in paths:
        below.setdefault(name, []).append(tuple(rest))
    return {name: _part(value[name], rests) for name, rests in below.items() if name in value}
