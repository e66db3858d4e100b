"""Attempts on cases that are not there: told so before they wait, where they would wait long."""

from collections.abc import Collection, Sequence

from app.domain.case.attempt import Attempt, Opens
from app.domain.deciding.decide import no_such_case
from app.services.desk.answer import Answer
from app.services.store.cases import PresentCases


async def absent(store: PresentCases, attempts: Sequence[Attempt]) -> Collection[str]:
    """The ids that name no case, found by one read.

    Only of attempts without a key, whose answer may be kept, and not of cases that the attempts before them open.
    """
    opened = {attempt.new_case_id for attempt in attempts}
    named = {attempt.case_id for attempt in attempts if attempt.case_id and attempt.opens is Opens.NEVER}
    keyed = {attempt.case_id for attempt in attempts if attempt.idempotency}
    asked = sorted(named - keyed - opened)
    return frozenset(asked) - await store.present(attempts[0].tenant, asked) if asked else ()


def here(attempts: Sequence[Attempt], missing: Collection[str], decided: Sequence[Answer]) -> list[Answer]:
    """The answers in the order of the attempts, of which those on missing cases were not decided."""
    given, gone = iter(decided), Answer(error=no_such_case())
    return [gone if attempt.case_id in missing else next(given) for attempt in attempts]
