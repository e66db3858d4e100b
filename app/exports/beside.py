"""Entries with their values beside them, for formats that write both in one line."""

from collections.abc import AsyncIterator, Sequence

from app.services.log.exports import PAGE, ExportedEntry, Extract
from app.services.store.exports import ExportedValue

Row = tuple[ExportedEntry, Sequence[ExportedValue]]


async def rows(extract: Extract) -> AsyncIterator[Row]:
    page: list[ExportedEntry] = []
    async for entry in extract.entries():
        page.append(entry)
        if len(page) == PAGE:
            async for row in _with_values(extract, page):
                yield row
            page = []
    async for row in _with_values(extract, page):
        yield row


async def _with_values(extract: Extract, page: Sequence[ExportedEntry]) -> AsyncIterator[Row]:
    """One portion of values in memory at a time."""
    waiting = iter(page)
    async for values in extract.values_of([entry.leaf_index for entry in page]):
        for entry in waiting:
            if entry.leaf_index == values[0].leaf_index:
                yield entry, values
                break
            yield entry, ()
    for entry in waiting:
        yield entry, ()
