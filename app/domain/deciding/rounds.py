"""When a case last came into a state, and when somebody last fired an event: what four eyes since a state compares.

Both are the `case_seq` of an entry. Only what some rule of the case type asks for is kept, so that it stays small
however long a case lives. What is not known counts as since ever.
"""

from collections.abc import Iterable, Mapping

from app.domain.case.case import Case
from app.domain.deciding.situation import Situation
from app.domain.deciding.whose_eyes import eyes
from app.domain.machine.machine import Machine

Rounds = Mapping[str, int]


def entered(state: str) -> str:
    return f"@{state}"


def fired(event: str, subject: str) -> str:
    return f"{event} {subject}"


def rounds_after(here: Situation, began: Iterable[str], seq: int) -> Rounds:
    """Those of a case after its entry `seq`, with which it came into the states of `began`."""
    before = here.case.rounds if here.case else {}
    new = {entered(state): seq for state in began}
    if here.event in here.machine.counted_since:
        new |= {fired(here.event, who): seq for who in eyes(here.attempt)}
    return {**before, **new} if new else before


def in_this_round(case: Case, who: str, event: str, since: str | None) -> bool:
    """Whether somebody who ever fired an event did so since the case last came into a state."""
    if since is None:
        return True
    began, last = case.rounds.get(entered(since)), case.rounds.get(fired(event, who))
    return began is None or last is None or last >= began


def rounds_begun(machine: Machine, case: Case, configuration: tuple[str, ...]) -> Rounds:
    """As if the case came into these states next."""
    states = [state for state in machine.since if machine.graph.leaves_under(configuration, state)]
    return {**case.rounds, **{entered(state): case.seq + 1 for state in states}}
