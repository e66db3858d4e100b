"""What reading services answer: pages of cases and case types."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.case import Case
from app.domain.case_type import CaseType
from app.domain.explain import Possible, PossibleEvent, RefusedEvent

__all__ = ["CaseTypeView", "Page", "Possible", "PossibleEvent", "RefusedEvent", "Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases a caller asks for. `sort` as in CaseQuery; `cursor` is the `next_cursor` of the previous page."""

    case_type: str | None = None
    state: str | None = None
    assignee: str | None = None
    team: str | None = None
    reference: str | None = None
    overdue: bool | None = None
    sort: str = "-changed_at"
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Cases in the asked order; `next_cursor` is opaque, None on the last page."""

    items: Sequence[Case]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class CaseTypeView:
    """A case type in its current version; `hash` is the identity of the definition."""

    case_type: CaseType
    version: int
    hash: str
