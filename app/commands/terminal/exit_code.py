"""What a command says of an error, and its exit code."""

import os
import sys

from app.commands.terminal.failing import FOUND_SOMETHING, USED_WRONGLY, CommandFailed
from app.services.clocks.calendars import CalendarOfThePast
from app.services.store.failures import StoreUnavailable
from app.settings import SettingsError


def exit_code_of(error: Exception) -> int:
    """One sentence on stderr for what can go wrong; what should not is raised again."""
    if isinstance(error, BrokenPipeError):
        # Whoever read us has enough; what is still in the buffer would fail once more at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FOUND_SOMETHING
    print(f"stateward: {_sentence(error)}", file=sys.stderr)
    if isinstance(error, SettingsError):
        return USED_WRONGLY
    return error.code if isinstance(error, CommandFailed) else FOUND_SOMETHING


def _sentence(error: Exception) -> str:
    if isinstance(error, StoreUnavailable):
        return f"the database cannot be used ({error}); is STATEWARD_DATABASE_URL right?"
    if isinstance(error, SettingsError | CommandFailed | CalendarOfThePast):
        return str(error)
    raise error
