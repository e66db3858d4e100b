"""Whether an attempt opens a case, and by which event: it may leave out the only one that there is."""

from dataclasses import replace

from app.domain.case.attempt import Attempt, Opens
from app.domain.case.case import Case
from app.domain.deciding.decide import no_such_case
from app.domain.deciding.outcome import Refusal
from app.domain.definition.case_type import CaseType
from app.domain.values.errors import FieldError, Invalid


def opens(attempt: Attempt, case: Case | None) -> bool:
    """`case` is the one that it names, if there is one."""
    return attempt.opens is Opens.ALWAYS or (case is None and attempt.opens is Opens.IF_ABSENT)


def opening_event(attempt: Attempt, case_type: CaseType) -> str:
    """What it fires; where it does not say, the first event that opens a case."""
    return attempt.event or next(iter(case_type.opening))


def by_its_event(attempt: Attempt, case_type: CaseType) -> Attempt | Refusal:
    """The attempt with the event that opens its case. One that fires another event means a case that is not there."""
    openings = case_type.opening
    if attempt.event is None and len(openings) > 1:
        return not_opening("event", f"say which event opens the case: {' or '.join(openings)}")
    event = opening_event(attempt, case_type)
    if attempt.opens is Opens.IF_ABSENT and event not in openings:
        return Refusal(no_such_case())
    return replace(attempt, event=event) if attempt.event is None else attempt


def not_opening(field: str, message: str) -> Refusal:
    """Nothing is opened so."""
    return Refusal(Invalid(message, errors=(FieldError(field, message),)))
