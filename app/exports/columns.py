"""The columns of tables: of each entry the same, then one for each data field, then what is left.

They are those of the entries that are asked for, so these wait in a file that nobody sees until all are known. At most
500 fields have a column of their own; what is left stands in one, as JSON.
"""

import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Final

from app.domain.values.json import Json, JsonObject
from app.exports.beside import rows
from app.exports.lines import row_line
from app.services.log.exports import READ, ExportedEntry, Extract

MOST_COLUMNS: Final = 500
OF_ENTRY: Final = (
    *("leaf_index", "entry_id", "at", "occurred_at", "kind", "case_id", "case_seq", "case_type"),
    *("definition_version", "event", "source", "target", "actor", "on_behalf_of", "roles", "rule", "entry_hash"),
)
OTHERS: Final = "other_values"


@dataclass(frozen=True, slots=True)
class Gathered:
    """`paths` are the fields of all entries, in the order of their names."""

    paths: Sequence[str]
    _file: IO[bytes]

    def rows(self) -> Iterator[tuple[ExportedEntry, dict[str, Json]]]:
        """In the order of the log, each with its values by path."""
        self._file.seek(0)
        for line in self._file:
            row = READ(line)
            yield ExportedEntry(row["leaf_index"], "", row["entry_hash"], row["entry"]), row["values"]


@asynccontextmanager
async def gathered(extract: Extract) -> AsyncIterator[Gathered]:
    found: set[str] = set()
    with tempfile.TemporaryFile() as file:
        async for entry, values in rows(extract):
            if len(found) < MOST_COLUMNS:
                found.update(entry.entry["fields"])
            file.write(row_line(entry, values))
        yield Gathered(sorted(found)[:MOST_COLUMNS], file)


def told_of(one: ExportedEntry) -> Mapping[str, Json]:
    """By the names of `OF_ENTRY`, and of others."""
    entry = one.entry
    actor, policy, definition = (_object(entry.get(name)) for name in ("actor", "policy", "definition"))
    return {
        **entry,
        "leaf_index": one.leaf_index,
        "entry_hash": one.entry_hash,
        "actor": actor.get("reference"),
        "on_behalf_of": actor.get("on_behalf_of"),
        "roles": " ".join(actor.get("roles", ())),
        "rule": policy.get("rule"),
        "definition_version": definition.get("version"),
    }


def _object(value: Json) -> JsonObject:
    """What a policy's own entries say of it is none."""
    return value if isinstance(value, dict) else {}
