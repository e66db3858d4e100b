"""What stands beside a flat export: its SHA-256, what it holds, and that the service's key signed so.

`stateward verify` and `verify.py` hold the file against it (`judge_flat`), and docs/export_and_verify.md describes it.
"""

import json
from typing import Final

from app.domain.case.sealing import canonical
from app.domain.values.json import Json
from app.domain.values.rfc3339 import rfc3339
from app.services.log.exports import Extract, origin_of_note
from app.services.log.signing import Signing

FORMAT: Final = "stateward-sidecar/1"


async def sidecar(extract: Extract, sha256: str, size: int, signing: Signing | None) -> bytes:
    """Of a file of `size` bytes with this SHA-256 in hex; `note` is null where no key is set."""
    said = _said(extract, sha256, size)
    text = f"{FORMAT}\n{canonical(said).decode()}\n"
    note = await signing.sign(text) if signing else None
    return json.dumps({"format": FORMAT, **said, "note": note}, indent=1, ensure_ascii=False).encode() + b"\n"


def _said(extract: Extract, sha256: str, size: int) -> dict[str, Json]:
    asked, kept = extract.asked, len(extract.kept)
    newest = extract.checkpoints[-1] if extract.checkpoints else None
    return {
        "export": asked.format,
        "sha256": sha256,
        "bytes": size,
        "tenant": asked.tenant,
        "origin": origin_of_note(newest.note) if newest else None,
        "made_at": rfc3339(extract.at),
        "made_by": asked.operator,
        "tree_size": extract.size,
        "entries": kept,
        "says": f"FILTERED {kept} of {extract.size}" if kept < extract.size else f"all {extract.size}",
        "filter": asked.wanted.to_json(),
        "sample": extract.sample.to_json() if extract.sample else None,
        "totals": extract.totals.to_json(),
        "checkpoint": newest.note if newest and newest.size == extract.size else None,
    }
