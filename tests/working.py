"""Words for what people do with cases besides firing events."""

from dataclasses import replace
from typing import Any

from app.domain.case.attempt import Actor
from app.domain.deciding.verb import Verb
from app.domain.verbs.assigning import Assign, Claim, Release, Skip
from app.domain.verbs.commenting import Comment
from app.services.assembly import Assembly
from app.services.desk.answer import Answer
from app.services.store.stored import PolicyChange, PolicyLine
from app.services.work.work import Wish
from tests.house import attempt, tried

ANY = Wish()


async def do(house: Assembly, case_id: str, verb: Verb, by: Actor, **values: Any) -> Answer:
    return await tried(house, attempt(by, None, case_id, verb=verb, **values))


async def assign(house: Assembly, case_id: str, by: Actor, reason: str | None = None, **to: str | None) -> Answer:
    verb = Assign(to.get("assignee"), to.get("team"), frozenset(to))
    return await do(house, case_id, verb, by, reason=reason)


async def claim(house: Assembly, case_id: str, by: Actor, **values: Any) -> Answer:
    return await do(house, case_id, Claim(), by, **values)


async def release(house: Assembly, case_id: str, by: Actor, **values: Any) -> Answer:
    return await do(house, case_id, Release(), by, **values)


async def comment(
    house: Assembly, case_id: str, by: Actor, text: str, edits: str | None = None, **values: Any
) -> Answer:
    edited = await house.work.edited(by, edits) if edits else None
    return await do(house, case_id, Comment(text, (), edits, edited), by, **values)


async def naming_reviewers(house: Assembly) -> None:
    """Let a line name [reviewer], so that it may be given on claims."""
    line = PolicyLine(kind="p", role="[reviewer]", tenant="*", obj="expense_claim", act="case:export", eft="allow")
    async with house.store.transaction(line.tenant) as tx:
        await tx.change_policy(PolicyChange(add=[line]))


async def take_next(
    house: Assembly, by: Actor, wish: Wish = ANY, skip: dict[str, str] | None = None, key: str | None = None
) -> Answer | None:
    """The answer to whoever wants work; `skip` is case id -> reason."""
    asked = attempt(by, None, key=key, verb=Claim())
    skips = [replace(attempt(by, None, one, verb=Skip()), reason=why) for one, why in (skip or {}).items()]
    return await house.next_case.claim(asked, wish, skips)
