"""Which of the events that open a case is offered first: the one that goes on, and not the one that keeps a draft."""

from collections.abc import Sequence

from app.domain.definition.case_type import CaseType
from app.domain.diagram import transition_table


def first_of(case_type: CaseType, events: Sequence[str]) -> str:
    """Of these, in their order: one whose state others lead to by an event, while it does not lead back to theirs."""
    steps = {(row.source, row.state) for row in transition_table(case_type) if not row.stays}

    def leads(one: str, other: str) -> bool:
        source, target = case_type.opening[one], case_type.opening[other]
        return source != target and any(_in(source, begin) and _in(target, end) for begin, end in steps)

    def ahead(event: str) -> int:
        others = [other for other in events if other != event]
        return sum(leads(other, event) - leads(event, other) for other in others)

    return max(events, key=ahead)


def _in(state: str, of: str) -> bool:
    """Whether a state is this one, or lies in it or around it; every one is in `*`."""
    return of == "*" or f"{state}.".startswith(f"{of}.") or f"{of}.".startswith(f"{state}.")
