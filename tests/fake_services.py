"""Fakes of the services that the HTTP border calls: they remember what they were asked and answer from memory."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient

from app.domain.case.attempt import Actor, Attempt
from app.domain.case.case import Case
from app.domain.case.entry import Receipt
from app.domain.case.held_file import HeldFile
from app.domain.case.made_by_verbs import CaseRole
from app.domain.clocks.explained import Stretch
from app.domain.definition.case_type import CaseType
from app.domain.definition.views import Views
from app.domain.diagram import DiagramFormat
from app.domain.values.errors import CaseError, NotFound, Reason, invalid
from app.domain.verbs.attaching import Attach
from app.http.border.services import Readiness, Services
from app.http.sign_in.own_tokens import mint
from app.services.callers.people import Me
from app.services.cases.saved_views import Views as SavedViews
from app.services.cases.type_rights import Doer
from app.services.cases.views import Page, Possible, Shown, Wanted
from app.services.clocks.calendars import Calendars
from app.services.clocks.simulations import Simulations
from app.services.definitions.case_types import CaseTypeView, PublishedVersion
from app.services.definitions.definitions import Definitions
from app.services.desk.answer import Answer, case_json
from app.services.fairness.counting import Counting
from app.services.log.ledger import Admitted, FeedPage
from app.services.log.proofs import Consistency, Inclusion, Proven
from app.services.policy.requests import Able, AskedChange, ChangedPolicy, Preview, Triple, WhoCanFire
from app.services.store.log import FROM_THE_FIRST
from app.services.store.log_tree import FoundEntry, StoredCheckpoint
from app.services.store.policy_lines import LinePage, LineQuery
from app.services.store.stored import PolicyLine, StoredClock, StoredEntry
from app.services.store.work import StoredAttachment, StoredComment, StoredLink
from app.services.work.attachments import Asking
from app.services.work.uploads import Received
from app.services.work.work import Wish
from tests.fake_views import FakeQueues, FakeViewStore
from tests.one_app import SECRET, an_app

CASE_ID = "0198c0de-0000-7000-8000-000000000001"
CASES = "/api/v1/cases"
EVENTS = f"{CASES}/{CASE_ID}/events"
FOREIGN_ID = "0198c0de-0000-7000-8000-00000000ffff"
OPENED_AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)

CASE = Case(
    tenant="acme",
    id=CASE_ID,
    case_type="expense_claim",
    definition="ab" * 32,
    definition_version=1,
    reference="EXP-1",
    state="submitted",
    version=3,
    seq=4,
    data={"amount_cents": 4200, "currency": "EUR"},
    creator="user:alice",
    opened_at=OPENED_AT,
    changed_at=OPENED_AT,
    recorded_at=OPENED_AT,
    last_hash="cd" * 32,
)
REASON = Reason("role", "You hold none of the roles.", "Ask a role:manager.", {"roles": ["role:manager"]})
RECEIPT = Receipt("0198c0de-0000-7000-8000-000000000009", 4, "ef" * 32)

TRIAGE = PolicyLine(
    kind="p",
    role="role:clerk",
    tenant="*",
    obj="expense_claim",
    act="triage",
    when="",
    eft="allow",
    source="expense_claim.csv",
    id=3,
    added=1,
)
MEMBER = PolicyLine(kind="g", role="user:alice", tenant="acme", obj="role:clerk", id=4, added=2)

CASE_TYPE = CaseType.model_validate(
    {
        "case_type": "expense_claim",
        "title": "Expense claim",
        "opening": {"submit": "submitted"},
        "data": {"type": "object", "required": ["amount_cents"]},
        "states": {
            "submitted": {"title": "Submitted"},
            "review": {"initial": "first_line", "states": {"first_line": {}, "second_line": {}}},
            "paid": {"final": True},
        },
        "events": {
            "approve": {
                "payload": {"type": "object"},
                "from": ["submitted", "review"],
                "to": "paid",
                "when": "data.amount_cents <= 50000",
                "unless_actor_of": ["submit"],
            }
        },
    }
)


def applied(attempt: Attempt) -> Answer:
    return Answer(receipt=RECEIPT, case=case_json(CASE), opened=attempt.opens != "never")


@dataclass
class FakeDesk:
    """Answers every attempt with `decide`; `seen` holds the attempts in order."""

    decide: Callable[[Attempt], Answer] = applied
    seen: list[Attempt] = field(default_factory=list)

    async def submit(self, attempts: Sequence[Attempt]) -> list[Answer]:
        self.seen += attempts
        return [self.decide(attempt) for attempt in attempts]

    def refuse(self, error: CaseError, replayed: bool = False) -> None:
        self.decide = lambda attempt: Answer(error=error, replayed=replayed)


@dataclass
class FakeCases:
    case: Case = CASE
    possible_now: Possible = field(default_factory=lambda: Possible([]))
    entries: list[StoredEntry] = field(default_factory=list)
    wanted: Wanted | None = None
    raises: Exception | None = None

    async def show(self, actor: Actor, case_id: str) -> Shown:
        if self.raises is not None:
            raise self.raises
        if (actor.tenant, case_id) != (self.case.tenant, self.case.id):
            raise NotFound(f"there is no case {case_id}")
        return Shown(self.case, {})

    async def find(self, actor: Actor, wanted: Wanted) -> Page:
        self.wanted = wanted
        if self.raises is not None:
            raise self.raises
        found = [self.case] if wanted.reference in {None, self.case.reference} else []
        return Page(found, "more")

    async def possible(self, actor: Actor, case_id: str, explain: bool) -> Possible:
        await self.show(actor, case_id)
        return self.possible_now if explain else replace(self.possible_now, refused=())

    async def log(
        self, actor: Actor, case_id: str, denied: bool, after: int | str | None, limit: int
    ) -> Sequence[StoredEntry]:
        await self.show(actor, case_id)
        found = [entry for entry in self.entries if (entry.case_seq is None) == denied]
        later = [e for e in found if after is None or (e.entry_id > after if denied else e.case_seq > int(after))]
        return later[:limit]


@dataclass
class FakeClocks:
    """The clocks of the case of FakeCases."""

    cases: FakeCases
    cycles: list[StoredClock] = field(default_factory=list)
    asked: tuple[str, int | None] | None = None

    async def all(self, actor: Actor, case_id: str) -> Sequence[StoredClock]:
        await self.cases.show(actor, case_id)
        return self.cycles

    async def explain(
        self, actor: Actor, case_id: str, name: str, cycle: int | None, stretch: Stretch
    ) -> dict[str, Any]:
        await self.cases.show(actor, case_id)
        self.asked = (name, cycle)
        raise NotFound("the case has no such clock")

    def calendar_title(self, name: str) -> str | None:
        return None


@dataclass
class FakeMetrics:
    text: bytes = b"stateward_sla_clocks 1.0\n"

    async def exposed(self) -> tuple[str, bytes]:
        return "text/plain; version=1.0.0; charset=utf-8", self.text


@dataclass
class FakeLedger:
    """Answers the feed with `page`, and follows with `pages`."""

    page: FeedPage = field(default_factory=lambda: FeedPage((), -1))
    pages: list[FeedPage] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    raises: Exception | None = None

    async def feed(self, actor: Actor, after: int, limit: int, wait: float, admitted: Admitted) -> FeedPage:
        if self.raises is not None and wait:
            raise self.raises
        self.asked.append((actor.id, after, limit, wait))
        await admitted()
        return self.page

    async def of_service(self, actor: Actor, after: int, limit: int) -> FeedPage:
        self.asked.append((actor.id, after, limit))
        return self.page

    async def follow(self, admitted: Admitted, case_id: str | None, after: int | None) -> AsyncGenerator[FeedPage]:
        if self.raises is not None:
            raise self.raises
        self.asked.append(((await admitted()).id, case_id, after))
        for page in self.pages or [FeedPage((), FROM_THE_FIRST)]:
            yield page


class FakeCaseTypes:
    view = CaseTypeView(CASE_TYPE, 1, CASE_TYPE.hash())

    def list(self) -> Sequence[CaseTypeView]:
        return [self.view]

    async def version(self, name: str, number: int | None) -> CaseTypeView:
        if name != self.view.case_type.case_type:
            raise NotFound("there is no such case type")
        if number not in (None, self.view.version):
            raise invalid("version", "there is no such version")
        return self.view

    def views(self, name: str) -> Views | None:
        return self.view.case_type.views

    async def versions(self, name: str) -> Sequence[PublishedVersion]:
        return [PublishedVersion(1, (await self.version(name, None)).hash, OPENED_AT, True)]

    async def diagram(self, name: str, number: int | None, format: DiagramFormat) -> str:  # noqa: A002
        await self.version(name, number)
        return "<svg xmlns='http://www.w3.org/2000/svg'/>" if format == "svg" else "stateDiagram-v2"


class FakeTypeRights:
    """Everybody has to do with every case type, and clerks may fire all."""

    async def readable(self, actor: Actor) -> Sequence[str]:
        return ["expense_claim"]

    async def reads(self, actor: Actor, name: str) -> bool:
        return True

    async def openings(self, actor: Actor, name: str) -> Sequence[str]:
        return ["submit"]

    async def doers(self, actor: Actor, name: str, events: Iterable[str]) -> Mapping[str, Sequence[Doer]]:
        return {event: [Doer("role:clerk", False)] for event in events}


class FakeWork:
    """Nobody has said or linked anything."""

    async def edited(self, actor: Actor, comment_id: str) -> None:
        return None

    async def comments(self, actor: Actor, case_id: str, after: int | None, limit: int) -> Sequence[StoredComment]:
        return []

    async def attachments(
        self, actor: Actor, case_id: str, after: int | None, limit: int
    ) -> Sequence[StoredAttachment]:
        return []

    async def attachment(self, actor: Actor, case_id: str, attachment_id: str) -> StoredAttachment:
        raise NotFound("there is no such attachment")

    async def links(self, actor: Actor, case_id: str) -> Sequence[StoredLink]:
        return []

    async def roles(self, actor: Actor, case_id: str) -> Sequence[CaseRole]:
        return []


class FakeAttachments:
    """All that comes is kept, and `desk` decides."""

    def __init__(self, desk: FakeDesk) -> None:
        self.desk = desk

    async def attach(self, asking: Asking, pieces: AsyncIterator[bytes], announced: int = 0) -> Answer:
        received = Received("ab" * 32, sum([len(piece) async for piece in pieces]), None, CASE_ID)
        [answer] = await self.desk.submit([asking(received)])
        return answer

    async def would_attach(self, asking: Asking, pieces: AsyncIterator[bytes], announced: int = 0) -> Answer:
        return await self.attach(asking, pieces, announced)

    async def scan_state(self, actor: Actor, sha256: str) -> str | None:
        return None

    async def read(self, actor: Actor, sha256: str) -> AsyncIterator[bytes]:
        async def pieces() -> AsyncIterator[bytes]:
            yield b""

        return pieces()


class FakeHeldFiles:
    async def hold(self, actor: Actor, file: Attach, pieces: AsyncIterator[bytes], announced: int = 0) -> HeldFile:
        size = sum([len(piece) async for piece in pieces])
        return HeldFile(
            tenant=actor.tenant,
            id=CASE_ID,
            owner=actor.id,
            file_name=file.file_name,
            sha256="ab" * 32,
            size=size,
            declared_type=file.declared_type,
            sniffed_type=None,
        )


@dataclass
class FakeNextCase:
    """Answers everybody with `answer`; `seen` holds what was asked for."""

    answer: Answer | None = None
    seen: list[tuple[Attempt, Wish, Sequence[Attempt]]] = field(default_factory=list)

    async def claim(self, attempt: Attempt, wish: Wish, skips: Sequence[Attempt]) -> Answer | None:
        self.seen.append((attempt, wish, skips))
        return self.answer


@dataclass
class FakePolicyChanges:
    """A policy of two lines; `asked` is what the last call asked for."""

    asked: AskedChange | LineQuery | None = None
    raises: CaseError | None = None

    async def find(self, actor: Actor, query: LineQuery) -> LinePage:
        self._note(query)
        return LinePage([TRIAGE, MEMBER], 7, None)

    async def change(self, actor: Actor, asked: AskedChange) -> ChangedPolicy:
        self._note(asked)
        return ChangedPolicy(8, CASE_ID, [replace(line, id=9, added=8) for line in asked.add], len(asked.remove))

    async def preview(self, actor: Actor, asked: AskedChange) -> Preview:
        self._note(asked)
        gained = Triple(
            case_type="expense_claim",
            role="role:clerk",
            state="submitted",
            event="triage",
            before="never",
            after="always",
        )
        return Preview(7, [gained], [], [])

    def _note(self, asked: AskedChange | LineQuery) -> None:
        if self.raises is not None:
            raise self.raises
        self.asked = asked


@dataclass
class FakeProofs:
    """A log of the one entry that has the id `CASE_ID`."""

    asked: list[Any] = field(default_factory=list)
    newest: StoredCheckpoint = field(
        default_factory=lambda: StoredCheckpoint(
            tenant="acme", size=1, root=bytes(32), note="s/acme\n1\n\n— s AAAA\n", at=OPENED_AT
        )
    )

    async def entry(self, actor: Actor, log: str, *, entry_id: str = "", entry_hash: str = "") -> Proven:
        self.asked.append((actor.id, log, entry_id or entry_hash))
        if entry_id == FOREIGN_ID:
            raise NotFound("no such entry")
        stored = StoredEntry(entry_id=CASE_ID, case_seq=1, entry="{}", entry_hash="aa" * 32, values={})
        return Proven(FoundEntry(0, CASE_ID, stored, None), Inclusion(self.newest, [bytes(32)]))

    async def checkpoint(self, actor: Actor, log: str, size: int | None = None) -> StoredCheckpoint:
        self.asked.append((actor.id, log, size))
        return self.newest

    async def consistency(self, actor: Actor, log: str, first: int, second: int) -> Consistency:
        self.asked.append((actor.id, log, first, second))
        if first > second:
            raise invalid("from", "must not be above `to`")
        return Consistency(first=first, second=second, first_root=bytes(32), second_root=bytes(32), path=[])


@dataclass
class FakeWhoCan:
    asked: tuple[str, str, str | None, int] | None = None

    async def fire(self, actor: Actor, case_id: str, event: str, after: str | None, limit: int) -> WhoCanFire:
        self.asked = (case_id, event, after, limit)
        able = [Able("user:alice"), Able("user:bob", "payload")]
        return WhoCanFire(
            case_id=case_id, event=event, version=7, subjects=able, roles=[Able("role:clerk")], after=None
        )


class FakePeople:
    async def me(self, actor: Actor) -> Me:
        return Me(actor=actor, name="Alice Lidell", roles=actor.roles, zone="Europe/Berlin", language="de")

    async def names(self, tenant: str, subjects: Iterable[str]) -> dict[str, str]:
        return {one: one.removeprefix("user:").title() for one in subjects}


@dataclass
class Fakes:
    """All fakes of one application, to prepare and to look at."""

    desk: FakeDesk = field(default_factory=FakeDesk)
    cases: FakeCases = field(default_factory=FakeCases)
    case_types: FakeCaseTypes = field(default_factory=FakeCaseTypes)
    type_rights: FakeTypeRights = field(default_factory=FakeTypeRights)
    clocks: FakeClocks = field(init=False)
    simulations: Simulations = field(default_factory=lambda: Simulations(Definitions(), Calendars(), Counting()))
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    policy_changes: FakePolicyChanges = field(default_factory=FakePolicyChanges)
    who_can: FakeWhoCan = field(default_factory=FakeWhoCan)
    work: FakeWork = field(default_factory=FakeWork)
    attachments: FakeAttachments = field(init=False)
    next_case: FakeNextCase = field(default_factory=FakeNextCase)
    views: SavedViews = field(default_factory=lambda: SavedViews(FakeViewStore()))
    ledger: FakeLedger = field(default_factory=FakeLedger)
    proofs: FakeProofs = field(default_factory=FakeProofs)
    ready: Readiness = field(default_factory=lambda: Readiness(True, details={"database": "SQLite 3.51.3"}))

    def __post_init__(self) -> None:
        self.clocks = FakeClocks(self.cases)
        self.attachments = FakeAttachments(self.desk)

    def services(self) -> Services:
        return Services(
            desk=self.desk,
            trials=self.desk,
            cases=self.cases,
            case_types=self.case_types,
            type_rights=self.type_rights,
            clocks=self.clocks,
            simulations=self.simulations,
            policy_changes=self.policy_changes,
            who_can=self.who_can,
            readiness=self.readiness,
            metrics=self.metrics.exposed,
            ledger=self.ledger,
            work=self.work,
            next_case=self.next_case,
            queues=FakeQueues(),
            views=self.views,
            attachments=self.attachments,
            held_files=FakeHeldFiles(),
            people=FakePeople(),
            proofs=self.proofs,
        )

    async def readiness(self) -> Readiness:
        return self.ready


def token(user: str = "alice", tenant: str = "acme", roles: Sequence[str] = ("clerk",)) -> str:
    return mint(SECRET, tenant, user, roles, ttl_seconds=24 * 3600)


@contextmanager
def api(fakes: Fakes, bearer: str | None = None) -> Iterator[TestClient[Litestar]]:
    """A client of the application over fakes, signed in as user:alice of acme unless told otherwise."""
    with an_app(fakes.services()) as app, TestClient(app, raise_server_exceptions=False) as client:
        client.headers["authorization"] = f"Bearer {bearer or token()}"
        yield client
