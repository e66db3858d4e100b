"""A command that cannot go on: one sentence for the terminal, and the exit code."""

from collections.abc import Iterable

from app.domain.values.near_names import nearest

FOUND_SOMETHING = 1
USED_WRONGLY = 2


class CommandFailed(Exception):
    """`str()` is one sentence that says what is wrong and what to do."""

    def __init__(self, message: str, code: int = FOUND_SOMETHING) -> None:
        super().__init__(message)
        self.code = code


def no_such_case_type(name: str, known: Iterable[str]) -> CommandFailed:
    there_are = ", ".join(known) or "none"
    close = nearest(name, known)
    meant = f"did you mean {close}? There are: {there_are}" if close else f"there are: {there_are}"
    return CommandFailed(f"{name} is not a case type; {meant}", USED_WRONGLY)
