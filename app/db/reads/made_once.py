"""Statements of lists that are made once for all who ask alike: to make one takes longer than to run it."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from sqlalchemy import Select, bindparam

from app.db.reads import listing
from app.db.reads.filters import Kind
from app.services.store.case_query import CaseQuery
from app.services.store.stored import Visible

MOST: Final = 128
NAMED: Final = ("assignee", "creator", "reference", "due_before", "changed_after")
"""What differs from one who asks alike to the next: the statement names it, and is told the values when it is run."""
KEPT: Final = tuple(one.name for one in fields(CaseQuery) if one.name not in (*NAMED, "tenant", "visible", "after"))
SEEN: Final = tuple(one.name for one in fields(Visible) if one.name != "subject")


@dataclass(frozen=True, slots=True)
class Made:
    """`values` are those of the parameters that the statement names."""

    statement: Select[Any]
    values: Mapping[str, Any]


class MadeOnce:
    """Those of one store, whose clock is `now`. What was asked for longest ago goes first."""

    def __init__(self, now: Any) -> None:
        self._now = now
        self._made: OrderedDict[Hashable, Select[Any]] = OrderedDict()

    def page(self, query: CaseQuery, kinds: Sequence[Kind]) -> Made:
        """Raises what `listing.page` raises."""
        if query.after is not None:
            return Made(listing.page(query, kinds, self._now), {})
        return self._of("page", [query], kinds, lambda told: listing.page(told[0], kinds, self._now))

    def numbers(self, queries: Sequence[CaseQuery], kinds: Sequence[Kind], most: int) -> Made:
        asked = [replace(query, after=None) for query in queries]
        return self._of(("numbers", most), asked, kinds, lambda told: listing.numbers(told, kinds, self._now, most))

    def _of(
        self,
        what: Hashable,
        queries: Sequence[CaseQuery],
        kinds: Sequence[Kind],
        make: Callable[[Sequence[CaseQuery]], Select[Any]],
    ) -> Made:
        key = (what, tuple(map(_alike, queries)), frozenset(kinds))
        values = {name: value for place, query in enumerate(queries) for name, value in _values(place, query)}
        if key not in self._made:
            self._made[key] = make([_told(place, query) for place, query in enumerate(queries)])
            if len(self._made) > MOST:
                self._made.popitem(last=False)
        self._made.move_to_end(key)
        return Made(self._made[key], values)


def _alike(query: CaseQuery) -> Hashable:
    """What two queries have in common that are one statement."""
    given = tuple(getattr(query, name) for name in KEPT)
    return given, seen_by(query.visible), tuple(getattr(query, name) is None for name in NAMED)


def seen_by(visible: Visible) -> Hashable:
    """How much somebody sees, whoever they are."""
    return tuple(_hashable(getattr(visible, name)) for name in SEEN)


def _hashable(value: Any) -> Hashable:
    return frozenset(value.items()) if isinstance(value, Mapping) else value


def _given(query: CaseQuery) -> Mapping[str, Any]:
    return {name: value for name in ("tenant", *NAMED) if (value := getattr(query, name)) is not None}


def _values(place: int, query: CaseQuery) -> Iterable[tuple[str, Any]]:
    yield f"subject_{place}", query.visible.subject
    for name, value in _given(query).items():
        yield f"{name}_{place}", value


def _told(place: int, query: CaseQuery) -> CaseQuery:
    """The query with parameters in the places of values."""
    subject: Any = bindparam(f"subject_{place}")
    given: dict[str, Any] = {name: bindparam(f"{name}_{place}") for name in _given(query)}
    return replace(query, visible=replace(query.visible, subject=subject), **given)
