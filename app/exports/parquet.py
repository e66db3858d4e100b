"""Parquet: a row an entry, a column a data field, of the type that all of its values have.

The rows wait on the disk twice: until their columns are known, and for the library, which reads them in pieces.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

from app.domain.values.json import Json
from app.exports.columns import OF_ENTRY, OTHERS, Gathered, gathered, told_of
from app.exports.extras import library
from app.exports.mined import as_text
from app.services.log.exports import ExportedRow, Extract
from app.services.policy.past import PolicyInMemory

MOMENTS: Final = ("at", "occurred_at")
INTEGERS: Final = ("leaf_index", "case_seq", "definition_version")
MOMENT: Final = "%Y-%m-%dT%H:%M:%S%.fZ"


async def write(extract: Extract, out: IO[bytes], _: PolicyInMemory) -> None:
    """Raises Missing."""
    polars: Any = library("parquet")
    with tempfile.TemporaryDirectory(prefix="stateward-parquet-") as folder:
        rows, made = Path(folder) / "rows.ndjson", Path(folder) / "made.parquet"
        async with gathered(extract) as entries:
            types = _types(entries)
            with rows.open("w", encoding="utf-8") as file:
                for one in entries.rows():
                    file.write(json.dumps(_row(one, types), ensure_ascii=False) + "\n")
        kinds = {name: "Int64" if name in INTEGERS else "String" for name in OF_ENTRY} | types | {OTHERS: "String"}
        schema = {name: getattr(polars, kind) for name, kind in kinds.items()}
        moments = [polars.col(name).str.to_datetime(MOMENT, time_unit="us", time_zone="UTC") for name in MOMENTS]
        polars.scan_ndjson(rows, schema=schema, low_memory=True).with_columns(moments).sink_parquet(made)
        with made.open("rb") as whole:
            shutil.copyfileobj(whole, out, 1 << 20)


def _types(entries: Gathered) -> dict[str, str]:
    """By field the type that fits all of its values: text, where they are of several kinds."""
    found: dict[str, set[str]] = {}
    for one in entries.rows():
        for name, value in one.values.items():
            if value is not None:
                found.setdefault(name, set()).add(_type(value))
    return {name: _fitting(found.get(name, set())) for name in entries.paths}


def _type(value: Json) -> str:
    match value:
        case bool():
            return "Boolean"
        case int():
            return "Int64"
        case float():
            return "Float64"
    return "String"


def _fitting(types: set[str]) -> str:
    if types == {"Int64", "Float64"}:
        return "Float64"
    return types.pop() if len(types) == 1 else "String"


def _row(one: ExportedRow, types: Mapping[str, str]) -> dict[str, Json]:
    known = dict(one.values)
    row: dict[str, Json] = dict(zip(OF_ENTRY, told_of(one), strict=True))
    for name, kind in types.items():
        value = known.pop(name, None)
        row[name] = as_text(value) if kind == "String" and value is not None else value
    row[OTHERS] = as_text(known) if known else None
    return row
