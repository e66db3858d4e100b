"""What a decision needs besides the cases, on SQLite in one statement: each costs more there than what it finds."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.rows.rows import current_clock, surroundings_of
from app.domain.case.case import Case, Surroundings
from app.services.store.stored import StoredClock

_PARTS = text("""
    SELECT 'acted', case_id, event, subject, NULL, NULL, NULL, NULL, NULL, NULL
    FROM case_actor WHERE tenant = :tenant AND case_id IN :ids
    UNION ALL
    SELECT 'roles', case_id, subject, role, NULL, NULL, NULL, NULL, NULL, NULL
    FROM case_role WHERE tenant = :tenant AND case_id IN :ids
    UNION ALL
    SELECT 'clocks', case_id, name, cycle, case_type, status, due_at, next_fire_at, breached_at, facts
    FROM clock WHERE tenant = :tenant AND case_id IN :ids AND current = 1
""").bindparams(bindparam("ids", expanding=True))


@dataclass
class Around:
    """By case id."""

    surroundings: dict[str, Surroundings] = field(default_factory=dict)
    clocks: dict[str, Sequence[StoredClock]] = field(default_factory=dict)


async def around(connection: AsyncConnection, cases: Iterable[Case]) -> Around:
    tenants: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        tenants[case.tenant].append(case)
    found = Around()
    for tenant, its in tenants.items():
        parts = await _parts(connection, tenant, its)
        for case in its:
            found.surroundings[case.id] = surroundings_of(
                _pairs(parts["acted", case.id]), _pairs(parts["roles", case.id])
            )
            found.clocks[case.id] = _clocks(case, parts["clocks", case.id])
    return found


async def _parts(
    connection: AsyncConnection, tenant: str, cases: Iterable[Case]
) -> Mapping[tuple[str, str], list[Any]]:
    parts: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for what, case_id, *rest in await connection.execute(
        _PARTS, {"tenant": tenant, "ids": [case.id for case in cases]}
    ):
        parts[what, case_id].append(rest)
    return parts


def _pairs(rows: Iterable[Sequence[Any]]) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in rows]


def _clocks(case: Case, rows: Iterable[Sequence[Any]]) -> Sequence[StoredClock]:
    return tuple(current_clock(case, [*row[:-1], json.loads(row[-1])]) for row in sorted(rows, key=lambda row: row[0]))
