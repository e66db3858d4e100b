"""What attempts are decided on: the cases and answers that they name, locked, and what is found once they are."""

from collections.abc import Sequence
from dataclasses import replace

from app.domain.case.attempt import Attempt
from app.domain.verbs.linking import Link
from app.services.store.ports import Transaction
from app.services.store.stored import AnswerKey, CaseKey, LinkKey, Locked


async def lock(tx: Transaction, attempts: Sequence[Attempt]) -> Locked:
    """Links are looked for once both of their cases are locked: nobody else can write the same one meanwhile."""
    locked = await tx.lock(*keys(attempts))
    links = [link for attempt in attempts if (link := link_key(attempt))]
    return replace(locked, links=await tx.linked(links)) if links else locked


def case_key(attempt: Attempt) -> CaseKey | None:
    """The case that an attempt names, by id or by reference."""
    if attempt.case_id is not None:
        return CaseKey(attempt.tenant, case_id=attempt.case_id)
    if attempt.case_type is not None and attempt.reference is not None:
        return CaseKey(attempt.tenant, case_type=attempt.case_type, reference=attempt.reference)
    return None


def other_key(attempt: Attempt) -> CaseKey:
    """The case at the far end of a link."""
    return CaseKey(attempt.tenant, case_id=attempt.verb.other if attempt.verb else None)


def answer_key(attempt: Attempt) -> AnswerKey | None:
    if attempt.idempotency is None:
        return None
    return AnswerKey(attempt.tenant, attempt.actor.id, attempt.idempotency.key)


def keys(attempts: Sequence[Attempt]) -> tuple[list[CaseKey], list[AnswerKey]]:
    """What a batch has to lock, without doubles."""
    cases = dict.fromkeys(case_key(attempt) for attempt in attempts)
    cases |= {other_key(attempt): None for attempt in attempts if attempt.verb and attempt.verb.other}
    answers = dict.fromkeys(answer_key(attempt) for attempt in attempts)
    return [case for case in cases if case], [answer for answer in answers if answer]


def link_key(attempt: Attempt) -> LinkKey | None:
    """The link that an attempt would make."""
    if not isinstance(attempt.verb, Link) or attempt.case_id is None:
        return None
    return LinkKey(attempt.tenant, attempt.case_id, attempt.verb.type, attempt.verb.to)
