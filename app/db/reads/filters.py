"""What each filter of a list of cases means in SQL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_

from app.db.reads.visibility import C, Condition
from app.services.store.case_query import FILTERS, CaseQuery, Filters


@dataclass(frozen=True, slots=True)
class Kind:
    """That a tenant has cases of this type in this state."""

    state: str
    case_type: str


@dataclass(frozen=True, slots=True)
class Among:
    """The kinds of cases that may be asked for, and what a case is overdue by."""

    kinds: Sequence[Kind]
    now: Any

    @property
    def types(self) -> frozenset[str]:
        return frozenset(kind.case_type for kind in self.kinds)


Where = Callable[[Any, Among], Sequence[Condition]]


def filtered(query: Filters, among: Among) -> list[Condition]:
    given = ((SQL[name], getattr(query, name)) for name in FILTERS)
    return [condition for where, value in given if value is not None for condition in where(value, among)]


def besides_filters(query: CaseQuery) -> list[Condition]:
    """What pages ask for, and callers cannot."""
    found: list[Condition] = []
    if query.teams is not None:
        found.append(C.team.in_(sorted(query.teams)))
    if query.changed_after is not None:
        found.append(C.changed_at > query.changed_after)
    return found


def narrow(query: Filters) -> bool:
    """Whether an index tells the few cases that a filter leaves, whatever the order."""
    return any(getattr(query, name) for name in NARROW)


def may_be(kind: Kind, query: Filters) -> bool:
    return query.case_type in (None, kind.case_type) and (query.state is None or _is_in(kind.state, query.state))


def _is_in(whole: str, state: str) -> bool:
    """Whether it is the state, or one of the active leaves, which `+` joins, is it or below it."""
    return whole == state or any(leaf == state or leaf.startswith(f"{state}.") for leaf in whole.split("+"))


def _equal(column: ColumnElement[Any]) -> Where:
    return lambda value, _: (column == value,)


def _in_state(_: str, among: Among) -> Sequence[Condition]:
    return (C.state.in_(sorted({kind.state for kind in among.kinds})),)


def _overdue(overdue: bool, among: Among) -> Sequence[Condition]:
    """The types, for the index by due moments begins with one."""
    if overdue:
        return C.case_type.in_(sorted(among.types)), C.due_at < among.now
    return (or_(C.due_at.is_(None), C.due_at >= among.now),)


def _due_before(moment: datetime, among: Among) -> Sequence[Condition]:
    return C.case_type.in_(sorted(among.types)), C.due_at < moment


def _none(column: ColumnElement[Any]) -> Where:
    """Whether there is none in the column: written as in the conditions of the indexes."""
    return lambda value, _: (column.is_(None) if value else column.is_not(None),)


SQL: Mapping[str, Where] = {
    "case_type": _equal(C.case_type),
    "state": _in_state,
    "open": _none(C.closed_at),
    "assignee": _equal(C.assignee),
    "unassigned": _none(C.assignee),
    "team": _equal(C.team),
    "creator": _equal(C.creator),
    "reference": _equal(C.reference),
    "overdue": _overdue,
    "due_before": _due_before,
}
NARROW = ("assignee", "team", "creator", "reference", "overdue", "due_before")
