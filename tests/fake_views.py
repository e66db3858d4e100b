"""Saved views in memory, as a store keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.domain.case.attempt import Actor
from app.services.cases.queues import Readable
from app.services.cases.views import Wanted
from app.services.store.saved_views import SavedView, Shows, TitleTaken
from app.services.store.search import CaseCount


@dataclass
class FakeViewStore:
    kept: dict[str, SavedView] = field(default_factory=dict)

    async def saved_views(self, tenant: str, subject: str) -> Sequence[SavedView]:
        seen = [view for view in self.kept.values() if _sees(view, tenant, subject)]
        return sorted(seen, key=lambda view: (view.owner != subject, view.title, view.id))

    async def saved_view(self, tenant: str, subject: str, view_id: str) -> SavedView | None:
        found = self.kept.get(view_id)
        return found if found and _sees(found, tenant, subject) else None

    async def keep_view(self, view: SavedView) -> bool:
        others = [one for one in self.kept.values() if one.id != view.id and one.owner == view.owner]
        if any(one.title == view.title for one in others):
            raise TitleTaken
        if view.preferred:
            self.kept |= {one.id: replace(one, preferred=False) for one in others}
        self.kept[view.id] = view
        return True

    async def drop_view(self, tenant: str, owner: str, view_id: str) -> bool:
        return self.kept.pop(view_id, None) is not None


class FakeQueues:
    def wanted(self, actor: Actor, shows: Shows, **paging: Any) -> Wanted:
        return Wanted(**{"sort": shows.sort, **shows.filters, **paging})

    async def count(self, actor: Actor, wanted: Wanted) -> CaseCount:
        return CaseCount(0, False)

    def readable(self, actor: Actor) -> Readable:
        return Readable()

    def administrators(self, actor: Actor) -> Sequence[str]:
        return ()

    async def counts(self, actor: Actor) -> Mapping[str, CaseCount]:
        return {}


def _sees(view: SavedView, tenant: str, subject: str) -> bool:
    return view.tenant == tenant and (view.shared or view.owner == subject)
