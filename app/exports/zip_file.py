"""The export that proves itself: entries, values, hashes, checkpoints and definitions in a zip, with its verifier.

FORMAT.md, beside this, says what stands in it; whoever reads that can write a verifier of their own.
"""

import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files as resources
from typing import IO, Final

from app.domain.values.json import Json
from app.domain.values.rfc3339 import rfc3339
from app.exports.enclosing import enclose
from app.exports.lines import entry_line, proof_line, values_line
from app.services.log.exports import Extract, origin_of_note
from app.services.log.leaf_hashes import LeafHashes
from app.services.log.sorted_lines import SortedLines
from app.services.policy.past import PolicyInMemory

FORMAT: Final = "stateward-export/1"
LEVEL: Final = 2
"""Of packing: the usual one takes more than twice as long for a tenth less."""
BLOCK: Final = 1 << 18


async def write(extract: Extract, out: IO[bytes], policy: PolicyInMemory) -> None:
    with LeafHashes() as hashes, SortedLines() as attached, zipfile.ZipFile(out, "w") as archive:
        zipped = Zipped(archive, extract.at)
        await zipped.stream("entries.ndjson", _entries(extract, hashes, attached))
        enclosed = await zipped.stream("values.ndjson", _values(extract))
        zipped.put("redactions.ndjson", b"")
        if extract.asked.wanted:
            zipped.put_pieces("proofs.ndjson", _proofs(extract, hashes))
        else:
            zipped.put_tiles(hashes)
        for checkpoint in extract.checkpoints:
            zipped.put(f"checkpoints/{checkpoint.size}.txt", checkpoint.note.encode())
        if extract.asked.keys:
            zipped.put("keys.txt", "".join(f"{key}\n" for key in extract.asked.keys).encode())
        for stored in await extract.definitions():
            zipped.put(f"definitions/{stored.hash}.json", stored.text.encode())
        policies, unknown = await extract.policies(policy)
        for digest, lines in policies.items():
            zipped.put(f"policies/{digest}.json", _json(lines))
        files = await enclose(extract, attached, zipped.put_pieces) if extract.files else None
        zipped.put("manifest.json", _json({**_manifest(extract, hashes.root(), enclosed, unknown), "files": files}))
        zipped.put("FORMAT.md", resources("app.exports").joinpath("FORMAT.md").read_bytes())
        zipped.put("verify.py", resources("app.verify").joinpath("verify.py").read_bytes())


class Zipped:
    """A zip being written, one file after the other, all with the moment of the export."""

    def __init__(self, archive: zipfile.ZipFile, at: datetime) -> None:
        self._archive = archive
        self._at = at

    async def stream(self, name: str, lines: AsyncIterator[tuple[bytes, int]]) -> int:
        """Each with a count; returns the sum of these."""
        counted = 0
        with self._opened(name) as file:
            async for line, count in lines:
                file.write(line)
                counted += count
        return counted

    def put(self, name: str, content: bytes) -> None:
        self.put_pieces(name, [content])

    def put_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        with self._opened(name) as file:
            for piece in pieces:
                file.write(piece)

    def put_tiles(self, hashes: LeafHashes) -> None:
        """As they are: hashes cannot be packed."""
        for tile, content in hashes.tiles():
            self._archive.writestr(self._named(f"tiles/{tile.path}", zipfile.ZIP_STORED), content)

    @contextmanager
    def _opened(self, name: str) -> Iterator[IO[bytes]]:
        named = self._named(name, zipfile.ZIP_DEFLATED)
        with (
            self._archive.open(named, "w", force_zip64=True) as file,
            io.BufferedWriter(file, BLOCK) as blocks,
        ):
            yield blocks

    def _named(self, name: str, packed: int) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self._at.timetuple()[:6])
        info.compress_type = packed
        info._compresslevel = LEVEL  # type: ignore[attr-defined]
        info.external_attr = 0o600 << 16
        return info


async def _entries(extract: Extract, hashes: LeafHashes, attached: SortedLines) -> AsyncIterator[tuple[bytes, int]]:
    async for entry in extract.entries(hashes):
        if entry.entry["kind"] == "attachment":
            attached.add(f"{entry.entry['attachment']['sha256']}\n".encode())
        yield entry_line(entry), 1


async def _values(extract: Extract) -> AsyncIterator[tuple[bytes, int]]:
    async for values in extract.values():
        yield values_line(values), len(values)


def _proofs(extract: Extract, hashes: LeafHashes) -> Iterator[bytes]:
    return (proof_line(leaf_index, hashes.proof(leaf_index)) for leaf_index in extract.kept)


def _manifest(extract: Extract, root: bytes, enclosed: int, unknown: Sequence[str]) -> dict[str, Json]:
    asked, kept = extract.asked, len(extract.kept)
    return {
        "format": FORMAT,
        "tenant": asked.tenant,
        "origin": origin_of_note(extract.checkpoints[-1].note) if extract.checkpoints else None,
        "made_at": rfc3339(extract.at),
        "made_by": asked.operator,
        "tree_size": extract.size,
        "root": root.hex(),
        "entries": kept,
        "says": f"FILTERED {kept} of {extract.size}" if asked.wanted else f"all {extract.size}",
        "filter": asked.wanted.to_json(),
        "sample": extract.sample.to_json() if extract.sample else None,
        "values": {"enclosed": enclosed, "withheld": extract.fields - enclosed},
        "totals": extract.totals.to_json(),
        "checkpoints": [one.size for one in extract.checkpoints],
        "policies_not_enclosed": unknown,
    }


def _json(document: Json) -> bytes:
    return json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"
