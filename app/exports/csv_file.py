"""CSV (RFC 4180, UTF-8): a row an entry, a column a data field; no text of anybody becomes a formula.

The columns are those of the entries that are asked for, so the log is read twice. At most 500 fields have a column of
their own; what is left stands in one, as JSON.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

from app.domain.values.json import Json, JsonObject
from app.exports.beside import rows
from app.services.log.exports import ExportedEntry, Extract
from app.services.policy.past import PolicyInMemory
from app.services.store.exports import ExportedValue

MOST_COLUMNS: Final = 500
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet begins to compute at."""
OF_ENTRY: Final = (
    *("leaf_index", "entry_id", "at", "occurred_at", "kind", "case_id", "case_seq", "case_type"),
    *("definition_version", "event", "source", "target", "actor", "on_behalf_of", "roles", "rule", "entry_hash"),
)
OTHERS: Final = "other_values"


async def write(extract: Extract, out: IO[bytes], _: PolicyInMemory) -> None:
    table = Table(await _paths(extract.again()))
    out.write(table.header())
    async for entry, values in rows(extract):
        out.write(table.row(entry, values))


async def _paths(extract: Extract) -> list[str]:
    """The fields of all entries that are asked for, in the order of their names."""
    found: set[str] = set()
    async for entry in extract.entries():
        if len(found) < MOST_COLUMNS:
            found.update(entry.entry["fields"])
    return sorted(found)[:MOST_COLUMNS]


@dataclass(slots=True)
class Table:
    paths: Sequence[str]

    def header(self) -> bytes:
        return _line([*OF_ENTRY, *map(_text, self.paths), OTHERS])

    def row(self, one: ExportedEntry, values: Sequence[ExportedValue]) -> bytes:
        known = {value.path: value.value for value in values}
        cells = [_cell(known.pop(path)) if path in known else "" for path in self.paths]
        return _line([*_of_entry(one), *cells, _cell(known) if known else ""])


def _of_entry(one: ExportedEntry) -> Iterator[str]:
    told = _told(one)
    return (_cell(told[name]) if told.get(name) is not None else "" for name in OF_ENTRY)


def _told(one: ExportedEntry) -> JsonObject:
    entry = one.entry
    actor, policy, definition = (entry.get(name) or {} for name in ("actor", "policy", "definition"))
    return {
        **entry,
        "leaf_index": one.leaf_index,
        "entry_hash": one.entry_hash,
        "actor": actor.get("reference"),
        "on_behalf_of": actor.get("on_behalf_of"),
        "roles": " ".join(actor.get("roles", ())),
        "rule": policy.get("rule") if isinstance(policy, dict) else None,
        "definition_version": definition.get("version"),
    }


def _cell(value: Json) -> str:
    """Text as it is, everything else as JSON: a number that is negative is no formula."""
    return _text(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(text: str) -> str:
    """An apostrophe before what would be computed, which spreadsheets take for "this is text"."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _line(cells: Sequence[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue().encode()
