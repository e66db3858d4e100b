"""Entries with their values beside them, one after the other."""

from collections.abc import AsyncIterator

from app.services.log.exports import ExportedRow, Extract


async def rows(extract: Extract) -> AsyncIterator[ExportedRow]:
    async for page in extract.rows():
        for row in page:
            yield row
