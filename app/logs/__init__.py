"""Logs of the process, for the operator: structured, without bodies, tokens or personal data."""

import logging

from app.settings import Settings

OURS = "stateward"
"""Our own loggers speak from the level of the settings on; libraries only when something is wrong, because what they
tell of their work holds statements, rows and addresses."""


def configure_logs(settings: Settings) -> None:
    """One line an event on stderr, as text or JSON."""
    from app.logs import lines  # a fifth of a second, which most commands have no use for

    _tell(settings, lines.handler(as_json=settings.log_format == "json"))


def configure_logs_when_needed(settings: Settings) -> None:
    """The same, from the first line on."""
    _tell(settings, _FirstLine(settings))


def _tell(settings: Settings, handler: logging.Handler) -> None:
    root = logging.getLogger()
    root.handlers = [handler]
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger(OURS).setLevel(level)


class _FirstLine(logging.Handler):
    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def emit(self, record: logging.LogRecord) -> None:
        """Its place is taken by the handler of all lines; whoever else listens goes on listening."""
        from app.logs import lines

        root, handler = logging.getLogger(), lines.handler(as_json=self._settings.log_format == "json")
        root.handlers = [handler if one is self else one for one in root.handlers]
        handler.handle(record)
