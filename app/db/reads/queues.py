"""Find the case that is to be claimed next, by walking queues: the cases of one type and urgency that wait."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal_column, not_, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.reads.visibility import C, visible_to
from app.db.tables.tables import CASES
from app.db.tables.work import IN_TEAM, WAITING
from app.services.store.stored import CaseKey
from app.services.store.work import Waiting

FIRST_LOOK = 16
"""Candidates of a queue that are looked at together; four times as many where others have locked all of them."""
ORDER = ("due_at", "opened_at", "id")
"""That of the index, also where all are null: PostgreSQL does not see that they are the same."""
_WAITS = and_(C.assignee.is_(None), C.closed_at.is_(None))


@dataclass(frozen=True, slots=True)
class Queue:
    case_type: str
    urgency: int


async def take_next(connection: AsyncConnection, waiting: Waiting) -> CaseKey | None:
    """Lock the first that waits. On SQLite the transaction holds the only lock there is."""
    rows = (await connection.execute(_queues(waiting))).all()
    found = sorted((Queue(*row) for row in rows), key=lambda queue: (-queue.urgency, queue.case_type))
    for _, level in groupby(found, key=lambda queue: queue.urgency):
        if key := await _first_of(connection, waiting, _wanted(waiting, level)):
            return key
    return None


def _wanted(waiting: Waiting, level: Iterable[Queue]) -> Sequence[Queue]:
    return [queue for queue in level if waiting.case_type in (None, queue.case_type)]


async def _first_of(connection: AsyncConnection, waiting: Waiting, level: Sequence[Queue]) -> CaseKey | None:
    """Of the queues of one urgency: first those that are due at some time, then the others by age."""
    for due in (True, False):
        look = FIRST_LOOK
        while level:
            candidates = (await connection.execute(_candidates(waiting, level, due, look))).scalars().all()
            if not candidates:
                break
            taken = (await connection.execute(_lock_one(waiting.tenant, candidates))).scalar()
            if taken is not None:
                return CaseKey(waiting.tenant, taken)
            if len(candidates) < look:
                break
            look *= 4
    return None


def _queues(waiting: Waiting) -> Any:
    """Which queues there are, one step of the index each: few, however many cases wait."""
    team, where = ("", WAITING) if waiting.team is None else ("AND team = :team", IN_TEAM)
    one = f"FROM cases WHERE tenant = :tenant {team} AND {where}"
    beyond = f"{one} AND (case_type, urgency) > (found.case_type, found.urgency) ORDER BY case_type, urgency LIMIT 1"
    walk = text(f"""
        WITH RECURSIVE found (case_type, urgency) AS (
            SELECT * FROM (SELECT case_type, urgency {one} ORDER BY case_type, urgency LIMIT 1) AS one
            UNION ALL
            SELECT (SELECT case_type {beyond}), (SELECT urgency {beyond}) FROM found WHERE found.case_type IS NOT NULL
        )
        SELECT case_type, urgency FROM found WHERE case_type IS NOT NULL""")
    given = {"tenant": waiting.tenant} if waiting.team is None else {"tenant": waiting.tenant, "team": waiting.team}
    return walk.bindparams(**given)


def _candidates(waiting: Waiting, level: Sequence[Queue], due: bool, look: int) -> Select[Any]:
    parts = [_of_queue(waiting, queue, due, look) for queue in level]
    whole = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return select(whole.c.id).order_by(*(whole.c[name] for name in ORDER)).limit(look)


def _of_queue(waiting: Waiting, queue: Queue, due: bool, look: int) -> Select[Any]:
    """The first of one queue, along the index."""
    types = frozenset({queue.case_type})
    conditions: list[ColumnElement[bool]] = [
        C.tenant == waiting.tenant,
        C.case_type == queue.case_type,
        C.urgency == queue.urgency,
        C.due_at.is_not(None) if due else C.due_at.is_(None),
        _WAITS,
        visible_to(waiting.readable, types),
        visible_to(waiting.claimable, types),
    ]
    if waiting.team is not None:
        conditions += [C.team == waiting.team, literal_column("team IS NOT NULL")]
    conditions += [not_(and_(C.definition == one, C.state == state)) for one, state in sorted(waiting.idle)]
    if waiting.without:
        conditions.append(C.id.not_in(sorted(waiting.without)))
    wanted = select(C.id, C.due_at, C.opened_at).where(*conditions)
    return wanted.order_by(*(C[name] for name in ORDER)).limit(look)


def _lock_one(tenant: str, candidates: Sequence[str]) -> Select[Any]:
    """The first that is still waiting and that nobody has locked meanwhile."""
    wanted = select(C.id).select_from(CASES).where(C.tenant == tenant, C.id.in_(candidates), _WAITS)
    return wanted.order_by(C.due_at, C.opened_at, C.id).limit(1).with_for_update(skip_locked=True)
