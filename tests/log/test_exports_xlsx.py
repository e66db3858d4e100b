"""XLSX as a spreadsheet opens it: read back from its XML, for the library that writes it does not read."""

import asyncio
import re
import shutil
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from typing import Any

import pytest

from app.db import open_store
from app.exports import columns, xlsx_file
from tests.databases import sqlite_of
from tests.exporting import TakenApart, export
from tests.house import CLERK, fired, open_claim, opened, running

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
EVIL = '=HYPERLINK("http://evil.example")'
LONG = "wide 😀" * 6_000
Cell = tuple[str, str]
"""Its type and style, as far as they matter, and what stands in it."""


@pytest.fixture(scope="module")
def made(sqlite_lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TakenApart]:
    """Three entries, two a sheet, fields with columns of their own."""
    folder = tmp_path_factory.mktemp("xlsx")

    async def write() -> tuple[Path, TakenApart]:
        database = sqlite_of(Path(shutil.copy(sqlite_lived_in, folder / "house.db")))
        async with running(open_store(database.url)) as house:
            where = {"applicant_name": EVIL, "site": "+1 2\x01", "floor_area_m2": 5, "protected_area": True}
            await opened(house, case_type="permit", event="apply", data=where)
            claim = await open_claim(house)
            await fired(house, claim, "triage", CLERK, reason=LONG)
            await house.ledger.sequence()
            whole = TakenApart.of(await export(house.store, folder / "all.zip"))
            return await export(house.store, folder / "all.xlsx", kind="xlsx"), whole

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xlsx_file, "ROWS", 3)
        return asyncio.run(write())


def sheets(path: Path) -> dict[str, list[dict[str, Cell]]]:
    """By the name of each sheet its rows, of each the cells by column."""
    with zipfile.ZipFile(path) as archive:
        book = ET.fromstring(archive.read("xl/workbook.xml"))
        names = [one.attrib["name"] for one in book.iter(f"{MAIN}sheet")]
        read = [ET.fromstring(archive.read(f"xl/worksheets/sheet{at}.xml")) for at in range(1, len(names) + 1)]
    return {name: [_row(row) for row in sheet.iter(f"{MAIN}row")] for name, sheet in zip(names, read, strict=True)}


def _row(row: ET.Element) -> dict[str, Cell]:
    return {re.sub(r"\d", "", cell.attrib["r"]): _cell(cell) for cell in row}


def _cell(cell: ET.Element) -> Cell:
    assert cell.find(f"{MAIN}f") is None
    kind = cell.get("t", "n") + (":dated" if cell.get("s") not in (None, "1") else "")
    return kind, "".join(cell.itertext())


def test_each_entry_has_a_row_and_sheets_follow_each_other(made: tuple[Path, TakenApart]) -> None:
    path, whole = made
    read = sheets(path)
    assert list(read) == ["log", "log 2", "about"]
    rows = [row for name in ("log", "log 2") for row in read[name][1:]]
    named = {text: column for column, (_, text) in read["log"][0].items()}
    assert [row[named["entry_id"]][1] for row in rows] == [
        whole.entry(at)["entry_id"] for at in range(len(whole.entries))
    ]
    assert read["log 2"][0] == read["log"][0]
    about = {row["A"][1]: row["B"][1] for row in read["about"]}
    assert about["entries"] == f"all {len(rows)}"
    assert about["sheets"] == "a sheet has room for 2 entries: they go on in 1 more"
    assert about["cut"].startswith("1 texts are longer than the 32767 letters")


def test_texts_do_not_compute_and_numbers_flags_and_moments_are_what_they_are(made: tuple[Path, TakenApart]) -> None:
    read = sheets(made[0])
    named = {text: column for column, (_, text) in read["log"][0].items()}
    first = {name: read["log"][1][column] for name, column in named.items() if column in read["log"][1]}
    assert first["/data/applicant_name"] == ("inlineStr", EVIL)
    assert first["/data/site"] == ("inlineStr", "+1 2_x0001_")
    assert first["/data/floor_area_m2"] == ("n", "5")
    assert first["/data/protected_area"] == ("b", "1")
    kind, day = first["at"]
    assert (kind, 46_000 < float(day) < 80_000) == ("n:dated", True)
    assert "/data/amount_cents" not in first
    [reason] = [row[named["/reason"]][1] for row in read["log 2"][1:] if named["/reason"] in row]
    assert reason == LONG[: len(reason) - 1] + "…"
    assert len(reason.encode("utf-16-le")) // 2 <= xlsx_file.LONGEST


@pytest.mark.parametrize(
    ("text", "dated"),
    [
        ("2026-11-20", True),
        ("2026-11-20T08:00:00.123456Z", True),
        ("2026-02-30", False),
        ("1899-12-31", False),
        ("20 November", False),
    ],
)
def test_a_date_is_one_that_a_spreadsheet_knows(text: str, dated: bool) -> None:
    assert (xlsx_file._day(text) is not None or xlsx_file._moment(text) is not None) == dated


async def test_a_field_more_than_there_are_columns_is_told(
    house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "MOST_COLUMNS", 1)
    monkeypatch.setattr(xlsx_file, "MOST_COLUMNS", 1)
    await open_claim(house)
    await house.ledger.sequence()
    read = sheets(await export(house.store, tmp_path / "few.xlsx", kind="xlsx"))
    named = {text: column for column, (_, text) in read["log"][0].items()}
    assert "EUR" in read["log"][1][named["other_values"]][1]
    assert "columns" in {row["A"][1] for row in read["about"]}
