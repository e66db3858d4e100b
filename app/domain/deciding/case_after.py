"""The case as a decision leaves it."""

from dataclasses import replace
from typing import Any

from app.domain.case.case import Case
from app.domain.case.search_text import own_words
from app.domain.deciding.rounds import rounds_after
from app.domain.deciding.situation import OnCase, Situation
from app.domain.machine.machine import Resting
from app.domain.values.json import Data


def chained(here: Situation, case: Case, **changes: Any) -> Case:
    """The case one entry later. What is told late of the past does not take back when it last changed."""
    changed_at = max(case.changed_at, here.happened)
    return replace(case, seq=case.seq + 1, changed_at=changed_at, recorded_at=here.at, **changes)


def moved(here: OnCase, resting: Resting, data: Data) -> Case:
    return chained(
        here,
        here.case,
        state=resting.state,
        memory=resting.memory,
        rounds=rounds_after(here, resting.began, here.case.seq + 1),
        data=data,
        version=here.case.version + 1,
        closed_at=max(here.case.opened_at, here.happened) if resting.closed else None,
    )


def new(here: Situation, resting: Resting, data: Data) -> Case:
    attempt, machine = here.attempt, here.machine
    return Case(
        tenant=attempt.tenant,
        id=attempt.new_case_id,
        case_type=machine.case_type.case_type,
        definition=machine.digest,
        definition_version=machine.version,
        reference=attempt.reference,
        state=resting.state,
        version=1,
        seq=1,
        data=data,
        creator=attempt.acting,
        opened_at=here.happened,
        changed_at=here.happened,
        recorded_at=here.at,
        last_hash="",
        memory=resting.memory,
        rounds=rounds_after(here, resting.began, 1),
        closed_at=here.happened if resting.closed else None,
    )


def words_after(here: Situation, case: Case) -> str | None:
    """By which words of its reference and data the case is found from now on; None where they stay. An event that
    assigns nothing keeps the data themselves, so that looking at them costs nothing."""
    before, fields = here.case, here.machine.texts
    if before is not None and before.data is case.data:
        return None
    words = own_words(case, fields)
    return None if before is not None and words == own_words(before, fields) else words
