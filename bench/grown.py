"""Two databases of the same product, one with a thousand cases and one with a million, that several rows share."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from app.commands.opening.declared import Declared, read_folders
from app.db import open_store
from app.policy.engine import PolicyEngine
from app.services.assembly import Assembly
from app.services.store.stored import PolicyChange, PolicyLine
from bench.generate import generate
from bench.harness import Bench, say
from bench.pattern import CROWD, Crowd
from bench.servers import MACHINES, ROOT, TENANT, Database

FEW = 1_000
MANY = int(os.environ.get("BENCH_CASES", "1000000"))
SMALL_CROWD = Crowd(users=8, teams=8)
"""So that everybody has more than a page of cases in both: a page of 50 is not compared with one of 3."""
READS_WHAT_IS_ASSIGNED = PolicyLine(kind="p", role="[assignee]", tenant="*", obj="*", act="case:read", eft="allow")


def grown(bench: Bench) -> Mapping[str, Database]:
    """The databases `few` and `many`, made by the first row that asks."""
    if "grown" not in bench.kept:
        bench.kept["grown"] = {
            "few": _made(bench, "few", FEW, SMALL_CROWD),
            "many": _made(bench, "many", MANY, CROWD),
        }
    made: Mapping[str, Database] = bench.kept["grown"]  # type: ignore[assignment]
    return made


@asynccontextmanager
async def house(database: Database, shipped: bool = True) -> AsyncIterator[Assembly]:
    """The services of a process on a database: with the case types that are shipped, or those of the benchmark."""
    folders = (ROOT / "machines", ROOT / "policies") if shipped else (MACHINES, MACHINES.parent / "policies")
    found = read_folders(*folders)
    assert not found.errors, found.errors
    found = without_clocks(found) if shipped else found
    opened = Assembly(open_store(database.url), PolicyEngine(), desks=2)
    async with opened.running(found.case_types, found.calendars, found.policies):
        yield opened


def without_clocks(found: Declared) -> Declared:
    """Generated cases have none; what clocks cost is measured by rows of their own."""
    bare = {name: case_type.model_copy(update={"slas": {}}) for name, case_type in found.case_types.items()}
    return replace(found, case_types=bare)


def _made(bench: Bench, name: str, count: int, crowd: Crowd) -> Database:
    say(f"  generating {count:,} cases")
    database = bench.postgres.database(name)
    asyncio.run(_filled(database, count, crowd))
    bench.postgres.run("VACUUM ANALYZE", name)
    return database


async def _filled(database: Database, count: int, crowd: Crowd) -> None:
    async with house(database) as opened:
        async with opened.store.transaction(READS_WHAT_IS_ASSIGNED.tenant) as tx:
            await tx.change_policy(PolicyChange(add=[READS_WHAT_IS_ASSIGNED]))
        await generate(database.url, opened.definitions, opened.policies.engine, TENANT, count, crowd=crowd)
