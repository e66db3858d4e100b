"""The lines of NDJSON that formats share: exact text goes in as it is, whoever reads it need not know our JSON."""

import json
from collections.abc import Sequence

from app.domain.case.sealing import canonical
from app.services.log.exports import ExportedEntry
from app.services.store.exports import ExportedValue


def entry_line(one: ExportedEntry) -> bytes:
    text = json.dumps(one.text, ensure_ascii=False)
    return f'{{"leaf_index":{one.leaf_index},"entry":{text}}}\n'.encode()


def row_line(one: ExportedEntry, values: Sequence[ExportedValue]) -> bytes:
    """An entry with its values: `entry` is the canonical text, which is JSON."""
    told = json.dumps({value.path: value.value for value in values}, ensure_ascii=False)
    head = f'{{"leaf_index":{one.leaf_index},"entry_hash":"{one.entry_hash}"'
    return f'{head},"entry":{one.text},"values":{told}}}\n'.encode()


def values_line(values: Sequence[ExportedValue]) -> bytes:
    """Of one entry: by path the salt in hex, and the value as the canonical text that was committed to."""
    pairs = {one.path: [one.salt.hex(), canonical(one.value).decode()] for one in values}
    return f'{{"leaf_index":{values[0].leaf_index},"values":{json.dumps(pairs, ensure_ascii=False)}}}\n'.encode()


def proof_line(leaf_index: int, proof: Sequence[bytes]) -> bytes:
    return json.dumps({"leaf_index": leaf_index, "proof": [step.hex() for step in proof]}).encode() + b"\n"
