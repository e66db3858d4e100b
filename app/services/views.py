"""What reading services answer: pages of cases, what may be fired now, and why not."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.case import Case, Json
from app.domain.case_type import CaseType
from app.domain.errors import Reason


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases a caller asks for. `sort` as in CaseQuery; `cursor` is the `next_cursor` of the previous page."""

    case_type: str | None = None
    state: str | None = None
    assignee: str | None = None
    team: str | None = None
    reference: str | None = None
    sort: str = "-changed_at"
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Cases in the asked order; `next_cursor` is opaque, None on the last page."""

    items: Sequence[Case]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PossibleEvent:
    """An event that the caller may fire now. `to` is the state it leads to, or None where a guard needs the
    payload to tell; `needs` is `payload` in that case."""

    event: str
    title: str | None
    to: str | None
    payload_schema: Json | None
    reason: str | None
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """An event that the caller may not fire now: what says no, and the roles that could."""

    event: str
    title: str | None
    reasons: tuple[Reason, ...]
    who_could: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Possible:
    events: Sequence[PossibleEvent]
    refused: Sequence[RefusedEvent] = ()


@dataclass(frozen=True, slots=True)
class CaseTypeView:
    """A case type in its current version; `hash` is the identity of the definition."""

    case_type: CaseType
    version: int
    hash: str
