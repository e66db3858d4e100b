"""CSV (RFC 4180, UTF-8): a row an entry, a column a data field; no text of anybody becomes a formula."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

from app.domain.values.json import Json
from app.exports.columns import OF_ENTRY, OTHERS, gathered, told_of
from app.services.log.exports import ExportedEntry, Extract
from app.services.policy.past import PolicyInMemory

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet begins to compute at."""


async def write(extract: Extract, out: IO[bytes], _: PolicyInMemory) -> None:
    async with gathered(extract) as entries:
        table = Table(entries.paths)
        out.write(table.header())
        for entry, values in entries.rows():
            out.write(table.row(entry, values))


@dataclass(slots=True)
class Table:
    paths: Sequence[str]

    def header(self) -> bytes:
        return line([*OF_ENTRY, *map(_text, self.paths), OTHERS])

    def row(self, one: ExportedEntry, known: dict[str, Json]) -> bytes:
        cells = [cell(known.pop(path)) if path in known else "" for path in self.paths]
        return line([*_of_entry(one), *cells, cell(known) if known else ""])


def _of_entry(one: ExportedEntry) -> Iterator[str]:
    told = told_of(one)
    return (cell(told[name]) if told.get(name) is not None else "" for name in OF_ENTRY)


def cell(value: Json) -> str:
    """Text as it is, everything else as JSON: a number that is negative is no formula."""
    return _text(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(text: str) -> str:
    """An apostrophe before what would be computed, which spreadsheets take for "this is text"."""
    return f"'{text}" if text.startswith(FORMULA) else text


def line(cells: Sequence[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue().encode()
