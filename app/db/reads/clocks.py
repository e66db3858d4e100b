"""Read clocks: of cases, of all cycles, and what is due."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, bindparam, func, literal, literal_column, select, tuple_
from sqlalchemy.engine import RowMapping

from app.db.reads.every_tenant import EVERY_CASE, EVERY_CLOCK
from app.db.rows.rows import clock_of
from app.db.tables.tables import CLOCK
from app.services.store.stored import CaseKey, ClockKey, Locked, StoredClock

K = CLOCK.c
E = EVERY_CLOCK.c
KEY = (E.tenant, E.case_id, E.name, E.cycle)
# Written out: SQLite finds no partial index by a condition whose value it is told later.
CURRENT = K.current == literal_column("1")
COUNTED = E.status.in_([literal_column("'running'"), literal_column("'paused'")])


# Of the cases of a page; made once, as pages ask it all the time.
OF_CASES = (
    select(CLOCK)
    .where(CURRENT, K.tenant == bindparam("tenant"), K.case_id.in_(bindparam("case_ids", expanding=True)))
    .order_by(K.case_id, K.name)
)


def cycles(tenant: str, case_id: str) -> Select[Any]:
    return select(CLOCK).where(K.tenant == tenant, K.case_id == case_id).order_by(K.name, K.cycle)


def every(after: ClockKey | None, limit: int) -> Select[Any]:
    wanted = select(EVERY_CLOCK).order_by(*KEY).limit(limit)
    if after is None:
        return wanted
    return wanted.where(tuple_(*KEY) > tuple_(*(literal(v, k.type) for v, k in zip(after, KEY, strict=True))))


def cases_without(definitions: Sequence[str], after: tuple[str, str] | None, limit: int) -> Select[Any]:
    """Cases of these definitions that have no clock, in the order of their keys."""
    c = EVERY_CASE.c
    has = select(literal(1)).where(E.tenant == c.tenant, E.case_id == c.id).exists()
    wanted = select(c.tenant, c.id).where(c.definition.in_(definitions), ~has).order_by(c.tenant, c.id).limit(limit)
    if after is None:
        return wanted
    return wanted.where(tuple_(c.tenant, c.id) > tuple_(*(literal(v, c.tenant.type) for v in after)))


def counts() -> Select[Any]:
    kind = (E.case_type, E.name, E.status)
    return select(*kind, func.count().label("n")).where(COUNTED).group_by(*kind).order_by(*kind)


def next_due(now: Any) -> Select[Any]:
    earliest = select(func.min(E.next_fire_at)).where(E.next_fire_at.is_not(None)).scalar_subquery()
    return select(earliest.label("next_fire_at"), now.label("now"))


def due(now: Any, limit: int) -> Select[Any]:
    """The cases with the oldest clocks that are due, each by its oldest, along the index."""
    other = CLOCK.alias("other")
    o = other.c
    earlier = tuple_(o.next_fire_at, o.name) < tuple_(K.next_fire_at, K.name)
    same = select(literal(1)).where(o.tenant == K.tenant, o.case_id == K.case_id, earlier)
    wanted = select(K.tenant, K.case_id).where(K.next_fire_at <= now, ~same.exists())
    return wanted.order_by(K.next_fire_at).limit(limit)


def found(rows: Iterable[RowMapping]) -> Sequence[StoredClock]:
    return [clock_of(row) for row in rows]


def by_case(case_ids: Iterable[str], rows: Iterable[RowMapping]) -> Mapping[str, Sequence[StoredClock]]:
    """Those of each case, none of a case without."""
    clocks: defaultdict[str, list[StoredClock]] = defaultdict(list)
    for row in rows:
        clocks[row["case_id"]].append(clock_of(row))
    return {case_id: tuple(clocks[case_id]) for case_id in case_ids}


def oldest_first(locked: Locked) -> Locked:
    """The cases in the order in which their clocks fell due."""

    def place(key: CaseKey) -> Any:
        moments = [c.next_fire_at for c in locked.clocks[locked.cases[key].id] if c.next_fire_at is not None]
        return (not moments, min(moments, default=locked.at))

    return replace(locked, cases={key: locked.cases[key] for key in sorted(locked.cases, key=place)})
