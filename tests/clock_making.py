"""Small builders for the clocks that tests store."""

from datetime import timedelta
from typing import Any

from app.domain.case.case import Case
from app.services.store.stored import Record, StoredClock, StoredFiring
from tests.factories import OPENED, denied

LONG_AGO = OPENED - timedelta(days=3650)
IN_THE_FUTURE = OPENED + timedelta(days=3650)


def a_clock(case: Case, name: str = "decision", **values: Any) -> StoredClock:
    """A running clock of a case that is due in ten years."""
    given = {
        "tenant": case.tenant,
        "case_id": case.id,
        "name": name,
        "cycle": 1,
        "case_type": case.case_type,
        "current": True,
        "status": "running",
        "due_at": IN_THE_FUTURE,
        "next_fire_at": IN_THE_FUTURE,
        "breached_at": None,
        "facts": {"elapsed": 1},
    }
    return StoredClock(**(given | values))


def a_cycle_ago(clock: StoredClock, **values: Any) -> StoredClock:
    """The clock as it is kept once its next cycle began."""
    given: dict[str, Any] = {"current": False, "status": "met", "due_at": None, "next_fire_at": None}
    shown = {name: getattr(clock, name) for name in StoredClock.__dataclass_fields__}
    return StoredClock(**(shown | given | values))


def firing(clock: StoredClock, case: Case, step: int = 0, n: int = 1) -> Record:
    """That a step fired, with the entry that says so."""
    entry = denied(case, kind="sla.fired")
    fired = StoredFiring(
        tenant=clock.tenant,
        case_id=clock.case_id,
        clock=clock.name,
        cycle=clock.cycle,
        step=step,
        n=n,
        entry_id=entry.draft.entry_id,
    )
    return Record(entries=[entry], firings=[fired])
