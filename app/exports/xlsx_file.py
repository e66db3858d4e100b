"""XLSX: a row an entry, a column a data field; texts are cells of text, so that none of them computes.

Rows go to the disk as they come. A sheet has room for 1,048,575 of them below its names; more go on in the next. The
last sheet says what this is, and what did not fit.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import IO, Any, Final

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from app.domain.values.json import Json
from app.domain.values.rfc3339 import DATE, parse_date, rfc3339
from app.exports.columns import MOST_COLUMNS, OF_ENTRY, OTHERS, gathered, told_of
from app.exports.mined import as_text, kind_of
from app.services.log.exports import ExportedRow, Extract
from app.services.policy.past import PolicyInMemory

ROWS: Final = 1_048_576
LONGEST: Final = 32_767
"""Letters in a cell, as UTF-16 counts them."""
EXACT: Final = 10**15
"""Digits of numbers beyond are lost in a spreadsheet, so these are texts."""
FIRST_YEAR: Final = 1900
MOMENTS: Final = ("at", "occurred_at")
OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


async def write(extract: Extract, out: IO[bytes], _: PolicyInMemory) -> None:
    async with gathered(extract) as entries:
        book = Book(out, extract, entries.paths)
        for row in entries.rows():
            book.put(row)
        book.end()


class Book:
    def __init__(self, out: IO[bytes], extract: Extract, paths: Sequence[str]) -> None:
        self._book = Workbook(out, OPTIONS)
        self._book.use_zip64()
        self._book.set_properties({"created": extract.at.replace(tzinfo=None)})
        self._named = self._book.add_format({"bold": True})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        self._extract, self._paths = extract, paths
        self._sheets = self._cut = 0
        self._next_sheet()

    def put(self, one: ExportedRow) -> None:
        if self._row == ROWS:
            self._next_sheet()
        known = dict(one.values)
        for column, value in enumerate(told_of(one)):
            self._cell(self._sheet, self._row, column, value)
        for column, path in enumerate(self._paths, len(OF_ENTRY)):
            self._cell(self._sheet, self._row, column, known.pop(path, None))
        if known:
            self._cell(self._sheet, self._row, len(OF_ENTRY) + len(self._paths), known)
        self._row += 1

    def end(self) -> None:
        """Raises OSError where the disk is full."""
        sheet = self._book.add_worksheet("about")
        sheet.set_column(0, 0, 20)
        for row, (name, value) in enumerate(self._about().items()):
            self._cell(sheet, row, 0, name)
            self._cell(sheet, row, 1, value)
        try:
            self._book.close()
        except FileCreateError as error:
            raise error.args[0] from None

    def _next_sheet(self) -> None:
        self._sheets += 1
        sheet = self._sheet = self._book.add_worksheet("log" if self._sheets == 1 else f"log {self._sheets}")
        for name in MOMENTS:
            sheet.set_column(OF_ENTRY.index(name), OF_ENTRY.index(name), 24)
        sheet.freeze_panes(1, 0)
        for column, name in enumerate((*OF_ENTRY, *self._paths, OTHERS)):
            sheet.write_string(0, column, self._fitting(name), self._named)
        self._row = 1

    def _about(self) -> dict[str, Json]:
        asked, kept, size = self._extract.asked, len(self._extract.kept), self._extract.size
        told: dict[str, Json] = {
            "tenant": asked.tenant,
            "exported at": rfc3339(self._extract.at),
            "exported by": asked.operator,
            "entries": f"FILTERED {kept} of {size}" if asked.wanted else f"all {size}",
            "filter": asked.wanted.to_json(),
            "times": "UTC, to the millisecond; numbers to 15 digits, longer ones as text",
        }
        if self._sheets > 1:
            told["sheets"] = f"a sheet has room for {ROWS - 1} entries: they go on in {self._sheets - 1} more"
        if len(self._paths) == MOST_COLUMNS:
            told["columns"] = f"{MOST_COLUMNS} fields have a column; others stand in {OTHERS}, as JSON"
        if self._cut:
            told["cut"] = f"{self._cut} texts are longer than the {LONGEST} letters of a cell, and end in …: see jsonl"
        return told

    def _cell(self, sheet: Any, row: int, column: int, value: Json) -> None:
        match value:
            case None | "":
                return
            case bool():
                sheet.write_boolean(row, column, value)
            case int() | float() if abs(value) < EXACT:
                sheet.write_number(row, column, value)
            case str() if (day := _day(value)) is not None:
                sheet.write_datetime(row, column, day, self._day)
            case str() if (moment := _moment(value)) is not None:
                sheet.write_datetime(row, column, moment, self._moment)
            case _:
                sheet.write_string(row, column, self._fitting(as_text(value)))

    def _fitting(self, text: str) -> str:
        if 2 * len(text) <= LONGEST:
            return text
        wide = text.encode("utf-16-le")
        if len(wide) <= 2 * LONGEST:
            return text
        self._cut += 1
        return wide[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore") + "…"


def _day(text: str) -> datetime | None:
    if not DATE.fullmatch(text):
        return None
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day) if day.year >= FIRST_YEAR else None


def _moment(text: str) -> datetime | None:
    """In UTC: a spreadsheet knows no zones."""
    if kind_of(text) != "time":
        return None
    moment = datetime.fromisoformat(text.upper()).astimezone(UTC).replace(tzinfo=None)
    return moment if moment.year >= FIRST_YEAR else None
