"""CSV (RFC 4180, UTF-8): a row an entry, a column a data field; no text of anybody becomes a formula."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Final

from app.domain.values.json import Json
from app.exports.columns import OF_ENTRY, OTHERS, gathered, told_of
from app.services.log.exports import PAGE, ExportedRow, Extract
from app.services.policy.past import PolicyInMemory

FORMULA: Final = frozenset("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet begins to compute at."""


async def write(extract: Extract, out: IO[bytes], _: PolicyInMemory) -> None:
    async with gathered(extract) as entries:
        table = Table(entries.paths)
        out.write(table.header())
        rows = entries.rows()
        while page := list(islice(rows, PAGE)):
            out.write(lines(map(table.row, page)))


@dataclass(slots=True)
class Table:
    paths: Sequence[str]
    _column: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._column = {path: len(OF_ENTRY) + number for number, path in enumerate(self.paths)}

    def header(self) -> bytes:
        return lines([[*OF_ENTRY, *map(_text, self.paths), OTHERS]])

    def row(self, row: ExportedRow) -> list[str]:
        cells = ["" if value is None else cell(value) for value in told_of(row)]
        cells += [""] * (len(self.paths) + 1)
        others = {}
        for path, value in row.values.items():
            if (column := self._column.get(path)) is None:
                others[path] = value
            else:
                cells[column] = cell(value)
        if others:
            cells[-1] = cell(others)
        return cells


def cell(value: Json) -> str:
    """Text as it is, everything else as JSON: a number that is negative is no formula."""
    if isinstance(value, str):
        return _text(value)
    return str(value) if type(value) is int else json.dumps(value, ensure_ascii=False)


def _text(text: str) -> str:
    """An apostrophe before what would be computed, which spreadsheets take for "this is text"."""
    return f"'{text}" if text[:1] in FORMULA else text


def lines(rows: Iterable[Sequence[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()
