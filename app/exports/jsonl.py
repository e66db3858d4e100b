"""JSON lines: an entry a line, as it is, with its hash and its values."""

import json
from collections.abc import Sequence
from typing import IO

from app.exports.beside import rows
from app.services.log.exports import ExportedEntry, Extract
from app.services.policy.past import PolicyInMemory
from app.services.store.exports import ExportedValue


async def write(extract: Extract, out: IO[bytes], _: PolicyInMemory) -> None:
    async for entry, values in rows(extract):
        out.write(_line(entry, values))


def _line(one: ExportedEntry, values: Sequence[ExportedValue]) -> bytes:
    """`entry` is the canonical text, which is JSON."""
    told = json.dumps({value.path: value.value for value in values}, ensure_ascii=False)
    head = f'{{"leaf_index":{one.leaf_index},"entry_hash":"{one.entry_hash}"'
    return f'{head},"entry":{one.text},"values":{told}}}\n'.encode()
