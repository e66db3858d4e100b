"""Enclose the files that were attached: each once, under its SHA-256, and only where its bytes have that."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import IO, Final

from app.domain.values.json import Json
from app.services.log.enclosed_files import FileLost, Files, NoFiles
from app.services.log.exports import Extract
from app.services.log.sorted_lines import SortedLines

IN_MEMORY: Final = 1 << 20
PIECE: Final = 1 << 18
MOST_LOST: Final = 10_000


async def enclose(
    extract: Extract, attached: SortedLines, put: Callable[[str, Iterable[bytes]], None]
) -> dict[str, Json]:
    """How many there are, how many bytes they have, and by SHA-256 why others are not there. Raises NoFiles."""
    assert extract.files is not None
    enclosed = size = 0
    lost: dict[str, Json] = {}
    for line, _ in groupby(attached.merged()):
        sha256 = line.decode().strip()
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
            try:
                size += await _fetched(extract.files, extract.asked.tenant, sha256, file)
            except FileLost as why:
                lost[sha256] = str(why)
                if len(lost) > MOST_LOST:
                    raise NoFiles(f"more than {MOST_LOST} files cannot be read") from None
                continue
            put(f"files/{sha256}", iter(lambda file=file: file.read(PIECE), b""))  # type: ignore[misc]
        enclosed += 1
    return {"enclosed": enclosed, "bytes": size, "not_enclosed": lost}


async def _fetched(files: Files, tenant: str, sha256: str, file: IO[bytes]) -> int:
    """Whole and true before the first byte of it goes into the zip. Raises FileLost."""
    digest = hashlib.sha256()
    async for piece in files.pieces(tenant, sha256):
        digest.update(piece)
        file.write(piece)
    if digest.hexdigest() != sha256:
        raise FileLost("its bytes are not those that were attached")
    size = file.tell()
    file.seek(0)
    return size
