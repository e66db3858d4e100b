"""Views that people save: each is its owner's to change, and all of the tenant look at it where it is shared."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.case.attempt import Actor
from app.domain.values.errors import Conflict, Denied, FieldError, Invalid, NotFound, OverQuota, Reason
from app.services.cases.queues import SETS
from app.services.entries.identity import new_id
from app.services.store.saved_views import (
    MOST_OWN,
    MOST_SHARED,
    NoRoomForViews,
    SavedView,
    SavedViews,
    Shows,
    TitleTaken,
)

NOT_YOURS = Reason("role", "somebody else saved this view", "save a view of your own that shows the same")


@dataclass(frozen=True, slots=True)
class NewView:
    """What somebody wants to keep."""

    title: str
    shows: Shows
    shared: bool = False
    preferred: bool = False


class Views:
    """Nothing of it is in the log: a view says how somebody looks at cases, not what they may see."""

    def __init__(self, store: SavedViews) -> None:
        self._store = store

    async def list(self, actor: Actor) -> Sequence[SavedView]:
        """One's own by title, then those that others share; only one's own are preferred."""
        return [_for(actor, view) for view in await self._store.saved_views(actor.tenant, actor.id)]

    async def read(self, actor: Actor, view_id: str) -> SavedView:
        """Raises NotFound, also for one of somebody else that is not shared."""
        found = await self._store.saved_view(actor.tenant, actor.id, view_id)
        if found is None:
            raise NotFound("there is no such view")
        return _for(actor, found)

    async def make(self, actor: Actor, wanted: NewView) -> SavedView:
        """Raises Invalid, and OverQuota where there are as many as there may be."""
        return await self._keep(actor, new_id(), wanted)

    async def change(self, actor: Actor, view_id: str, wanted: NewView) -> SavedView:
        """Raises NotFound, Denied for one of somebody else, and what `make` raises."""
        await self._own(actor, view_id)
        return await self._keep(actor, view_id, wanted)

    async def drop(self, actor: Actor, view_id: str) -> None:
        """Raises NotFound, and Denied for one of somebody else."""
        await self._own(actor, view_id)
        await self._store.drop_view(actor.tenant, actor.id, view_id)

    async def _own(self, actor: Actor, view_id: str) -> None:
        if (await self.read(actor, view_id)).owner != actor.id:
            raise Denied("only whoever saved a view may change it", reasons=(NOT_YOURS,))

    async def _keep(self, actor: Actor, view_id: str, wanted: NewView) -> SavedView:
        _check(wanted.shows)
        view = SavedView(
            tenant=actor.tenant,
            id=view_id,
            owner=actor.id,
            title=wanted.title,
            shows=wanted.shows,
            shared=wanted.shared,
            preferred=wanted.preferred,
        )
        try:
            kept = await self._store.keep_view(view)
        except TitleTaken:
            fault = FieldError("title", "is that of another view of yours; choose another one")
            raise Conflict("another view of yours has this title", errors=(fault,)) from None
        except NoRoomForViews:
            message = f"There is room for {MOST_OWN} views of your own and {MOST_SHARED} shared ones. Remove one first."
            raise OverQuota(message) from None
        if not kept:
            raise NotFound("there is no such view")
        return view


def _for(actor: Actor, view: SavedView) -> SavedView:
    return view if view.owner == actor.id else replace(view, preferred=False)


def _check(shows: Shows) -> None:
    """What its queue says of a case, a view cannot say otherwise."""
    twice = SETS.get(shows.queue or "", frozenset()) & shows.filters.keys()
    if twice:
        faults = (FieldError(f"shows.filters.{name}", f"is said by the queue {shows.queue}") for name in sorted(twice))
        raise Invalid("Some of what the view shows is said twice.", errors=tuple(faults))
