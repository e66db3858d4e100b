"""Have exports made by a process of its own, so that nobody waits for the loop meanwhile."""

from collections.abc import Sequence
from typing import Final

from app.commands.export_arguments import EXPORTED_AS
from app.commands.opening.beside import BesideProcess

WANT_MORE: Final = frozenset({"access", "html", "pdf", "parquet"})
"""Formats that want more than a filter: a day, one case and a language, or an extra. Only the command takes that."""


class MakerProcess(BesideProcess):
    """It makes all exports that wait, and ends."""

    formats: Sequence[str] = tuple(name for name in EXPORTED_AS if name not in WANT_MORE)
    patience = 5.0

    def __init__(self) -> None:
        super().__init__("app.commands.opening.make_exports", "makes exports")
