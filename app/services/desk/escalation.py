"""Fire the declared steps of the clocks that are due, within the transaction that has locked their case."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from app.domain.case.attempt import Attempt
from app.domain.case.case import Case
from app.domain.clocks.after_event import ClocksAfter, earliest_due
from app.domain.clocks.firing import Firing
from app.domain.clocks.state import ClockState
from app.domain.deciding.clocks_after import clocks_after
from app.domain.deciding.escalate import ClockDue, first_due, moved, resumed, step, system_actor
from app.domain.deciding.situation import OnCase
from app.domain.deciding.step_effects import events_fired
from app.services.desk.answer import Answer
from app.services.desk.working_copy import WorkingCopy
from app.services.entries.identity import new_id
from app.services.store.stored import StoredFiring

MOST_AT_ONCE = 200
"""Firings of one case in one transaction; what is left is still due, and the next tick finds it."""
ASIDE = timedelta(minutes=1)
log = logging.getLogger("stateward.escalation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A step that fired: of which clock of which case, and how long after it could have (not before its import)."""

    case_type: str
    case_id: str
    clock: str
    firing: Firing
    late_by: timedelta


def _owed_since(state: ClockState, firing: Firing) -> datetime:
    """From when on anybody could have fired it: not before its clock was known, and not before it was told to count."""
    return max(firing.moment, state.known_since or firing.moment, state.since or firing.moment)


def _kept(case: Case, state: ClockState, firing: Firing, entry_id: str) -> StoredFiring:
    return StoredFiring(
        tenant=case.tenant,
        case_id=case.id,
        clock=state.name,
        cycle=state.cycle,
        step=firing.step.number,
        n=firing.n,
        entry_id=entry_id,
    )


class Decides(Protocol):
    """Who decides on a working copy: the batch."""

    @property
    def copy(self) -> WorkingCopy: ...

    def on(self, attempt: Attempt, case: Case) -> OnCase: ...

    def decide(self, attempt: Attempt) -> Answer: ...


class Escalation:
    """The steps of one working copy, in the order of their moments; each sees what those before it did."""

    def __init__(self, batch: Decides) -> None:
        self._batch = batch
        self._copy = batch.copy
        self._fired: list[Fired] = []

    def escalate(self, case_id: str, before: datetime | None = None) -> list[Fired]:
        """Fire everything that a case owes, or only what was due `before` a moment.

        A fault of ours sets its clock aside for a while and harms no other.
        """
        for _ in range(MOST_AT_ONCE):
            next_fire_at = self._copy.next_fire_at(case_id)
            if next_fire_at is None or (before is not None and next_fire_at >= before):
                break
            here = self._here(case_id)
            due = first_due(here.machine.clocks, here.clocks, here.calendars, here.at)
            if due is None:
                break
            fired = len(self._fired)
            try:
                self._fire(here, due)
            except Exception:  # nobody expected it, and the other clocks have nothing to do with it
                log.exception("the clock %s of case %s failed", due.after.name, case_id)
                state = due.after if len(self._fired) > fired else here.clocks[due.after.name]
                self._keep(here, replace(state, next_fire_at=self._copy.at + ASIDE))
        return self._fired

    def _fire(self, here: OnCase, due: ClockDue) -> None:
        self._keep(here, due.after)
        if due.resumed:
            stepped = resumed(self._here(here.case.id), due.after)
            self._copy.take(stepped.case, stepped.entry)
        elif due.firing is not None:
            self._step(here.case.id, due.after, due.firing, due.skipped)

    def _keep(self, here: OnCase, state: ClockState) -> None:
        """The clock has come that far, whatever its firings do."""
        after = ClocksAfter({**here.clocks, state.name: state}, (state,))
        self._copy.take_clocks(here.case, after)

    def _step(self, case_id: str, state: ClockState, firing: Firing, skipped: tuple[Firing, ...]) -> None:
        here = self._here(case_id)
        stepped = step(here, state, firing, skipped)
        case, after = stepped.case, None
        if moved(here.case, case):
            after = clocks_after(here, case, None)
            case = replace(case, due_at=earliest_due(after.current))
        self._copy.take(case, stepped.entry, after)
        entry_id = stepped.entry.draft.entry_id
        self._copy.firings += [_kept(case, state, one, entry_id) for one in (*skipped, firing)]
        late_by = max(here.at - _owed_since(state, firing), timedelta(0))
        self._fired.append(
            Fired(case_type=case.case_type, case_id=case.id, clock=state.name, firing=firing, late_by=late_by)
        )
        for event in events_fired(firing.step.does):
            self._batch.decide(self._attempt(case, event, state.name, firing))

    def _here(self, case_id: str) -> OnCase:
        case = self._copy.cases[case_id]
        return self._batch.on(self._attempt(case, None), case)

    def _attempt(self, case: Case, event: str | None, clock: str = "", firing: Firing | None = None) -> Attempt:
        """The request id says which firing it was, also in the entry of an event that is refused."""
        request_id = f"sla:{clock}:{firing.step.number}:{firing.n}" if firing else "sla"
        return Attempt(
            actor=system_actor(case.tenant),
            event=event,
            entry_id=new_id(),
            new_case_id="",
            request_id=request_id,
            case_id=case.id,
        )
