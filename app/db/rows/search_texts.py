"""By which words cases are found, as rows."""

from typing import Any

from app.domain.case.search_text import MOST_CHARACTERS, SearchText
from app.services.store.stored import Record

Row = dict[str, Any]


def search_text_rows(record: Record) -> dict[str, list[Row]]:
    """In key order. An empty text means that what is there stays; words of a case's own are never quite empty."""
    if not record.search_texts:
        return {}
    return {"text": sorted(map(_row, record.search_texts), key=lambda row: (row["tenant"], row["case_id"]))}


def said_after(before: str, added: str, most: int = MOST_CHARACTERS) -> str:
    """As the function of that name on PostgreSQL: a new line takes the place of the one with its id, and of what is
    too long whole comments are left out, the oldest first."""
    ids = {line.split(" ", 1)[0] for line in added.split("\n") if line}
    kept = [line for line in before.split("\n") if line and line.split(" ", 1)[0] not in ids]
    whole = "".join(f"\n{line}" for line in kept) + added
    if len(whole) <= most:
        return whole
    left = whole[-most:]
    return left[left.index("\n") :] if "\n" in left else ""


def _row(text: SearchText) -> Row:
    said = "".join(f"\n{one.id}{one.words}" for one in text.said)
    owner = {"tenant": text.tenant, "case_id": text.case_id, "case_type": text.case_type}
    return owner | {"own": text.own or "", "said": said_after("", said)}
