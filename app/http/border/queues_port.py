"""What the HTTP border and the pages need from the services of queues and saved views."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from app.domain.case.attempt import Actor
from app.services.cases.queues import Readable
from app.services.cases.saved_views import NewView
from app.services.cases.views import Wanted
from app.services.store.saved_views import SavedView, Shows
from app.services.store.search import CaseCount


class QueuesPort(Protocol):
    def wanted(self, actor: Actor, shows: Shows, **paging: Any) -> Wanted:
        """What a view asks for when this caller looks at it."""
        ...

    async def count(self, actor: Actor, wanted: Wanted) -> CaseCount: ...

    def readable(self, actor: Actor) -> Readable: ...

    def administrators(self, actor: Actor) -> Sequence[str]:
        """Some of those who give rights."""
        ...

    async def counts(self, actor: Actor) -> Mapping[str, CaseCount]:
        """By queue."""
        ...


class ViewsPort(Protocol):
    async def list(self, actor: Actor) -> Sequence[SavedView]: ...

    async def read(self, actor: Actor, view_id: str) -> SavedView:
        """Raises NotFound."""
        ...

    async def make(self, actor: Actor, wanted: NewView) -> SavedView:
        """Raises Invalid and OverQuota."""
        ...

    async def change(self, actor: Actor, view_id: str, wanted: NewView) -> SavedView:
        """Raises NotFound, Denied, Invalid and OverQuota."""
        ...

    async def drop(self, actor: Actor, view_id: str) -> None:
        """Raises NotFound and Denied."""
        ...
