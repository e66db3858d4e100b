"""The lines of NDJSON that formats share: exact text goes in as it is, whoever reads it need not know our JSON."""

import json
from collections.abc import Sequence

from app.domain.case.sealing import canonical
from app.services.log.exports import ExportedEntry, ExportedRow
from app.services.store.exports import ExportedValue


def entry_line(one: ExportedEntry) -> bytes:
    text = json.dumps(one.text, ensure_ascii=False)
    return f'{{"leaf_index":{one.leaf_index},"entry":{text}}}\n'.encode()


def as_lines(rows: Sequence[ExportedRow]) -> bytes:
    """As the database put them together. A break in one stands between two tokens, where a space says as much."""
    return "".join([f"{row.line}\n" if "\n" not in row.line else as_line(row) for row in rows]).encode()


def as_line(row: ExportedRow) -> str:
    return row.line.replace("\n", " ") + "\n"


def values_line(values: Sequence[ExportedValue]) -> bytes:
    """Of one entry: by path the salt in hex, and the value as the canonical text that was committed to."""
    pairs = {one.path: [one.salt.hex(), canonical(one.value).decode()] for one in values}
    return f'{{"leaf_index":{values[0].leaf_index},"values":{json.dumps(pairs, ensure_ascii=False)}}}\n'.encode()


def proof_line(leaf_index: int, proof: Sequence[bytes]) -> bytes:
    return json.dumps({"leaf_index": leaf_index, "proof": [step.hex() for step in proof]}).encode() + b"\n"
