"""What cases can be listed by: a new filter is a field of Filters and its SQL, a new sort a line of SORTS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from app.domain.values.names import LONGEST_NAME, LONGEST_STATE
from app.services.store.stored import Visible


@dataclass(frozen=True, slots=True)
class Described:
    """What callers are told of a filter. A text has at most so many characters."""

    text: str
    longest: int = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Each that is not None has to hold. The parameters of the call that lists cases are made of these."""

    case_type: Annotated[str | None, Described("Only this case type", longest=LONGEST_NAME)] = None
    state: Annotated[str | None, Described("Only cases in this state or below it", longest=LONGEST_STATE)] = None
    open: Annotated[bool | None, Described("Only cases that are not closed yet, or only those that are")] = None
    assignee: Annotated[str | None, Described("Only cases of this assignee")] = None
    unassigned: Annotated[bool | None, Described("Only cases that nobody has, or only those that somebody has")] = None
    team: Annotated[str | None, Described("Only cases of this team")] = None
    creator: Annotated[str | None, Described("Only cases that this caller opened")] = None
    reference: Annotated[str | None, Described("Only the case of this reference")] = None
    overdue: Annotated[
        bool | None, Described("Only cases whose earliest due moment has passed, or only the others")
    ] = None
    due_before: Annotated[
        datetime | None, Described("Only cases whose earliest due moment lies before this one, RFC 3339 with an offset")
    ] = None


ColumnValue: TypeAlias = datetime | int | str | None
SortValue: TypeAlias = Any
"""What cases are sorted by: a ColumnValue of one of SORTS, in QUEUE a tuple of them."""
FILTERS = tuple(of.name for of in fields(Filters))


@dataclass(frozen=True, slots=True)
class Sort:
    """What a case is sorted by: a value `of` this type, or, where it `may_be_absent`, None."""

    of: type[datetime] | type[int] | type[str]
    may_be_absent: bool = False


SORTS: Mapping[str, Sort] = {
    "opened_at": Sort(datetime),
    "changed_at": Sort(datetime),
    "urgency": Sort(int),
    "reference": Sort(str, may_be_absent=True),
    "due_at": Sort(datetime, may_be_absent=True),
}
"""By the names of columns, which those of a case are too."""
QUEUE = "queue"
"""The order in which work is done: by due moment, those without one last, then the most urgent, then the oldest."""
IN_QUEUE: Mapping[str, Sort] = {name: SORTS[name] for name in ("due_at", "urgency", "opened_at")}
ORDERS = (*(sign + name for name in SORTS for sign in ("", "-")), QUEUE)


def sort_value(sort: str, of: Callable[[str], ColumnValue]) -> SortValue:
    """Where something stands in one of ORDERS; `of` gives its columns."""
    return tuple(map(of, IN_QUEUE)) if sort == QUEUE else of(sort.removeprefix("-"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseQuery(Filters):
    """A page of cases. `sort` is one of ORDERS, `-` first for descending; by `due_at`, those without come last. `after`
    is the (sort value, id) of the last item of the previous page, in QUEUE with a value for each of IN_QUEUE. `teams`:
    only cases of one of them; `changed_after`: only those that changed later."""

    tenant: str
    visible: Visible
    sort: str = "-changed_at"
    limit: int = 50
    after: tuple[SortValue, str] | None = None
    teams: frozenset[str] | None = None
    changed_after: datetime | None = None
