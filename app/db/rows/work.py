"""What built-in verbs make, as rows, and the statements that write them on both databases."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from app.db.tables.work import MADE
from app.domain.case.made_by_verbs import Row as MadeRow
from app.services.store.stored import Record

Row = dict[str, Any]
ROLE_KEY = ("tenant", "case_id", "subject", "role")


def work_rows(record: Record) -> dict[str, list[Row]]:
    """Each part in key order; what a role came to in one batch is one row."""
    if not record.made and not record.holds:
        return {}
    made = {of.table.name: _rows(one for one in record.made if isinstance(one, of.kind)) for of in MADE}
    holds = sorted(record.holds.items(), key=lambda item: tuple(getattr(item[0], name) for name in ROLE_KEY))
    given, taken = (_rows(role for role, held in holds if held is wanted) for wanted in (True, False))
    return {**made, "given": given, "taken": taken}


def _rows(values: Iterable[MadeRow]) -> list[Row]:
    rows = [{field.name: getattr(value, field.name) for field in fields(value)} for value in values]
    return sorted(rows, key=lambda row: (row["tenant"], row.get("id", ""), row["case_id"], row.get("to_id", "")))
