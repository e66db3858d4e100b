"""The bytes of attachments, for exports that enclose them: where they come from is not known here."""

from collections.abc import AsyncIterator
from typing import Protocol


class FileLost(Exception):
    """They are not there, or are not given out; the message says why."""


class NoFiles(Exception):
    """None can be read from here; the message says what to set."""


class Files(Protocol):
    def pieces(self, tenant: str, sha256: str) -> AsyncIterator[bytes]:
        """Raises FileLost and NoFiles."""
        ...
