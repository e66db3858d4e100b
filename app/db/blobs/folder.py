"""The bytes of attachments in a folder: under tenant and SHA-256, written aside, synced and renamed into place."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from app.domain.values.names import TENANT, UUID
from app.services.store.work import StoredBlob
from app.services.work.contents import Missing

PIECE = 256 * 1024
SHA256 = re.compile("[0-9a-f]{64}")
ASIDE = ".uploads"
"""No tenant's name begins with a dot."""


class AttachmentFolder:
    """`FOLDER/TENANT/ab/abcd...`. All of it runs in threads: a disk may be slow, and events do not wait for it."""

    names_uploads = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    async def add(self, tenant: str, upload: str, n: int, piece: bytes) -> None:
        await asyncio.to_thread(_append, self._aside(upload), piece)

    async def keep(self, tenant: str, upload: str, sha256: str) -> None:
        await asyncio.to_thread(_put, self._aside(upload), self._place(tenant, sha256), self._folder)

    async def drop(self, tenant: str, upload: str) -> None:
        with suppress(OSError):  # `drop_older` tries again
            await asyncio.to_thread(self._aside(upload).unlink, missing_ok=True)

    async def read(self, tenant: str, blob: StoredBlob) -> AsyncIterator[bytes]:
        file = await asyncio.to_thread(_opened, self._place(tenant, blob.sha256), blob.size)
        try:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece
        finally:
            await asyncio.to_thread(file.close)

    async def forget(self, tenant: str, blob: StoredBlob) -> None:
        await asyncio.to_thread(self._place(tenant, blob.sha256).unlink, missing_ok=True)

    async def drop_older(self, before: datetime) -> None:
        await asyncio.to_thread(_drop_older, self._folder / ASIDE, before.timestamp())

    def _aside(self, upload: str) -> Path:
        if not UUID.fullmatch(upload):
            raise ValueError(f"{upload!r} is not the id of an upload")
        return self._folder / ASIDE / upload

    def _place(self, tenant: str, sha256: str) -> Path:
        """Names of this spelling, and nothing else, lead nowhere but into the folder."""
        if not TENANT.fullmatch(tenant) or not SHA256.fullmatch(sha256):
            raise ValueError(f"{tenant!r} and {sha256!r} do not name a file")
        return self._folder / tenant / sha256[:2] / sha256


def _append(aside: Path, piece: bytes) -> None:
    aside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600), "ab") as file:
        file.write(piece)


def _put(aside: Path, place: Path, folder: Path) -> None:
    """The file, its name, and the folders above it are on the disk when this returns."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not place.parent.resolve().is_relative_to(folder):
        raise ValueError("a link leads out of the folder of attachments")
    _sync(aside)
    aside.replace(place)
    for above in (place.parent, place.parent.parent, folder):
        _sync(above)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _opened(place: Path, size: int) -> BinaryIO:
    try:
        file = os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW), "rb")
    except FileNotFoundError:
        raise Missing("the file is not in the folder") from None
    found = os.fstat(file.fileno()).st_size
    if found != size:
        file.close()
        raise Missing(f"the file has {found} bytes and not {size}")
    return file


def _drop_older(aside: Path, before: float) -> None:
    for file in aside.iterdir() if aside.exists() else ():
        if file.stat().st_mtime < before:
            file.unlink(missing_ok=True)
