"""Read the audit entries of a case."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, Text, bindparam, func, select, type_coerce
from sqlalchemy.engine import RowMapping

from app.db.reads.json_names import as_json
from app.db.tables.tables import ENTRY, PAYLOAD
from app.services.store.stored import StoredEntry

MOST_ROWS = 2_000
MOST_BYTES = 512 * 1024
"""Of values that are read and decoded at a time: others are served in between."""
E = ENTRY.c
P = PAYLOAD.c


def entries(tenant: str, case_id: str, denied: bool, after: int | str | None, limit: int) -> Select[Any]:
    """The case's chain after a `case_seq`, or its `denied` entries after an entry id."""
    part = (E.case_seq.is_(None), E.kind == "denied") if denied else (E.case_seq.is_not(None),)
    order = E.entry_id if denied else E.case_seq
    beyond = () if after is None else (order > after,)
    wanted = select(E.entry_id, E.case_seq, E.entry, E.entry_hash)
    return wanted.where(E.tenant == tenant, E.case_id == case_id, *part, *beyond).order_by(order).limit(limit)


def named(tenant: str, entry_id: str) -> Select[Any]:
    """A row where there is such an entry."""
    return select(E.entry_id).where(E.tenant == tenant, E.entry_id == entry_id)


def of_policy(tenant: str, after: str | None, limit: int) -> Select[Any]:
    """Entries of no case are found by an index of their own."""
    beyond = () if after is None else (E.entry_id > after,)
    outside = (E.tenant == tenant, E.case_id.is_(None), E.case_seq.is_(None), E.kind == "policy")
    wanted = select(E.entry_id, E.case_seq, E.entry, E.entry_hash)
    return wanted.where(*outside, *beyond).order_by(E.entry_id).limit(limit)


def of_definitions(tenant: str, case_type: str) -> Select[Any]:
    """What the service's log says of the versions of a case type: one entry each."""
    named = E.entry.contains(f'"case_type":"{case_type}"', autoescape=True)
    outside = (E.tenant == tenant, E.case_id.is_(None), E.case_seq.is_(None), E.kind == "definition")
    return select(E.entry).where(*outside, named).order_by(E.entry_id)


_OF_ENTRIES = (P.tenant == bindparam("tenant"), P.entry_id.in_(bindparam("entry_ids", expanding=True)))
_EACH = as_json(P.path).concat(":").concat(type_coerce(P.value, Text))
VALUES = select(P.entry_id, func.aggregate_strings(_EACH, ",").label("whole")).where(*_OF_ENTRIES).group_by(P.entry_id)
"""What each of these entries says, path by path, as the inside of one JSON object: a row for each value would cost the
loop a hundred times what it costs the database to write them together."""
_SIZE = func.sum(func.length(type_coerce(P.value, Text)))
SIZES = select(P.entry_id, func.count().label("count"), _SIZE.label("size")).where(*_OF_ENTRIES).group_by(P.entry_id)
"""How many values each of these entries has, and how many characters they have as JSON."""


def portions(sizes: Iterable[RowMapping]) -> Iterable[list[str]]:
    """The ids of entries whose values are read together: one entry at least."""
    portion: list[str] = []
    rows = size = 0
    for row in sizes:
        if portion and (rows + row["count"] > MOST_ROWS or size + row["size"] > MOST_BYTES):
            yield portion
            portion, rows, size = [], 0, 0
        portion.append(row["entry_id"])
        rows += row["count"]
        size += row["size"]
    if portion:
        yield portion


def with_values(
    rows: Iterable[Mapping[str, Any] | RowMapping], values: Mapping[str, dict[str, Any]]
) -> Sequence[StoredEntry]:
    return [StoredEntry(**row, values=values.get(row["entry_id"], {})) for row in rows]
