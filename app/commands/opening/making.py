"""Have exports made by a process of its own, so that nobody waits for the loop meanwhile; and what that one does."""

import asyncio
import os
from collections.abc import Sequence
from typing import Final

from app.commands.export_arguments import EXPORTED_AS
from app.commands.opening.beside import BesideProcess
from app.commands.opening.services import signing_of
from app.db import open_store
from app.logs import configure_logs
from app.policy.engine import PolicyEngine
from app.services.log.export_jobs import ExportLimits
from app.services.log.export_making import ExportMaking
from app.settings import Settings, load_settings

WANT_MORE: Final = frozenset({"access", "html", "pdf"})
"""Formats that want to be told more than a filter: a day, or one case and a language. Only the command takes that."""
NICE: Final = 10


class MakerProcess(BesideProcess):
    """It makes all exports that wait, and ends."""

    formats: Sequence[str] = tuple(name for name in EXPORTED_AS if name not in WANT_MORE)
    patience = 5.0

    def __init__(self) -> None:
        super().__init__(__name__, "makes exports")


def main() -> int:
    """Make what waits, in a process that is there for nothing else."""
    os.nice(NICE)
    settings = load_settings()
    configure_logs(settings)
    asyncio.run(_make(settings))
    return 0


async def _make(settings: Settings) -> None:
    from app.exports.registry import WRITES  # whoever serves needs none of what formats load

    store = open_store(settings.database_url.get_secret_value(), 2)
    signing = signing_of(settings)
    keys = [str(key) for key in signing.verifiers] if signing else []
    try:
        await ExportMaking(store, WRITES, PolicyEngine, keys, settings.part(ExportLimits)).make_all()
    finally:
        await store.close()
