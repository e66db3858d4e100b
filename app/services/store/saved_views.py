"""What people keep of how they look at cases, and what that needs from a store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.domain.values.json import Json

MOST_OWN = 50
MOST_SHARED = 200
"""Of a tenant."""


class NoRoomForViews(Exception):
    """The owner has `MOST_OWN` views, or the tenant `MOST_SHARED` shared ones; nothing was kept."""


class TitleTaken(Exception):
    """The owner has another view of this title; nothing was kept."""


@dataclass(frozen=True, slots=True)
class Shows:
    """What a view shows: of one of the `queues` that everybody has (None: of all cases), what its filters leave, in an
    order. `columns` are those of the table besides the reference; None: those of the case type."""

    queue: str | None = None
    filters: Mapping[str, Json] = field(default_factory=dict)
    sort: str = "queue"
    columns: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A view of somebody. `shared`: all of the tenant see it. `preferred`: what its owner sees first."""

    tenant: str
    id: str
    owner: str
    title: str
    shows: Shows
    shared: bool = False
    preferred: bool = False


class SavedViews(Protocol):
    async def saved_views(self, tenant: str, subject: str) -> Sequence[SavedView]:
        """One's own by title, then those that others share."""
        ...

    async def saved_view(self, tenant: str, subject: str, view_id: str) -> SavedView | None:
        """None also for one of somebody else that is not shared."""
        ...

    async def keep_view(self, view: SavedView) -> bool:
        """New or changed by its owner; another of theirs is preferred no longer where this one is. False where an id is
        somebody else's. Raises NoRoomForViews and TitleTaken."""
        ...

    async def drop_view(self, tenant: str, owner: str, view_id: str) -> bool:
        """Whether there was one."""
        ...
