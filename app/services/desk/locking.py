"""What attempts are decided on: the cases and answers that they name, locked, and what is found once they are."""

from collections.abc import Sequence
from dataclasses import replace

from app.domain.case.attempt import Attempt
from app.services.store.cases import CaseTransaction, Unlocked
from app.services.store.stored import AnswerKey, CaseKey, LinkKey, Locked


async def lock(tx: CaseTransaction, attempts: Sequence[Attempt]) -> Locked:
    """Links are looked for once both of their cases are locked: nobody else can write the same one meanwhile."""
    locked = await tx.lock(*keys(attempts))
    links = [link for attempt in attempts if (link := link_key(attempt))]
    return replace(locked, links=await tx.linked(links)) if links else locked


async def seen(store: Unlocked, attempts: Sequence[Attempt]) -> Locked:
    """The same as it stands, without a lock; of their keys nothing is known."""
    links = [link for attempt in attempts if (link := link_key(attempt))]
    return await store.unlocked(keys(attempts)[0], links)


def other_key(attempt: Attempt) -> CaseKey:
    """The other case that its verb needs."""
    return CaseKey(attempt.tenant, case_id=attempt.verb.other if attempt.verb else None)


def keys(attempts: Sequence[Attempt]) -> tuple[list[CaseKey], list[AnswerKey]]:
    """What a batch has to lock, without doubles."""
    cases = dict.fromkeys(attempt.names for attempt in attempts)
    cases |= {other_key(attempt): None for attempt in attempts if attempt.verb and attempt.verb.other}
    answers = dict.fromkeys(attempt.key for attempt in attempts)
    return [case for case in cases if case], [answer for answer in answers if answer]


def link_key(attempt: Attempt) -> LinkKey | None:
    """The link that an attempt would make."""
    if attempt.verb is None or attempt.case_id is None:
        return None
    return attempt.verb.link(attempt.tenant, attempt.case_id)
