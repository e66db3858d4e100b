"""What each filter of a list of cases means in SQL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_

from app.db.reads.visibility import C, Condition
from app.services.store.case_query import FILTERS, Filters


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


SQL: Mapping[str, Where] = {
    "case_type": _equal(C.case_type),
    "state": _in_state,
    "assignee": _equal(C.assignee),
    "team": _equal(C.team),
    "reference": _equal(C.reference),
    "overdue": _overdue,
}
NARROW = ("assignee", "team", "reference", "overdue")
