"""Tell the sample cases to the desk, in the order in which things happened, as attempts of the people in them."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.commands.demo.files import content, media_type
from app.commands.demo.past import PastCase, Step
from app.commands.demo.people import PEOPLE, TENANT, roles, subject
from app.domain.case.attempt import Actor, Attempt, Idempotency, Opens, Principal
from app.domain.deciding.verb import Verb
from app.domain.verbs.assigning import Assign, Claim, Release
from app.domain.verbs.attaching import Attach
from app.domain.verbs.commenting import Comment
from app.domain.verbs.linking import Link
from app.domain.verbs.roles import ChangeRoles
from app.services.assembly import Assembly
from app.services.desk.answer import Answer
from app.services.entries.identity import new_id
from app.services.store.stored import CaseKey
from app.services.work.uploads import Received

IMPORTER = Actor(tenant=TENANT, id="service:import", roles=frozenset({"role:admin"}), authenticated="demo")
"""Who brings in what happened before: only an administrator says when something was, and for whom."""
AT_ONCE = 1000
"""Attempts of one batch."""


@dataclass
class Told:
    """What the desk answered to each step, and the ids of the cases by their references."""

    answers: list[tuple[Step, Answer]] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)


async def tell(
    assembly: Assembly, cases: Sequence[PastCase], counted: Callable[[int, int], None] = lambda n, of: None
) -> Told:
    """Bring in the cases that do not exist yet, at the times when they happened, and fire what was due meanwhile."""
    told = Told()
    new = await _missing(assembly, cases, told.ids)
    told.ids |= {case.reference: new_id() for case in new}
    steps = sorted(_steps(new), key=lambda one: one[2].at)
    async with _kept(assembly, new) as received:
        for start in range(0, len(steps), AT_ONCE):
            counted(start, len(steps))
            some = steps[start : start + AT_ONCE]
            attempts = [_attempt(case, place, told.ids, received) for case, place, _ in some]
            answers = await assembly.desk.submit(attempts)
            told.answers += [(step, answer) for (_, _, step), answer in zip(some, answers, strict=True)]
    counted(len(steps), len(steps))
    while await assembly.desk.escalate():
        pass
    return told


def _steps(cases: Sequence[PastCase]) -> Iterator[tuple[PastCase, int, Step]]:
    for case in cases:
        for place, step in enumerate(case.steps):
            yield case, place, step


async def _missing(assembly: Assembly, cases: Sequence[PastCase], ids: dict[str, str]) -> Sequence[PastCase]:
    """All of them where the first is not there: a demo has a database of its own. `ids` learns of the others."""
    missing: list[PastCase] = []
    for case in cases:
        found = await assembly.store.case(key(case.case_type, case.reference))
        if found is None and not missing and case is cases[0]:
            return cases
        if found is None:
            missing.append(case)
        else:
            ids[case.reference] = found.case.id
    return missing


def key(case_type: str, reference: str) -> CaseKey:
    return CaseKey(TENANT, case_type=case_type, reference=reference)


@asynccontextmanager
async def _kept(assembly: Assembly, cases: Sequence[PastCase]) -> AsyncIterator[Mapping[bytes, Received]]:
    """The bytes of all files, each kept once, until the cases refer to them."""
    contents = {content(step.file) for case in cases for step in case.steps if step.file}
    received: dict[bytes, Received] = {}
    try:
        for bytes_ in sorted(contents):
            received[bytes_] = await assembly.uploads.receive(TENANT, _piece(bytes_), len(bytes_))
        yield received
    finally:
        for one in received.values():
            await assembly.uploads.end_or_leave(TENANT, one.upload or "")


async def _piece(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _attempt(case: PastCase, place: int, ids: Mapping[str, str], received: Mapping[bytes, Received]) -> Attempt:
    step = case.steps[place]
    verb = _verb(step, ids, received)
    return Attempt(
        actor=IMPORTER,
        event=None if verb else step.act,
        entry_id=new_id(),
        new_case_id=new_id() if place else ids[case.reference],
        request_id="demo",
        opens=Opens.NEVER if place else Opens.IF_ABSENT,
        case_type=case.case_type,
        reference=case.reference,
        data=step.data if place else case.data,
        payload=step.payload,
        reason=step.reason,
        occurred_at=step.at,
        on_behalf_of=Principal(subject(PEOPLE[step.who]), frozenset(roles(PEOPLE[step.who]))),
        idempotency=_idempotency(case, place),
        verb=verb,
    )


def _verb(step: Step, ids: Mapping[str, str], received: Mapping[bytes, Received]) -> Verb | None:
    """None for an event."""
    if step.file:
        kept = received[content(step.file)]
        return Attach(
            file_name=step.file.name,
            sha256=kept.sha256,
            size=kept.size,
            declared_type=media_type(step.file),
            sniffed_type=kept.sniffed_type,
        )
    if step.link:
        return Link(step.link, ids.get(step.to, step.to))
    if step.give:
        return ChangeRoles(give=(step.give,))
    verbs: dict[str, Verb] = {
        "claim": Claim(),
        "release": Release(),
        "assign": Assign(None, step.team, frozenset({"team"})),
        "comment": Comment(step.said or "", step.mentions),
    }
    return verbs.get(step.act)


def _idempotency(case: PastCase, place: int) -> Idempotency:
    """So that two demos that start on one database tell a story once."""
    text = f"{case.case_type} {case.reference} {place}"
    return Idempotency(f"demo {text}", hashlib.sha256(f"{text} {case.steps[place]}".encode()).hexdigest())
