"""The data of a case as an event leaves them."""

from app.domain.deciding.situation import Situation
from app.domain.expressions.expression import EvaluationFault, Expression
from app.domain.values.data_size import check_size
from app.domain.values.errors import Invalid, invalid
from app.domain.values.json import Data, Json
from app.domain.values.writable import settled_object


def assigned(here: Situation, assignments: tuple[tuple[str, Expression], ...]) -> Data:
    """The data after the event; every expression reads the data as it was before."""
    data = here.data if here.case else settled_object(here.data)
    for path, expression in assignments:
        try:
            data = _with(data, path.split(".")[1:], expression.value(here.view))
        except EvaluationFault as fault:
            raise invalid(path, f"`{expression.text}` cannot be computed: {fault}") from fault
    check_size(here.max_data_bytes, data, here.case.data if here.case else {})
    errors = here.machine.data.errors(data, "data")
    if errors:
        raise Invalid("the case data would not be valid", errors=errors)
    return data


def _with(data: Data, names: list[str], value: Json) -> Data:
    head, *rest = names
    if not rest:
        return {**data, head: value}
    inner = data.get(head)
    return {**data, head: _with(inner if isinstance(inner, dict) else {}, rest, value)}
