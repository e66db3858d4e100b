"""What reading services answer: cases, and pages of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.case.case import Case
from app.domain.clocks.after_event import Clocks
from app.domain.explaining.explain import Possible, PossibleEvent, RefusedEvent
from app.services.store.case_query import Filters
from app.services.store.search import CaseCount

__all__ = ["Page", "Possible", "PossibleEvent", "RefusedEvent", "Shown", "Wanted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted(Filters):
    """Which cases a caller asks for. `sort` as in CaseQuery; `cursor` is the `next_cursor` of the previous page; `q` is
    what they are searched for; with `count` the page says how many there are. `teams`: only cases of one of them;
    `changed_after`: only those that changed later. `at_rest`: whoever asks needs the clocks only of cases that are not
    due at any time."""

    sort: str = "-changed_at"
    limit: int = 50
    cursor: str | None = None
    q: str | None = None
    count: bool = False
    teams: frozenset[str] | None = None
    changed_after: datetime | None = None
    at_rest: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Cases in the asked order; `next_cursor` is opaque, None on the last page. A search that took long ends short,
    with a cursor; `count` is None where nobody asked."""

    items: Sequence[Case]
    next_cursor: str | None
    clocks: Mapping[str, Clocks] = field(default_factory=dict)  # by case id
    count: CaseCount | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A case and its clocks, and who stands to it: (subject, role), its creator and its assignee first."""

    case: Case
    clocks: Clocks
    standing: Sequence[tuple[str, str]] = ()
