"""The parameters that a list of cases is filtered and sorted by, made of the filters and sorts that there are."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_type_hints

from litestar.params import QueryParameter

from app.domain.values.errors import invalid
from app.domain.values.rfc3339 import near, parse_rfc3339
from app.http.border.parameters import PLAIN
from app.services.store.case_query import FILTERS, ORDERS, Filters

HINTS = get_type_hints(Filters, include_extras=True)
MOMENTS = frozenset(name for name in FILTERS if datetime in get_args(get_args(HINTS[name])[0]))
if TYPE_CHECKING:
    Order = str
else:
    Order = Annotated[
        Literal[ORDERS],
        QueryParameter(
            description="What to sort by; - first for descending. By due_at, cases without one come last either way. "
            "queue: by due_at, then the most urgent, then the oldest"
        ),
    ]


def filtered(find: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """`find` with a parameter for each filter where it has `filters`: their values by name."""
    own = signature(find)

    @wraps(find)
    async def found(**given: Any) -> Any:
        filters = {name: _meant(name, given.pop(_argument(name))) for name in FILTERS}
        return await find(filters=filters, **given)

    made = [_parameter(name) for name in FILTERS]
    parameters = [one for of in own.parameters.values() for one in (made if of.name == "filters" else [of])]
    found.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    found.__annotations__ = {**{one.name: one.annotation for one in parameters}, "return": own.return_annotation}
    return found


def _argument(name: str) -> str:
    """Another one than callers know it by: Litestar has a use of its own for `state`."""
    return f"{name}_filter"


def _parameter(name: str) -> Parameter:
    of, described = get_args(HINTS[name])
    limits: Any = {"max_length": described.longest, "pattern": PLAIN} if str in get_args(of) else {}
    if name in MOMENTS:
        of, limits = str | None, {"max_length": 40, "schema_extra": {"format": "date-time"}}
    known = QueryParameter(name=name, description=described.text, **limits)
    return Parameter(_argument(name), Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=Annotated[of, known])


def _meant(name: str, given: Any) -> Any:
    """Raises Invalid for what is no moment: Litestar takes more for one than RFC 3339 does."""
    if given is None or name not in MOMENTS:
        return given
    try:
        return near(parse_rfc3339(given))
    except ValueError as fault:
        raise invalid(name, str(fault)) from fault
