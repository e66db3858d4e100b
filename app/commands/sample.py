"""Tell the sample stories to the desk, as attempts of the people in them."""

import hashlib
from collections.abc import Iterable

from app.commands.sample_cases import Story
from app.commands.sample_people import PEOPLE, TENANT
from app.domain.case import Actor, Attempt, Data, Idempotency, Opens
from app.services.house import House
from app.services.identity import new_id
from app.services.stored import CaseKey

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


def _payload(field: str, words: str) -> Data:
    return {field: int(words) if field == "priority" else words}


def _idempotency(story: Story, place: int) -> Idempotency:
    """So that two demos that start on one database tell a story once."""
    text = f"{story.case_type} {story.reference} {place} {story.steps[place]}"
    return Idempotency(f"demo {text}"[:255], hashlib.sha256(text.encode()).hexdigest())
