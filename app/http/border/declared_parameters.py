"""Refuse query parameters that a call does not declare: a misspelt filter would answer with everything."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from app.domain.values.errors import FieldError, Invalid
from app.domain.values.near_names import choose
from app.http.border.canonical import check_canonical

MOST_TOLD = 20
LONGEST_NAME = 100

Declared = Mapping[HTTPRouteHandler, Mapping[str, bool]]
"""The parameters of each call by the names that callers know, and whether one may come more than once."""


def declared_parameters(app: Litestar) -> Declared:
    """Of every route, as Litestar reads them: a new one is among them by itself."""
    models = (
        model for route in app.routes if isinstance(route, HTTPRoute) for model in route.route_handler_map.values()
    )
    return {
        handler: {of.field_alias: of.is_sequence for of in model.expected_query_params} for handler, model in models
    }


async def only_declared(request: Request[Any, Any, Any]) -> None:
    """Raises Invalid, and what `check_canonical` raises. Comes behind the guards: who is not signed in learns nothing
    of what there is."""
    check_canonical(request.scope)
    if not request.scope["query_string"]:
        return
    parameters: Declared = request.app.state.parameters
    given = sorted(request.query_params.multi_items())  # Litestar gives them in no order
    if faults := tuple(islice(_faults(given, request.route_handler, parameters), MOST_TOLD)):
        raise Invalid("Some parameters are not valid.", errors=faults)


def _faults(given: list[tuple[str, str]], handler: Any, parameters: Declared) -> Iterator[FieldError]:
    declared, typed = parameters[handler], _typed(handler)
    for name, times in Counter(name for name, _ in given).items():
        if name not in declared:
            remedy = choose(name, sorted(declared), "parameters")
            yield FieldError(name[:LONGEST_NAME], f"is not a parameter of this call; {remedy}")
        elif times > 1 and not declared[name]:
            yield FieldError(name, f"was given {times} times; give it once")
    for name, value in given:
        if value == "null" and name in typed:
            yield FieldError(name, "must be left out, or have a value")


def _typed(handler: Any) -> set[str]:
    """The parameters that are not text: Litestar reads the word `null` there as if they were left out."""
    signature = handler.parsed_fn_signature.parameters
    return {
        getattr(of.kwarg_definition, "name", None) or name
        for name, of in signature.items()
        if not (of.is_subclass_of(str) or of.has_inner_subclass_of(str))
    }
