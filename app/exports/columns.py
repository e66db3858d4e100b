"""The columns of tables: of each entry the same, then one for each data field, then what is left.

They are those of the entries that are asked for, so these wait in a file that nobody sees until all are known. At most
500 fields have a column of their own; what is left stands in one, as JSON.
"""

import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Final

from app.domain.values.json import Json, JsonObject
from app.exports.lines import as_lines
from app.services.log.exports import READ, ExportedRow, Extract

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

    def rows(self) -> Iterator[ExportedRow]:
        """In the order of the log."""
        self._file.seek(0)
        for line in self._file:
            yield ExportedRow("", **READ(line))


@asynccontextmanager
async def gathered(extract: Extract) -> AsyncIterator[Gathered]:
    found: set[str] = set()
    with tempfile.TemporaryFile() as file:
        async for page in extract.rows():
            for row in page:
                if len(found) < MOST_COLUMNS:
                    found.update(row.entry["fields"])
            file.write(as_lines(page))
        yield Gathered(sorted(found)[:MOST_COLUMNS], file)


def told_of(row: ExportedRow) -> tuple[Json, ...]:
    """In the order of `OF_ENTRY`; None for what it does not say."""
    told = row.entry.get
    actor, policy, definition = (_object(told(name)) for name in ("actor", "policy", "definition"))
    return (
        row.leaf_index,
        told("entry_id"),
        told("at"),
        told("occurred_at"),
        told("kind"),
        told("case_id"),
        told("case_seq"),
        told("case_type"),
        definition.get("version"),
        told("event"),
        told("source"),
        told("target"),
        actor.get("reference"),
        actor.get("on_behalf_of"),
        " ".join(actor.get("roles", ())),
        policy.get("rule"),
        row.entry_hash,
    )


def _object(value: Json) -> JsonObject:
    """What a policy's own entries say of it is none."""
    return value if isinstance(value, dict) else {}
