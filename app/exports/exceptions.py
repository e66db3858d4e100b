"""The exceptions, as CSV: what an auditor looks at first, because somebody did what is not done every day.

By administrators, for others, past four eyes, to data, deadlines, policy, keys and people, imported, or in vain.
"""

from collections.abc import Mapping
from typing import IO, Final

from app.domain.values.json import JsonObject
from app.exports.columns import OF_ENTRY, told_of
from app.exports.csv_file import cell, lines
from app.services.log.exports import ExportedRow, Extract
from app.services.policy.past import PolicyInMemory

ADMINISTRATOR: Final = "role:admin"
OF_KIND: Final[Mapping[str, str]] = {
    "denied": "refused",
    "sla.corrected": "deadline_corrected",
    "corrected": "data_corrected",
    "policy": "policy",
    "definition": "policy",
    "calendar": "policy",
    "api_key": "key",
    "signing_key": "key",
    "person": "person",
    "restore": "restored",
}
TOLD: Final = ("leaf_index", "entry_id", "at", "occurred_at", "kind", "case_id", "case_type", "event")
WHO: Final = ("actor", "on_behalf_of", "roles", "rule")
HEADER: Final = ("exceptions", *TOLD, *WHO, "refusals", "reason", "says", "entry_hash")
COMMON: Final = frozenset(
    (*TOLD, "typ", "tenant", "case_seq", "prev", "actor", "definition", "policy", "request_id", "fields", "guards")
)
"""What every entry has, or has a column of its own; the rest is what this one says."""


async def write(extract: Extract, out: IO[bytes], _: PolicyInMemory) -> None:
    extract.only = lambda entry: bool(exceptions_in(entry))
    out.write(lines([HEADER]))
    async for page in extract.rows():
        out.write(lines(map(_cells, page)))


def exceptions_in(entry: JsonObject) -> list[str]:
    """Which kinds of exceptions an entry is; a refused attempt is that alone."""
    of_kind = OF_KIND.get(entry["kind"])
    if of_kind == "refused":
        return [of_kind]
    actor = entry.get("actor") or {}
    found = {
        "administrator": ADMINISTRATOR in actor.get("roles", ()),
        "on_behalf_of": actor.get("on_behalf_of") is not None,
        "four_eyes": "four_eyes" in entry,
        "imported": "occurred_at" in entry,
    }
    return [name for name, there in found.items() if there] + ([of_kind] if of_kind else [])


def _cells(row: ExportedRow) -> list[str]:
    told, entry = dict(zip(OF_ENTRY, told_of(row), strict=True)), row.entry
    refusals = entry.get("counted", 1) if entry["kind"] == "denied" else None
    says = {name: value for name, value in entry.items() if name not in COMMON}
    reason = row.values.get("/reason")
    cells = [*(told[name] for name in (*TOLD, *WHO)), refusals, reason, says or None, row.entry_hash]
    return [" ".join(exceptions_in(entry)), *("" if value in (None, "") else cell(value) for value in cells)]
