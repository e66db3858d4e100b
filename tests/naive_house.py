"""The real services with the case types and policies that the naive model knows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.commands.opening.declared import read_folders
from app.policy.engine import PolicyEngine
from app.services.assembly import Assembly
from app.services.fairness.limits import ProcessLimits
from app.services.store.ports import Store
from tests.databases import Database
from tests.naive_types import PARCEL, VOYAGE, policy_text


@asynccontextmanager
async def naive_house(store: Store, database: Database, folder: Path) -> AsyncIterator[Assembly]:
    machines, policies = folder / "machines", folder / "policies"
    machines.mkdir()
    policies.mkdir()
    for name, text in (("voyage", VOYAGE), ("parcel", PARCEL)):
        (machines / f"{name}.yaml").write_text(text)
        (policies / f"{name}.csv").write_text(policy_text(name))
    found = read_folders(machines, policies)
    assert not found.errors
    singly = ProcessLimits(refusals=1_000_000)
    house = Assembly(store, PolicyEngine(), desks=1 if database.kind == "sqlite" else 2, limits=singly)
    async with house.running(found.case_types, found.calendars, found.policies):
        yield house
