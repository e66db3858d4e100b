"""Read what people do with cases: comments, attachments, links. Nobody learns of a case that is not theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.case.attempt import Actor
from app.domain.case.made_by_verbs import CaseRole
from app.domain.values.errors import NotFound
from app.domain.verbs.commenting import Edited
from app.services.cases.cases import Cases
from app.services.cases.standing import standing
from app.services.store.work import StoredAttachment, StoredComment, StoredLink, WorkReads


@dataclass(frozen=True, slots=True)
class Wish:
    """What the next case is to be like."""

    case_type: str | None = None
    team: str | None = None


class CaseWork:
    def __init__(self, store: WorkReads, cases: Cases) -> None:
        self._store = store
        self._cases = cases

    async def comments(self, actor: Actor, case_id: str, after: int | None, limit: int) -> Sequence[StoredComment]:
        """In the order in which they were written, each as it reads now."""
        await self._cases.show(actor, case_id)
        return await self._store.comments(actor.tenant, case_id, after, limit)

    async def edited(self, actor: Actor, comment_id: str) -> Edited | None:
        """The comment that is to be said anew, whoever asks: the desk decides whether he may."""
        found = await self._store.comment(actor.tenant, comment_id)
        return Edited(found.id, found.case_id, found.author, found.written_at) if found else None

    async def links(self, actor: Actor, case_id: str) -> Sequence[StoredLink]:
        """Those to cases that the actor may read."""
        await self._cases.show(actor, case_id)
        return await self._store.links(actor.tenant, case_id, await self._cases.visible(actor))

    async def roles(self, actor: Actor, case_id: str) -> Sequence[CaseRole]:
        """Who stands how to the case: its creator, its assignee, and those who were given roles on it."""
        here = await self._cases.situation(actor, case_id)
        return [
            CaseRole(tenant=actor.tenant, case_id=case_id, subject=subject, role=role)
            for subject, role in standing(here)
        ]

    async def attachments(
        self, actor: Actor, case_id: str, after: int | None, limit: int
    ) -> Sequence[StoredAttachment]:
        await self._cases.show(actor, case_id)
        return await self._store.attachments(actor.tenant, case_id, after, limit)

    async def attachment(self, actor: Actor, case_id: str, attachment_id: str) -> StoredAttachment:
        await self._cases.show(actor, case_id)
        found = await self._store.attachment(actor.tenant, case_id, attachment_id)
        if found is None:
            raise NotFound("there is no such attachment")
        return found
