"""Tell the sample cases to the desk, as attempts of the people in them."""

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import replace

from app.commands.demo.cases import Story
from app.commands.demo.past import PastCase, Step
from app.commands.demo.people import PEOPLE, TENANT
from app.domain.case.attempt import Actor, Attempt, Idempotency, Opens, Principal
from app.domain.deciding.verb import Verb
from app.domain.values.json import Data
from app.domain.verbs.assigning import Claim
from app.domain.verbs.commenting import Comment
from app.services.assembly import House
from app.services.entries.identity import new_id
from app.services.store.stored import CaseKey

WORDS_ARE = {
    "add_note": "note",
    "answer": "answer",
    "approve": "note",
    "ask": "question",
    "escalate": "note",
    "grant": "conditions",
    "pay": "payment_reference",
    "plan_visit": "visit_on",
    "resolve": "resolution",
    "triage": "priority",
    "wait": "question",
}
"""The field of the payload that the words of a step fill; where there is none they are the reason."""

IMPORTER = Actor(TENANT, "service:import", frozenset({"role:admin"}), "demo")
"""Who brings in what happened before: only an administrator says when something was, and for whom."""
AT_ONCE = 16
"""Cases that are told side by side, so that the desk decides them in one transaction."""


async def tell_past(house: House, lived: Iterable[PastCase]) -> int:
    """Bring in the cases of the past that do not exist yet, at the times when they happened, and say how many."""
    told = [case for case in lived if await house.store.case(key(case.case_type, case.reference)) is None]
    for start in range(0, len(told), AT_ONCE):
        cases = told[start : start + AT_ONCE]
        await asyncio.gather(
            *(house.desk.submit([_imported(case, place) for place in range(len(case.steps))]) for case in cases)
        )
    return len(told)


async def tell(house: House, told: Iterable[Story]) -> int:
    """Play the stories whose case does not exist yet, and say how many; refusals are part of them."""
    count = 0
    for story in told:
        if await house.store.case(key(story.case_type, story.reference)) is None:
            await house.desk.submit([_attempt(story, place) for place in range(len(story.steps))])
            count += 1
    return count


def key(case_type: str, reference: str) -> CaseKey:
    return CaseKey(TENANT, case_type=case_type, reference=reference)


def _attempt(story: Story, place: int) -> Attempt:
    step = story.steps[place]
    act, _, words = step.partition(": ")
    who, event = act.split()
    field = WORDS_ARE.get(event)
    return Attempt(
        actor=Actor(TENANT, f"user:{who}", frozenset(f"role:{role}" for role in PEOPLE[who].roles), "demo"),
        event=event,
        entry_id=new_id(),
        new_case_id=new_id(),
        request_id="demo",
        opens=Opens.NEVER if place else Opens.IF_ABSENT,
        case_type=story.case_type,
        reference=story.reference,
        data=None if place else story.data,
        payload=_payload(field, words) if words and field else None,
        reason=words if words and not field else None,
        idempotency=_idempotency(story, place),
    )


def _imported(case: PastCase, place: int) -> Attempt:
    step = case.steps[place]
    story = Story(case.case_type, case.reference, case.data, tuple(_told(one) for one in case.steps))
    roles = frozenset(f"role:{role}" for role in PEOPLE[step.who].roles)
    acted_for = Principal(f"user:{step.who}", roles)
    attempt = replace(_attempt(story, place), actor=IMPORTER, occurred_at=step.at, on_behalf_of=acted_for)
    verb = _verb(step)
    return replace(attempt, event=None, payload=None, reason=None, verb=verb) if verb else attempt


def _told(step: Step) -> str:
    return f"{step.who} {step.act}: {step.words}" if step.words else f"{step.who} {step.act}"


def _verb(step: Step) -> Verb | None:
    if step.act == "claim":
        return Claim()
    return Comment(step.words) if step.act == "comment" else None


def _payload(field: str, words: str) -> Data:
    return {field: int(words) if field == "priority" else words}


def _idempotency(story: Story, place: int) -> Idempotency:
    """So that two demos that start on one database tell a story once."""
    text = f"{story.case_type} {story.reference} {place} {story.steps[place]}"
    return Idempotency(f"demo {text}"[:255], hashlib.sha256(text.encode()).hexdigest())
