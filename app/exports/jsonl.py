"""JSON lines: an entry a line, as it is, with its hash and its values."""

from typing import IO

from app.exports.lines import as_lines
from app.services.log.exports import Extract
from app.services.policy.past import PolicyInMemory


async def write(extract: Extract, out: IO[bytes], _: PolicyInMemory) -> None:
    async for page in extract.rows():
        out.write(as_lines(page))
