"""Which of several processes on one SQLite file runs the ticks: whoever holds a lock beside it, until it ends."""

import fcntl
import os
from pathlib import Path

from app.db.connections.engines import database_url, is_sqlite


class TickLock:
    """Asked before each tick. On PostgreSQL it is everybody's turn; on SQLite there is one writer at a time anyway.

    The lock has a file of its own: a process that closes the database's file loses all locks that SQLite has on it.
    """

    def __init__(self, url: str) -> None:
        parsed = database_url(url)
        name = parsed.database or ""
        on_file = is_sqlite(parsed) and name and not name.startswith((":", "file:"))
        self._file = Path(f"{name}-ticks") if on_file else None
        self._held: int | None = None

    def is_mine(self) -> bool:
        """Once it is, it stays so until `give_up`, or until the process ends in whatever way."""
        if self._file is None or self._held is not None:
            return True
        opened = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(opened)
            return False
        self._held = opened
        return True

    def give_up(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None
