"""JSON lines: an entry a line, as it is, with its hash and its values."""

from typing import IO

from app.exports.beside import rows
from app.exports.lines import row_line
from app.services.log.exports import Extract
from app.services.policy.past import PolicyInMemory


async def write(extract: Extract, out: IO[bytes], _: PolicyInMemory) -> None:
    async for entry, values in rows(extract):
        out.write(row_line(entry, values))
