"""Read the audit entries of a case."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.engine import RowMapping

from app.db.tables import ENTRY, PAYLOAD
from app.services.stored import StoredEntry

E = ENTRY.c
P = PAYLOAD.c


def entries(tenant: str, case_id: str, denied: bool, after: int | str | None, limit: int) -> Select[Any]:
    """The case's chain after a `case_seq`, or its `denied` entries after an entry id."""
    part = (E.case_seq.is_(None), E.kind == "denied") if denied else (E.case_seq.is_not(None),)
    order = E.entry_id if denied else E.case_seq
    beyond = () if after is None else (order > after,)
    wanted = select(E.entry_id, E.case_seq, E.entry, E.entry_hash)
    return wanted.where(E.tenant == tenant, E.case_id == case_id, *part, *beyond).order_by(order).limit(limit)


def values(tenant: str, entry_ids: Sequence[str]) -> Select[Any]:
    return select(P.entry_id, P.path, P.value).where(P.tenant == tenant, P.entry_id.in_(entry_ids))


def with_values(rows: Iterable[Mapping[str, Any] | RowMapping], values: Iterable[RowMapping]) -> Sequence[StoredEntry]:
    by_entry: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for row in values:
        by_entry[row["entry_id"]][row["path"]] = row["value"]
    return [StoredEntry(**row, values=by_entry[row["entry_id"]]) for row in rows]
