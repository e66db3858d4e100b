"""The shapes of the answers, as the OpenAPI document shows them."""

from typing import Any, Literal, NotRequired, TypedDict

from app.http.border.codes import ProblemView, ReasonView

ClockStatus = Literal["pending", "running", "paused", "met", "met_late", "cancelled"]
BreachReason = Literal["due", "retarget"]


class ClockView(TypedDict):
    """A cycle of an SLA clock. `due_at` is null while it is paused in time, and where no due is known yet.

    `breached_at` is a fact beside the status: a breached clock goes on. `paused` says why it is."""

    cycle: int
    status: ClockStatus
    started_at: str
    due_at: str | None
    paused: str | None
    breached_at: str | None
    breach_reason: BreachReason | None
    stopped_at: str | None
    calendar: str


class DefinitionView(TypedDict):
    """Under which version of its case type a case was opened; `hash` is of its canonical form."""

    version: int
    hash: str


class CasePersonView(TypedDict):
    """Somebody who stands to a case, with their roles on it: `[creator]`, `[assignee]`, and those given. `name` is null
    where nobody has told it."""

    subject: str
    name: str | None
    roles: list[str]


class CaseView(TypedDict):
    """A case, with the current cycle of each clock that has started.

    `state` joins the active leaf states with `+`; times are RFC 3339 UTC. `opened_at`, `changed_at` and `closed_at` are
    when it happened: `occurred_at`, where an event had one. What is told late of the past leaves `changed_at` where it
    was. `creator` opened it; `people` is there where the case itself was asked for."""

    id: str
    case_type: str
    definition: DefinitionView
    reference: str | None
    state: str
    states: list[str]
    version: int
    data: dict[str, Any]
    creator: str
    assignee: str | None
    team: str | None
    urgency: int
    slas: dict[str, ClockView]
    opened_at: str
    changed_at: str
    closed_at: str | None
    people: NotRequired[list[CasePersonView]]


class ReceiptView(TypedDict):
    """Keep it: it exposes a later omission from the log."""

    entry_id: str
    case_seq: int
    entry_hash: str


class AppliedView(TypedDict):
    """The case as it stands now, and the receipt. `case` is left out where the caller may not read it."""

    case: NotRequired[CaseView]
    receipt: ReceiptView


ChangedStateView = TypedDict("ChangedStateView", {"from": str | None, "to": str})
ChangedValueView = TypedDict("ChangedValueView", {"from": Any, "to": Any})
ChangedClockView = TypedDict("ChangedClockView", {"from": ClockView | None, "to": ClockView | None})


class ChangesView(TypedDict):
    """What a call would change of the case. `data` and `clocks` hold only what would be another: data by path, such as
    `data.address.city`, where of objects each member is told apart and a list is told whole. What is not there is
    null."""

    state: ChangedStateView
    data: dict[str, ChangedValueView]
    clocks: dict[str, ChangedClockView]


class TriedView(TypedDict):
    """What `dry_run=true` is answered: nothing was recorded. `case` is as it would be told; `changes` is there where
    the caller may read the case as it is."""

    dry_run: Literal[True]
    case: NotRequired[CaseView]
    changes: NotRequired[ChangesView]


class CountView(TypedDict):
    """How many there are: exactly, or, with `more`, at least so many."""

    value: int
    more: bool


class CasePageView(TypedDict):
    """A page of cases. `next_cursor` is null on the last one; `count` is there where it was asked for."""

    items: list[CaseView]
    next_cursor: str | None
    count: NotRequired[CountView]


class ResultView(TypedDict):
    """What came of one attempt: a receipt (200, or 201 where it opened a case) or a problem. Where `case` is left out
    for its size, `case_id` says which one it is. With `dry_run=true`, `dry_run` and `changes` take the place of a
    receipt."""

    status: int
    case: NotRequired[CaseView]
    case_id: NotRequired[str]
    receipt: NotRequired[ReceiptView]
    problem: NotRequired[ProblemView]
    dry_run: NotRequired[Literal[True]]
    changes: NotRequired[ChangesView]


class ResultsView(TypedDict):
    """A result per attempt, in order; `dry_run` where none of them was recorded."""

    results: list[ResultView]
    dry_run: NotRequired[Literal[True]]


class PossibleEventView(TypedDict):
    """An event that this caller may fire now; `needs` is `payload` where a guard must see it first, and `form` is true
    where it asks for data."""

    event: str
    title: str | None
    to: str | None
    payload_schema: Any
    reason: str | None
    needs: NotRequired[str]
    form: NotRequired[bool]


class ChangeView(TypedDict):
    """One thing that has to be so; further members belong to the code. `met`: it is already, and has to stay so."""

    code: Literal["state", "role", "rule", "guard", "four_eyes"]
    remedy: str
    met: bool


class RefusedEventView(TypedDict):
    """Each of `ways` would allow the event: all that it names has to be so. At most eight are told."""

    event: str
    title: str | None
    reasons: list[ReasonView]
    who_could: list[str]
    ways: list[list[ChangeView]]


class PossibleActView(TypedDict):
    """What the caller may do now besides events: claim, release, assign, comment, attach, link, or give roles. `act` is
    what the policy allows; two verbs may need the same one."""

    verb: str
    act: str
    title: str


class PossibleView(TypedDict):
    """What the caller may do now. `refused` is there with explain=true."""

    events: list[PossibleEventView]
    acts: list[PossibleActView]
    refused: NotRequired[list[RefusedEventView]]


class EntryView(TypedDict):
    """An audit entry: `entry` is the canonical JSON that `entry_hash` is of; `values` by path, unless erased."""

    entry_id: str
    case_seq: int | None
    entry: Any
    entry_hash: str
    values: dict[str, Any]


class EntryPageView(TypedDict):
    """A page of the log of a case. `next_after` is null on the last one."""

    items: list[EntryView]
    next_after: str | None


class LeafView(EntryView):
    """An audit entry and its place in the tenant's log; `case_id` is null where it concerns no case."""

    leaf_index: int
    case_id: str | None


class LeafEventView(TypedDict):
    """A server-sent event: `id` is the leaf_index of the entry, `data` the entry as the feed shows it."""

    id: str
    data: str


class FeedView(TypedDict):
    """A page of the log. `next_after` continues behind all that was looked at, also where nothing of it was for the
    caller."""

    items: list[LeafView]
    next_after: int


class HealthView(TypedDict):
    """The process answers."""

    status: str


class ReadinessView(TypedDict):
    """Traffic may come; `warnings` are for the operator."""

    ready: bool
    warnings: list[str]
    details: dict[str, str]
