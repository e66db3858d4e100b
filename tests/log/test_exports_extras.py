"""Formats whose library is an extra: what they hold where it is installed, and one sentence where it is not."""

import asyncio
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from app.db import open_store
from app.exports import extras
from app.services.log.export_filter import ExportFilter
from tests.databases import sqlite_of
from tests.exporting import export
from tests.house import CLERK, fired, open_claim, opened, running


@pytest.fixture(scope="module")
def made(sqlite_lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each of the formats that this installation can write."""
    folder = tmp_path_factory.mktemp("extras")

    async def write() -> None:
        database = sqlite_of(Path(shutil.copy(sqlite_lived_in, folder / "house.db")))
        async with running(open_store(database.url)) as house:
            where = {"applicant_name": "Zoe", "site": "1", "floor_area_m2": 5, "protected_area": True}
            await opened(house, case_type="permit", event="apply", data=where)
            claim = await open_claim(house)
            await fired(house, claim, "triage", CLERK, reason="<b>as of today</b>")
            await house.ledger.sequence()
            wanted = {"pdf": ExportFilter(cases=frozenset({claim})), "parquet": ExportFilter()}
            for kind, narrow in wanted.items():
                if installed(kind):
                    await export(house.store, folder / f"it.{kind}", narrow, kind)

    asyncio.run(write())
    return folder


def installed(kind: str) -> bool:
    try:
        return extras.library(kind) is not None
    except extras.Missing:
        return False


def test_parquet_has_a_row_an_entry_and_columns_of_the_type_of_their_values(made: Path) -> None:
    polars: Any = pytest.importorskip("polars", reason="the extra stateward[parquet] is not installed")
    read = polars.read_parquet(made / "it.parquet")
    assert read["leaf_index"].to_list() == [0, 1, 2]
    assert read.schema["at"] == polars.Datetime("us", "UTC")
    assert read.schema["/data/protected_area"] == polars.Boolean
    assert read["/data/floor_area_m2"].to_list() == [5, None, None]
    assert read["/data/site"].to_list() == ["1", None, None]
    assert read["/reason"].to_list() == [None, None, "<b>as of today</b>"]


def test_a_case_on_paper_is_a_pdf(made: Path) -> None:
    if not installed("pdf"):
        pytest.skip("the extra stateward[pdf] is not installed, or the system has no Pango")
    assert (made / "it.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(("kind", "name"), extras.LIBRARIES.items())
def test_where_the_library_is_missing_one_sentence_says_what_to_install(
    kind: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(extras.Missing, match=rf"^{kind} takes {name}: pip install 'stateward\[{kind}\]'$"):
        extras.library(kind)
