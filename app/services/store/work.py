"""What the services of work on cases need from a store, besides what every service needs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.case.held_file import HeldFile
from app.services.store.stored import AnswerKey, CaseKey, LinkKey, Visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Which cases a caller may be given next: open, nobody's, and both `readable` and `claimable` by him.

    `without` are ids that they do not want, or may not have after all; `idle` are the (definition, state) in which they
    could do nothing.
    """

    tenant: str
    readable: Visible
    claimable: Visible
    case_type: str | None = None
    team: str | None = None
    without: frozenset[str] = frozenset()
    idle: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredComment:
    """A comment as it reads now: `text` and `mentions` are those of its last edit, None where erased."""

    id: str
    case_id: str
    case_seq: int
    author: str
    text: str | None
    mentions: Sequence[str]
    written_at: datetime
    edited_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAttachment:
    """A file of a case; `file_name` is None where it was erased, `scan` where nobody was asked to look at it."""

    id: str
    case_seq: int
    file_name: str | None
    author: str
    attached_at: datetime
    size: int
    sha256: str
    declared_type: str
    sniffed_type: str | None
    scan: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLink:
    """A link of a case to another that the asking one may read."""

    type: str
    to: str
    case_type: str
    reference: str | None
    state: str
    author: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """Content by its SHA-256; `upload` names its chunks in the database."""

    sha256: str
    size: int
    upload: str | None


class NoRoom(Exception):
    """The tenant has no room for so many bytes more; nothing was taken."""


class Uploading(Protocol):
    """What an upload takes and leaves: its room while it goes on, its content once that is kept, nothing at its end."""

    async def room_taken(self, tenant: str) -> int:
        """Bytes of the tenant's contents and of its uploads that go on."""
        ...

    async def take_room(self, tenant: str, upload: str, size: int, most: int) -> None:
        """For so many bytes more. Raises NoRoom where the tenant would have more than `most` with them."""
        ...

    async def keep_blob(self, tenant: str, blob: StoredBlob, upload: str, *, unchecked: bool = False) -> StoredBlob:
        """As it is kept from now on: where these bytes came before, with the upload that they came with then. It stays
        until the upload ends, and its room is the content's. `unchecked`: somebody is to look at it, unless somebody
        has."""
        ...

    async def end_upload(
        self, tenant: str, upload: str, unlink: Callable[[StoredBlob], Awaitable[None]] | None
    ) -> bool:
        """Forget its content, unless a case or another upload refers to it, and what is loose; whether it is gone.

        `unlink` takes away what stands in a folder, before the commit: whoever sends these bytes again waits for it.
        Where it is None, such contents stay.
        """
        ...

    async def old_uploads(self, before: datetime) -> Sequence[tuple[str, str]]:
        """Some tenants and uploads that began before a moment and have not ended."""
        ...

    async def answered(self, key: AnswerKey) -> str | None:
        """The fingerprint of what an answer is kept for under a key."""
        ...


class Blobs(Uploading, Protocol):
    """Which bytes of attachments are kept, and those that are kept here; each write is a transaction of its own."""

    async def blob(self, tenant: str, sha256: str) -> StoredBlob | None: ...

    async def chunk(self, tenant: str, upload: str, n: int) -> bytes | None: ...

    async def add_chunk(self, tenant: str, upload: str, n: int, content: bytes) -> None: ...

    async def hold_file(self, file: HeldFile) -> None:
        """An upload whose content is kept is this file from now on, until it ends."""
        ...

    async def drop_upload(self, tenant: str, upload: str) -> None:
        """Its chunks, unless a content has them."""
        ...

    async def unattached(self, before: datetime) -> Sequence[tuple[str, StoredBlob]]:
        """Some of those, with their tenants, that no case refers to and that came last before a moment."""
        ...

    async def forget_blob(
        self, tenant: str, sha256: str, before: datetime, undo: Callable[[], Awaitable[None]]
    ) -> bool:
        """False where it came again, or a case refers to it by now. `undo` is called before the commit: whoever sends
        these bytes again waits for it."""
        ...

    async def loose_uploads(self, before: datetime) -> Sequence[tuple[str, str]]:
        """Some tenants and uploads that began before a moment and that no blob names."""
        ...


class WorkReads(Protocol):
    """The reads of comments, attachments and links; none takes a lock."""

    async def comment(self, tenant: str, comment_id: str) -> StoredComment | None:
        """As it was first written; None for an edit."""
        ...

    async def comments(self, tenant: str, case_id: str, after: int | None, limit: int) -> Sequence[StoredComment]:
        """In the order in which they were written, after a `case_seq`."""
        ...

    async def comments_back(self, tenant: str, case_id: str, below: int | None, limit: int) -> Sequence[StoredComment]:
        """The newest first, below a `case_seq`."""
        ...

    async def attachments(self, tenant: str, case_id: str, after: int | None, limit: int) -> Sequence[StoredAttachment]:
        """In the order in which they came, after a `case_seq`."""
        ...

    async def attachment(self, tenant: str, case_id: str, attachment_id: str) -> StoredAttachment | None: ...

    async def links(self, tenant: str, case_id: str, visible: Visible) -> Sequence[StoredLink]:
        """Those to cases that are visible."""
        ...


class Working(Protocol):
    """What a transaction can do for those who work on cases."""

    async def linked(self, links: Sequence[LinkKey]) -> frozenset[LinkKey]:
        """Those of the links that are there."""
        ...

    async def take_next(self, waiting: Waiting) -> CaseKey | None:
        """Lock the first case that waits and that nobody else has locked: the most urgent, then by due moment, then
        by age. None where there is none."""
        ...
