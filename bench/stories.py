"""What the product itself writes of a few short lives of a case: the pattern that generated cases follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.domain.case.attempt import Actor, Attempt, Opens
from app.domain.case.case import Case
from app.domain.values.json import Json
from app.services.definitions.definitions import Definitions
from app.services.desk.batch import Batch
from app.services.store.policy import PolicyEngine
from app.services.store.stored import Locked, Record

# Values that stand for a column of the generator; each is unlike anything else that an entry says.
CASE = "0c000000-0000-7000-8000-000000000000"
ENTRY = "0e000000-0000-7000-8000-{:012d}"
CREATOR = "user:somebody_who_opens"
WORKER = "user:somebody_who_works"
APPROVER = "user:approver"
"""Who gives second approvals everywhere."""
REFERENCE = "REFERENCE-OF-THIS-CASE"
AMOUNT = 918_273_645
AT = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """An event on a case: who fires it, by role, and what it carries."""

    event: str
    role: str
    payload: Mapping[str, Json] | None = None
    reason: str | None = None
    by: str = WORKER


@dataclass(frozen=True)
class Story:
    """A short life of a case, and how many of a thousand cases had it."""

    share: int
    case_type: str
    opening: str
    data: Mapping[str, Json]
    steps: Sequence[Step]
    referenced: bool = True


@dataclass(frozen=True)
class Told:
    """A story as the product decided it: the case at its end and everything that it would record."""

    story: Story
    case: Case
    record: Record


CLAIM = {"amount_cents": AMOUNT, "currency": "EUR"}
INCIDENT = {"summary": "The printer burns again", "priority": 3}
NOBODY = "nobody"

STORIES = (
    Story(300, "expense_claim", "submit", CLAIM, [Step("triage", "role:clerk")]),
    Story(150, "expense_claim", "save", CLAIM, [Step("submit", NOBODY)]),
    Story(149, "expense_claim", "submit", CLAIM, [Step("reject", "role:supervisor", reason="no receipt")]),
    Story(200, "incident", "report", INCIDENT, [Step("triage", "role:agent", {"priority": 3})]),
    Story(100, "incident", "report", INCIDENT, [Step("triage", "role:agent", {"priority": 1})], referenced=False),
    Story(100, "incident", "report", INCIDENT, [Step("cancel", NOBODY, reason="it went out")], referenced=False),
    # The rare one: a filter for it finds one case in a thousand.
    Story(
        1,
        "expense_claim",
        "submit",
        CLAIM,
        [Step("triage", "role:clerk"), Step("approve", "role:manager"), Step("approve", "role:manager", by=APPROVER)],
    ),
)


def told(story: Story, tenant: str, definitions: Definitions, engine: PolicyEngine) -> Told:
    """Let the product decide the story; RuntimeError where it refuses a part of it."""
    batch = Batch(Locked(at=AT, policy_version=engine.version), definitions, engine)
    for attempt in _attempts(story, tenant):
        answer = batch.answer(attempt)
        if answer.error is not None:
            raise RuntimeError(f"the product refuses {attempt.event} of {story}: {answer.error}")
    record = batch.record()
    [changed] = record.cases
    return Told(story, changed.case, record)


def _attempts(story: Story, tenant: str) -> Sequence[Attempt]:
    creator = Actor(tenant=tenant, id=CREATOR)
    opening = Attempt(
        actor=creator,
        event=story.opening,
        entry_id=ENTRY.format(0),
        new_case_id=CASE,
        request_id="generated",
        opens=Opens.ALWAYS,
        case_type=story.case_type,
        reference=REFERENCE if story.referenced else None,
        data=dict(story.data),
    )
    events = [
        Attempt(
            actor=creator if step.role is NOBODY else Actor(tenant=tenant, id=step.by, roles=frozenset({step.role})),
            event=step.event,
            entry_id=ENTRY.format(number),
            new_case_id="",
            request_id="generated",
            case_id=CASE,
            payload=None if step.payload is None else dict(step.payload),
            reason=step.reason,
        )
        for number, step in enumerate(story.steps, start=1)
    ]
    return [opening, *events]
