"""What the HTTP border needs from the services, derived from what its handlers call."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from litestar import Request
from litestar.datastructures import State

from app.domain.case.attempt import Actor, Attempt
from app.domain.clocks.explained import Stretch
from app.domain.definition.views import Views
from app.domain.diagram import DiagramFormat
from app.http.border.exports_port import ExportsPort
from app.http.border.proofs_port import FieldHistoryPort, NotedReadsPort, ProofsPort
from app.http.border.queues_port import QueuesPort, ViewsPort
from app.http.border.work_port import AttachmentsPort, HeldFilesPort, NextCasePort, WorkPort
from app.http.sign_in.callers import KeyCallers
from app.services.callers.api_keys import NewKey
from app.services.callers.people import Me
from app.services.callers.rate_limits import RateLimits
from app.services.cases.forms import FormReads
from app.services.cases.type_rights import Doer
from app.services.cases.views import Page, Possible, Shown, Wanted
from app.services.clocks.simulations import Asked
from app.services.definitions.case_types import CaseTypeView, PublishedVersion
from app.services.desk.answer import Answer
from app.services.fairness.slices import Slices
from app.services.log.ledger import Admitted, FeedPage
from app.services.policy.requests import AskedChange, ChangedPolicy, Preview, WhoCanFire
from app.services.store.callers import StoredKey
from app.services.store.policy_lines import LinePage, LineQuery
from app.services.store.stored import StoredClock, StoredEntry
from app.services.work.case_pages import CasePages


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

    async def version(self, name: str, number: int | None) -> CaseTypeView:
        """The one in force where no number is given. Raises NotFound, and Invalid for a version that never was."""
        ...

    def views(self, name: str) -> Views | None:
        """How all cases of a type are shown, those of older versions too."""
        ...

    async def versions(self, name: str) -> Sequence[PublishedVersion]:
        """The newest first. Raises NotFound."""
        ...

    async def diagram(self, name: str, number: int | None, format: DiagramFormat) -> str:  # noqa: A002
        """Raises the same."""
        ...


class TypeRightsPort(Protocol):
    async def readable(self, actor: Actor) -> Sequence[str]:
        """The case types in force that the actor has to do with: reads cases of, or opens."""
        ...

    async def reads(self, actor: Actor, name: str) -> bool:
        """The same of one, also of one that is not declared any more."""
        ...

    async def openings(self, actor: Actor, name: str) -> Sequence[str]:
        """The events by which the actor may open a case of this type, conditions aside."""
        ...

    async def doers(self, actor: Actor, name: str, events: Iterable[str]) -> Mapping[str, Sequence[Doer]]:
        """By event, whom the actor's tenant lets fire it on cases of a type, or open one by it."""
        ...


class ClocksPort(Protocol):
    async def all(self, actor: Actor, case_id: str) -> Sequence[StoredClock]:
        """Every cycle of every clock. Raises NotFound, also for a case that the actor may not read."""
        ...

    async def explain(
        self, actor: Actor, case_id: str, name: str, cycle: int | None, stretch: Stretch
    ) -> dict[str, Any]:
        """Raises NotFound, also for a clock or a cycle that is not there, Invalid where it takes too long."""
        ...

    def calendar_title(self, name: str) -> str | None:
        """What a calendar is called, where it says so."""
        ...


class SimulationsPort(Protocol):
    async def simulate(self, tenant: str, asked: Asked) -> dict[str, Any]:
        """Raises Invalid with the fields that are wrong, Unavailable where too many wait."""
        ...


class PolicyChangesPort(Protocol):
    async def find(self, actor: Actor, query: LineQuery) -> LinePage: ...

    async def change(self, actor: Actor, asked: AskedChange) -> ChangedPolicy: ...

    async def preview(self, actor: Actor, asked: AskedChange) -> Preview: ...


class WhoCanPort(Protocol):
    async def fire(self, actor: Actor, case_id: str, event: str, after: str | None, limit: int) -> WhoCanFire: ...


class LedgerPort(Protocol):
    async def feed(self, actor: Actor, after: int, limit: int, wait: float, admitted: Admitted) -> FeedPage:
        """The entries of the tenant after a leaf index; waits up to `wait` seconds for one, and asks for the caller
        again then. Raises TooMany or Unavailable where too many wait already."""
        ...

    async def of_service(self, actor: Actor, after: int, limit: int) -> FeedPage:
        """The entries of the service, which bind all tenants, after a leaf index."""
        ...

    def follow(self, admitted: Admitted, case_id: str | None, after: int | None) -> AsyncGenerator[FeedPage]:
        """Pages as they come, of the tenant or of one case; ends when `admitted` raises. `after` None: what is new.

        Raises TooMany or Unavailable where too many wait already, before the first page, which is empty."""
        ...


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether traffic may come here: `problems` say why not, `warnings` what an operator should change."""

    ready: bool
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    details: dict[str, str] = field(default_factory=dict)


class ApiKeysPort(Protocol):
    """Each raises Denied to those who do not administer the tenant."""

    async def make(self, actor: Actor, wanted: NewKey, request_id: str) -> tuple[StoredKey, str]: ...

    async def list(self, actor: Actor, after: str | None, limit: int, request_id: str) -> Sequence[StoredKey]: ...

    async def revoke(self, actor: Actor, key_id: str, request_id: str) -> StoredKey:
        """Raises NotFound."""
        ...


class PeoplePort(Protocol):
    async def me(self, actor: Actor) -> Me: ...

    async def names(self, tenant: str, subjects: Iterable[str]) -> Mapping[str, str]:
        """What to call each of them, in one read; who is not known is called by their subject."""
        ...


def _each_alone(_: str) -> AbstractAsyncContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything that the handlers call. `trials` answers as `desk` would, and records nothing. `keys` says whom an API
    key names; without `rates` there is no limit. What a page asks for while it is `together` about a tenant is read at
    once."""

    desk: DeskPort
    trials: DeskPort
    cases: CasesPort
    case_types: CaseTypesPort
    clocks: ClocksPort
    simulations: SimulationsPort
    policy_changes: PolicyChangesPort
    who_can: WhoCanPort
    readiness: Callable[[], Awaitable[Readiness]]
    metrics: Callable[[], Awaitable[tuple[str, bytes]]]
    ledger: LedgerPort
    work: WorkPort
    next_case: NextCasePort
    queues: QueuesPort
    views: ViewsPort
    attachments: AttachmentsPort
    held_files: HeldFilesPort
    api_keys: ApiKeysPort | None = None
    keys: KeyCallers | None = None
    people: PeoplePort | None = None
    rates: RateLimits | None = None
    forms: FormReads | None = None
    case_pages: CasePages | None = None
    slices: Slices = field(default_factory=Slices)
    type_rights: TypeRightsPort | None = None
    proofs: ProofsPort | None = None
    noted_reads: NotedReadsPort | None = None
    exports: ExportsPort | None = None
    field_history: FieldHistoryPort | None = None
    together: Callable[[str], AbstractAsyncContextManager[None]] = _each_alone


ApiRequest = Request[Actor, None, State]


def readmitting(request: ApiRequest) -> Admitted:
    """Asks who the caller is now: a token expires, or a key is revoked, while the answer is waited for."""
    return lambda: request.app.state.border.caller(request)


def decider(request: Request[Any, Any, Any], dry_run: bool) -> DeskPort:
    """Who decides what a request attempts."""
    services = services_of(request)
    return services.trials if dry_run else services.desk


def services_of(request: Request[Any, Any, Any]) -> Services:
    return cast(Services, request.app.state.services)
