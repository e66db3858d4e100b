"""kill -9 of the process that sequences and signs, at any moment: nothing is left out, and no signature contradicts."""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from app.db import open_store
from app.domain.log.notes import Checkpoint, SigningKey, opened
from app.domain.log.tree import Frontier
from app.domain.values.names import SERVICE_TENANT
from app.services.store.ports import Store
from tests.databases import Database
from tests.factories import TENANT
from tests.house import rows
from tests.running import ROOT, environment
from tests.sequenced import check_the_order, waiting
from tests.signing import free, recorded, signer

TENANTS = (TENANT, "globex")
LOGS = (*TENANTS, SERVICE_TENANT)
"""That of the service too, where one has made the tables."""
LONGEST = 0.25
"""Seconds that a signer lives once it works."""
WORKS = b"works\n"


@dataclass
class Signed:
    """What is left after so many kills."""

    kills: int
    leaves: int = 0
    checkpoints: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = f"{self.kills} signers killed, {self.leaves} leaves, {self.checkpoints} checkpoints published"
        return f"{told}; {len(self.faults)} faults"


async def attacked(folder: Path, database: Database, times: int, seed: int = 0) -> Signed:
    store, draw, key = open_store(database.url), random.Random(seed), SigningKey.new("attacked")
    for _ in range(times):
        signing = await _started(folder, database, key)
        writing = asyncio.create_task(_write(store, draw.randrange(20, 400)))
        await asyncio.sleep(draw.uniform(0, LONGEST))
        os.kill(signing.pid, signal.SIGKILL)
        await signing.wait()
        await writing
        await free(store)
    await store.sequence(10_000)
    last = await signer(store, folder / "published", key).look()
    found = await _looked_at(folder, database, key, times)
    if last is None or last.refused:
        found.faults.append(f"the last round came to {last}")
    await store.close()
    return found


async def _started(folder: Path, database: Database, key: SigningKey) -> "asyncio.subprocess.Process":
    words = ("-m", "tests.attack.signer_killed", database.url, str(folder / "published"), key.written())
    given = {**environment(), "PYTHONPATH": str(ROOT)}
    started = await asyncio.create_subprocess_exec(sys.executable, *words, env=given, stdout=asyncio.subprocess.PIPE)
    assert started.stdout is not None
    assert await started.stdout.readline() == WORKS
    return started


async def _write(store: Store, count: int) -> None:
    for tenant in TENANTS:
        for _ in range(4):
            await recorded(store, count // 4, tenant)


async def _looked_at(folder: Path, database: Database, key: SigningKey, times: int) -> Signed:
    """Whatever was published holds of the log as it is now, and all of it has its place."""
    found = Signed(times, leaves=await check_the_order(database))
    if left := await waiting(database):
        found.faults.append(f"{left} entries have no place")
    roots = {tenant: await _roots(database, tenant) for tenant in LOGS}
    seen = dict.fromkeys(LOGS, 0)
    for line in "".join(file.read_text() for file in sorted((folder / "published").glob("*.jsonl"))).splitlines():
        try:
            note = json.loads(line)["note"]
        except ValueError:
            continue  # a line that a kill left unfinished
        checkpoint = Checkpoint.parse(opened(note, [key.verifier]).text)
        tenant = checkpoint.origin.partition("/")[2]
        found.checkpoints += 1
        if roots[tenant].get(checkpoint.size) != checkpoint.root:
            found.faults.append(f"{checkpoint.size} entries of {tenant} have another root than the one that was signed")
        if checkpoint.size < seen[tenant]:
            found.faults.append(f"{checkpoint.size} entries of {tenant} were published after {seen[tenant]}")
        seen[tenant] = checkpoint.size
    found.faults += [
        f"{tenant} is signed up to {seen[tenant]}" for tenant in LOGS if seen[tenant] != len(roots[tenant])
    ]
    return found


async def _roots(database: Database, tenant: str) -> dict[int, bytes]:
    frontier, found = Frontier(), {}
    leaves = await rows(
        database,
        f"""SELECT e.entry_hash FROM audit_leaf l JOIN audit_entry e ON e.tenant = l.tenant AND e.entry_id = l.entry_id
        WHERE l.tenant = '{tenant}' ORDER BY l.leaf_index""",
    )
    for leaf in leaves:
        frontier.append(bytes.fromhex(leaf["entry_hash"]))
        found[frontier.size] = frontier.root()
    return found


async def _sign(url: str, folder: Path, key: SigningKey) -> None:
    """As the ticks do, without a pause."""
    store = open_store(url)
    signing = signer(store, folder, key)
    sys.stdout.buffer.write(WORKS)
    sys.stdout.flush()
    while True:
        await store.sequence(50)
        await signing.look()


if __name__ == "__main__":
    given = argparse.ArgumentParser()
    for name in ("url", "folder", "key"):
        given.add_argument(name)
    told = given.parse_args()
    asyncio.run(_sign(told.url, Path(told.folder), SigningKey.parse(told.key)))
