"""The shapes of what people do with cases, as the OpenAPI document shows them."""

from typing import Literal, NotRequired, TypedDict

from app.http.border.views import ReceiptView, TriedView


class CommentView(TypedDict):
    """A comment as it reads now: `text` is Markdown, null where it was erased."""

    id: str
    author: str
    text: str | None
    mentions: list[str]
    written_at: str
    edited_at: str | None


class CommentedView(TypedDict):
    """The comment, and the receipt."""

    comment: CommentView
    receipt: ReceiptView


class CommentPageView(TypedDict):
    """A page of comments. `next_after` is null on the last one."""

    items: list[CommentView]
    next_after: str | None


class AttachmentView(TypedDict):
    """A file: what its sender says it is, what its first bytes say where they do, and what a scanner says of it where
    one is asked. `category` is there where one was given. Only what is clean, or was never to be looked at, can be
    fetched."""

    id: str
    file_name: str | None
    author: str
    attached_at: str
    size: int
    sha256: str
    declared_type: str
    sniffed_type: str | None
    scan: NotRequired[Literal["unchecked", "clean", "infected"]]
    category: NotRequired[str]


class AttachedView(TypedDict):
    """The file, and the receipt."""

    attachment: AttachmentView
    receipt: ReceiptView


class AttachmentPageView(TypedDict):
    """A page of files. `next_after` is null on the last one."""

    items: list[AttachmentView]
    next_after: str | None


class CaseRoleView(TypedDict):
    """Who has which role on the case."""

    subject: str
    role: str


class CaseRolesView(TypedDict):
    """All roles given on the case, after the change."""

    roles: list[CaseRoleView]
    receipt: ReceiptView


class StandingView(TypedDict):
    """Everybody who stands to the case, with `[creator]` and `[assignee]` first."""

    roles: list[CaseRoleView]


class LinkView(TypedDict):
    """How the case stands to another; that one's state is told in lists."""

    type: str
    to: str
    author: str
    linked_at: str
    case_type: NotRequired[str]
    reference: NotRequired[str | None]
    state: NotRequired[str]


class LinkedView(TypedDict):
    """The link, and the receipt."""

    link: LinkView
    receipt: ReceiptView


class LinksView(TypedDict):
    """The links to cases that the caller may read."""

    items: list[LinkView]


class TriedWorkView(TriedView):
    """What a call with `dry_run=true` would make, under its name; nothing was recorded. Ids and moments in it are those
    of this answer alone."""

    comment: NotRequired[CommentView]
    attachment: NotRequired[AttachmentView]
    roles: NotRequired[list[CaseRoleView]]
    link: NotRequired[LinkView]


class HeldFileView(TypedDict):
    """A file that was sent. `file` is its id, which a field of a case may hold within a day."""

    file: str
    sha256: str
    size: int
