"""What the HTTP border needs from the services, derived from what its handlers call."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from litestar import Request
from litestar.datastructures import State

from app.domain.case import Actor, Attempt
from app.domain.diagram import DiagramFormat
from app.services.answer import Answer
from app.services.ledger import FeedPage
from app.services.stored import StoredEntry
from app.services.views import CaseTypeView, Page, Possible, Shown, Wanted


class DeskPort(Protocol):
    async def submit(self, attempts: Sequence[Attempt]) -> list[Answer]:
        """An answer per attempt, in order; what is wrong with one attempt stands in its answer."""
        ...


class CasesPort(Protocol):
    async def show(self, actor: Actor, case_id: str) -> Shown:
        """Raises NotFound, also for a case that the actor may not read."""
        ...

    async def find(self, actor: Actor, wanted: Wanted) -> Page:
        """Raises Invalid on a cursor that we did not give."""
        ...

    async def possible(self, actor: Actor, case_id: str, explain: bool) -> Possible: ...

    async def log(
        self, actor: Actor, case_id: str, denied: bool, after: int | str | None, limit: int
    ) -> Sequence[StoredEntry]:
        """The case's chain after a `case_seq`, or its refused attempts after an entry id."""
        ...


class CaseTypesPort(Protocol):
    def list(self) -> Sequence[CaseTypeView]: ...

    def get(self, name: str) -> CaseTypeView:
        """Raises NotFound."""
        ...

    def diagram(self, name: str, format: DiagramFormat) -> str:  # noqa: A002
        """Raises NotFound."""
        ...


class LedgerPort(Protocol):
    def check_room(self) -> None:
        """Raises Unavailable where too many wait already."""
        ...

    async def feed(self, actor: Actor, after: int, limit: int, wait: float) -> FeedPage:
        """The entries of the tenant after a leaf index; waits up to `wait` seconds for one."""
        ...

    def follow(
        self, admitted: Callable[[], Awaitable[Actor]], case_id: str | None, after: int | None
    ) -> AsyncGenerator[FeedPage]:
        """Pages as they come, of the tenant or of one case; ends when `admitted` raises. `after` None: what is new."""
        ...


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether traffic may come here: `problems` say why not, `warnings` what an operator should change."""

    ready: bool
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Services:
    """Everything that the handlers call."""

    desk: DeskPort
    cases: CasesPort
    case_types: CaseTypesPort
    readiness: Callable[[], Awaitable[Readiness]]
    ledger: LedgerPort


ApiRequest = Request[Actor, None, State]


def services_of(request: Request[Any, Any, Any]) -> Services:
    return cast(Services, request.app.state.services)
