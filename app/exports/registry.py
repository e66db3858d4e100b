"""The formats in which a log is exported."""

from collections.abc import Awaitable, Callable, Mapping
from typing import IO, Final

from app.exports import access, case_html, csv_file, exceptions, jsonl, ocel, parquet, pdf, xes, xlsx_file, zip_file
from app.services.log.exports import Extract
from app.services.policy.past import PolicyInMemory

WRITES: Final[Mapping[str, Callable[[Extract, IO[bytes], PolicyInMemory], Awaitable[None]]]] = {
    "zip": zip_file.write,
    "jsonl": jsonl.write,
    "csv": csv_file.write,
    "xlsx": xlsx_file.write,
    "parquet": parquet.write,
    "xes": xes.write,
    "ocel": ocel.write,
    "html": case_html.write,
    "pdf": pdf.write,
    "access": access.write,
    "exceptions": exceptions.write,
}
"""Each writes all of an extract; a policy without lines goes through its past, where a format tells by which it was
decided."""
