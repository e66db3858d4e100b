"""A house on SQLite whose clock a test turns, with a case type that has clocks, and what fires when."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent, indent

import pytest

from app.commands.opening.declared import Declared, read_folders
from app.db import open_store
from app.domain.case.attempt import Actor
from app.services.assembly import Assembly
from app.services.desk.escalation import Fired
from tests.databases import Database
from tests.house import actor, running

MONDAY = datetime(2026, 6, 8, 9, 0, tzinfo=UTC)
AGENT = actor("agent", "agent")
TICKET = """
case_type: ticket
initial: new
data:
  type: object
  properties:
    priority: {type: integer}
    late: {type: boolean}
    received_on: {type: string}
    deadline: {type: string}
states:
  new: {}
  work: {}
  waiting: {}
  done: {}
  dropped: {final: true}
events:
  take: {from: [new, waiting], to: work}
  wait: {from: work, to: waiting}
  finish: {from: [new, work, waiting], to: done}
  reopen: {from: done, to: work}
  drop: {from: "*", to: dropped}
  hurry: {from: "*", to: "="}
  rate: {from: "*", to: "=", payload: {type: object, properties: {priority: {type: integer}}},
         set: {data.priority: payload.priority}}
  escalate: {from: [new, work], to: "=", set: {data.late: "true"}}
slas:
"""
POLICY = """
p, role:agent, *, ticket, *, , allow
p, role:agent, *, ticket, case:read, , allow
p, role:agent, *, ticket, case:admin, , allow
p, role:system, *, ticket, escalate, , allow
"""
OFFICE = 'zone: Europe/London\nweekly: {mon-fri: ["09:00-17:00"]}\n'


@dataclass
class Watch:
    """The time that a store is told."""

    now: datetime = MONDAY
    fired: list[Fired] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **length: float) -> None:
        self.now += timedelta(**length)

    def at(self, hour: int, minute: int = 0, *, day: int = 0) -> None:
        """A time of the first week, in UTC."""
        self.now = MONDAY.replace(hour=hour, minute=minute) + timedelta(days=day)


def declared_with(folder: Path, slas: str, policy: str = POLICY, calendars: dict[str, str] | None = None) -> Declared:
    """The ticket with these clocks."""
    machines, policies = folder / "machines", folder / "policies"
    (machines / "calendars").mkdir(parents=True, exist_ok=True)
    policies.mkdir(exist_ok=True)
    (machines / "ticket.yaml").write_text(TICKET + indent(dedent(slas), "  "))
    (policies / "ticket.csv").write_text(policy)
    for name, text in (calendars or {"office": OFFICE}).items():
        (machines / "calendars" / f"{name}.yaml").write_text(text)
    found = read_folders(machines, policies)
    assert not found.errors, found.errors
    return found


@asynccontextmanager
async def ticking(database: Database, found: Declared, watch: Watch) -> AsyncIterator[Assembly]:
    async with running(open_store(database.url, now=watch), found) as house:
        yield house


@pytest.fixture
def watch() -> Watch:
    return Watch()


async def tick(house: Assembly) -> Sequence[Fired]:
    """Fire everything that is due now."""
    fired: list[Fired] = []
    while some := await house.desk.escalate():
        fired += some
    return fired


def told(fired: Sequence[Fired]) -> list[tuple[str, str, int]]:
    """Which step of which clock, and which of its firings."""
    return [(one.clock, one.firing.step.at, one.firing.n) for one in fired]


def admin() -> Actor:
    return actor("root", "admin")
