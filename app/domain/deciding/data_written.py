"""What `set` writes into data."""

from collections.abc import Iterable

from app.domain.expressions.expression import EvaluationFault, Expression, View
from app.domain.values.errors import invalid
from app.domain.values.json import Data, Json


def written(data: Data, assignments: Iterable[tuple[str, Expression]], view: View) -> Data:
    """The data with what is assigned; every expression reads the data that `view` shows. Raises Invalid."""
    for path, expression in assignments:
        try:
            data = _with(data, path.split(".")[1:], expression.value(view))
        except EvaluationFault as fault:
            raise invalid(path, f"`{expression.text}` cannot be computed: {fault}") from fault
    return data


def _with(data: Data, names: list[str], value: Json) -> Data:
    head, *rest = names
    if not rest:
        return {**data, head: value}
    inner = data.get(head)
    return {**data, head: _with(inner if isinstance(inner, dict) else {}, rest, value)}
