"""An answer under its idempotency key once more: the receipt or refusal as it was given, the case as it is now."""

from dataclasses import replace

from app.domain.case.attempt import Attempt
from app.domain.deciding.decide import without_the_case
from app.domain.deciding.situation import ADMIN, OnCase
from app.domain.policy.scope import Scope
from app.domain.values.json import JsonObject
from app.services.desk.answer import Answer, case_json, error_of, from_json


def given_again(kept: JsonObject, here: OnCase | None) -> Answer:
    """`here` is the same attempt on the case as it is now, which says whether the caller may still read it; None where
    it was not locked, and then `case_id` names it for whoever reads it."""
    answer = from_json(kept)
    if here is None:
        return answer
    if answer.shown is not None:
        verb = here.attempt.verb
        return answer if here.readable or verb is None else replace(answer, shown=verb.own_part(answer.shown))
    if answer.error is not None:
        return answer if here.readable else replace(answer, error=without_the_case(here, answer.error))
    if not here.readable:
        return replace(answer, case_id=None)
    return replace(answer, case=case_json(here.case, here.clocks), case_id=here.case.id)


def is_for(scope: Scope | None, attempt: Attempt, act: str | None, case_type: str | None, kept: JsonObject) -> bool:
    """Whether a credential of this scope is good for what was answered: else it is decided, which refuses it. What
    was denied, or told as absent, is so again. `case_type` is None where the case was not locked."""
    if scope is None or error_of(kept) in ("denied", "not_found"):
        return True
    acts = [act] if act is not None else []
    if attempt.on_behalf_of is not None or attempt.occurred_at is not None:
        acts.append(ADMIN)
    asked = scope if case_type is not None else replace(scope, case_types=None)
    return all(asked.covers(case_type or "", one) for one in acts)
