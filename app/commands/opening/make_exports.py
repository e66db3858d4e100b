"""What the process does that makes exports: all that wait, and then it ends. It loads little, for somebody waits."""

import asyncio
import os
from functools import partial
from typing import Final

from app.db import open_store
from app.exports.registry import WRITES
from app.exports.sidecar import sidecar
from app.logs import configure_logs
from app.policy.engine import PolicyEngine
from app.services.log.export_jobs import ExportLimits
from app.services.log.export_making import ExportMaking
from app.settings import Settings, load_settings
from app.signers.naming import signer_of

NICE: Final = 10


def main() -> int:
    """In a process that is there for nothing else."""
    os.nice(NICE)
    settings = load_settings()
    configure_logs(settings)
    asyncio.run(_make(settings))
    return 0


async def _make(settings: Settings) -> None:
    store = open_store(settings.database_url.get_secret_value(), 2)
    try:
        signing = signer_of(settings.signing_key, settings.signing_command)
        keys = [str(key) for key in signing.verifiers] if signing else []
        beside = partial(sidecar, signing=signing)
        await ExportMaking(store, WRITES, PolicyEngine, keys, settings.part(ExportLimits), beside).make_all()
    finally:
        await store.close()
