"""The cases that whoever asks for work is passed by, because there is no event that they could fire there."""

from collections import OrderedDict
from dataclasses import dataclass, field
from time import monotonic

from app.domain.deciding.situation import OnCase
from app.domain.explaining.could_fire import Could, could_fire
from app.domain.values.names import CASE_ROLE
from app.services.fairness.fair_queue import Caller
from app.services.fairness.yielding import LoopTurn

MOST_REMEMBERED = 2_000
"""Cases per caller; who has that many begins anew."""
MOST_CALLERS = 1_000
REMEMBERED_FOR = 60.0
"""Seconds in which a search that gave up goes on where it stood."""


@dataclass
class Passed:
    """Cases, and (definition, state) in which no line lets the caller do anything, however they stand to a case."""

    cases: set[str] = field(default_factory=set)
    states: set[tuple[str, str]] = field(default_factory=set)

    async def by(self, here: OnCase) -> bool:
        """Whether the one who asks has no event here that they could fire; it is remembered."""
        turn = LoopTurn()
        named = False
        for event in here.machine.case_type.events:
            await turn.give()
            if here.machine.candidates(here.case.states, event):
                named = named or _named(here, event)
                if could_fire(here.asking(event)) is not Could.NO:
                    return False
        if named:
            self.cases.add(here.case.id)
        else:
            self.states.add((here.case.definition, here.case.state))
        return True


def _named(here: OnCase, event: str) -> bool:
    """Whether a line allows the event to a role that the caller has, or could have on another case."""
    lines = here.policy.line_terms(here.attempt.tenant, here.case.case_type, event)
    return any(one.eft == "allow" and (one.role in here.roles or CASE_ROLE.fullmatch(one.role)) for one in lines)


class Memory:
    """What callers were passed by when a search gave up, so that the next one comes to what stands behind."""

    def __init__(self) -> None:
        self._known: OrderedDict[Caller, tuple[float, Passed]] = OrderedDict()

    def of(self, caller: Caller) -> Passed:
        """Taken out of it: who finds something, or nothing more, begins anew the next time."""
        since, passed = self._known.pop(caller, (0.0, Passed()))
        if monotonic() - since > REMEMBERED_FOR or len(passed.cases) > MOST_REMEMBERED:
            return Passed()
        return passed

    def keep(self, caller: Caller, passed: Passed) -> None:
        self._known[caller] = (monotonic(), passed)
        if len(self._known) > MOST_CALLERS:
            self._known.popitem(last=False)
