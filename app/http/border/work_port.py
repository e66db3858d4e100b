"""What the HTTP border needs from the services of work on cases."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from app.domain.case.attempt import Actor, Attempt
from app.domain.case.held_file import HeldFile
from app.domain.case.made_by_verbs import CaseRole
from app.domain.verbs.attaching import Attach
from app.domain.verbs.commenting import Edited
from app.services.desk.answer import Answer
from app.services.store.work import StoredAttachment, StoredComment, StoredLink
from app.services.work.attachments import Asking
from app.services.work.work import Wish


class WorkPort(Protocol):
    """Each raises NotFound for a case that the actor may not read."""

    async def comments(self, actor: Actor, case_id: str, after: int | None, limit: int) -> Sequence[StoredComment]: ...

    async def edited(self, actor: Actor, comment_id: str) -> Edited | None:
        """The comment that is to be said anew, whoever asks: the desk decides whether he may."""
        ...

    async def links(self, actor: Actor, case_id: str) -> Sequence[StoredLink]: ...

    async def roles(self, actor: Actor, case_id: str) -> Sequence[CaseRole]: ...

    async def attachments(
        self, actor: Actor, case_id: str, after: int | None, limit: int
    ) -> Sequence[StoredAttachment]: ...

    async def attachment(self, actor: Actor, case_id: str, attachment_id: str) -> StoredAttachment: ...


class NextCasePort(Protocol):
    async def claim(self, attempt: Attempt, wish: Wish, skips: Sequence[Attempt]) -> Answer | None:
        """None where nothing waits."""
        ...


class HeldFilesPort(Protocol):
    async def hold(self, actor: Actor, file: Attach, pieces: AsyncIterator[bytes], announced: int = 0) -> HeldFile:
        """Raises TooLarge, OverQuota, Invalid where nothing comes or something else than was declared."""
        ...


class AttachmentsPort(Protocol):
    async def attach(self, asking: Asking, pieces: AsyncIterator[bytes], announced: int = 0) -> Answer:
        """Receive a file of `announced` bytes (0: nobody knows) and attach it. Raises TooLarge, OverQuota, Invalid
        where nothing comes or something else than was declared."""
        ...

    async def would_attach(self, asking: Asking, pieces: AsyncIterator[bytes], announced: int = 0) -> Answer:
        """What `attach` would come to; nothing is kept. Raises the same."""
        ...

    async def scan_state(self, actor: Actor, sha256: str) -> str | None:
        """What a scanner says of these bytes; None where none was asked."""
        ...

    async def read(self, actor: Actor, sha256: str) -> AsyncIterator[bytes]:
        """Raises Unavailable where the bytes are lost, FileUnchecked and FileInfected."""
        ...
