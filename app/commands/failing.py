"""A command that cannot go on: one sentence for the terminal, and the exit code."""

FOUND_SOMETHING = 1
USED_WRONGLY = 2


class CommandFailed(Exception):
    """`str()` is one sentence that says what is wrong and what to do."""

    def __init__(self, message: str, code: int = FOUND_SOMETHING) -> None:
        super().__init__(message)
        self.code = code
