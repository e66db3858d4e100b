"""Lines of the log, as text or JSON, by structlog."""

import logging
import sys
from collections.abc import Iterator
from traceback import format_tb

import structlog


def handler(*, as_json: bool) -> logging.Handler:
    """One line an event on stderr; loggers of structlog and of the standard library are shown the same way."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(allow={"request_id"}),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendered: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, with_places, rendered],
        )
    )
    return handler


def with_places(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """An exception becomes the places that it went through and the names of its types. What it says is left out, as
    are local variables: both quote what people wrote."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = "\n".join(_places(one) for one in reversed(list(_chain(error))))
    return event


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, what it came from, and so on."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            for one in error.exceptions:
                yield from _chain(one)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _places(error: BaseException) -> str:
    state = getattr(error, "sqlstate", None)  # of PostgreSQL: what kind of fault, and nothing of the rows
    of = f" (SQLSTATE {state})" if isinstance(state, str) else ""
    return f"{''.join(format_tb(error.__traceback__))}{type(error).__module__}.{type(error).__qualname__}{of}"
