"""Checkpoints in a folder outside of the database: a file a month that only grows, a JSON line a checkpoint."""

import asyncio
import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from app.domain.log.notes import BadNote, Checkpoint, text_of
from app.domain.values.rfc3339 import rfc3339
from app.services.log.signing import PlaceUnusable, Published

NAMED: Final = "checkpoints-*.jsonl"
LOCK: Final = ".lock"
PIECE: Final = 1 << 20


class CheckpointFolder:
    """`FOLDER/checkpoints-2026-11.jsonl`. A new file begins with the newest checkpoint of each log, so that older files
    may be taken away and nobody reads more than the newest. All of it runs in threads: a share may be slow."""

    tells_all = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: Path | None = None
        self._read_to = 0
        self._latest: dict[str, Published] = {}

    async def latest(self, origins: Sequence[str] = ()) -> Mapping[str, Published]:
        return await asyncio.to_thread(self._caught_up)

    async def append(self, notes: Sequence[str], at: datetime) -> None:
        await asyncio.to_thread(self._append, notes, at)

    def _caught_up(self) -> Mapping[str, Published]:
        with self._failing():
            self._catch_up()
        return self._latest

    def _append(self, notes: Sequence[str], at: datetime) -> None:
        """What somebody else published meanwhile stays the newest: who lost their turn may come late."""
        with self._failing(), self._alone():
            before = {origin: one.note for origin, one in self._latest.items()}
            self._catch_up()
            new = [one for one in map(_published, notes) if self._follows(one, before)]
            file = self._folder / f"checkpoints-{at:%Y-%m}.jsonl"
            carried = [] if self._file is None or file.name <= self._file.name else list(self._latest.values())
            if self._file is not None and file.name < self._file.name:
                file = self._file  # by a clock that is behind
            if new:
                _write(file, "".join(_line(one.note, at) for one in (*carried, *new)))
                self._catch_up()

    def _follows(self, one: Published, before: Mapping[str, str]) -> bool:
        """Whether it is new, and made in sight of the newest that there is."""
        known = self._latest.get(one.checkpoint.origin)
        return known is None or known.note == before.get(one.checkpoint.origin) != one.note

    def _catch_up(self) -> None:
        """Read on from where this process was."""
        newest = max(self._folder.glob(NAMED), default=None)
        if newest is None:
            if self._file is not None:
                raise PlaceUnusable(f"{self._file} is gone, in which checkpoints were published")
            return
        if newest != self._file:
            self._file, self._read_to = newest, 0
        if newest.stat().st_size < self._read_to:
            raise PlaceUnusable(f"{newest} is shorter than it was")
        with newest.open("rb") as opened:
            opened.seek(self._read_to)
            for line in opened:
                if not line.endswith(b"\n"):
                    break  # somebody writes it right now, or was stopped while writing
                self._read_to += len(line)
                self._note(line)

    def _note(self, line: bytes) -> None:
        """A line that a crash left unfinished says nothing."""
        try:
            found = _published(json.loads(line)["note"])
        except (ValueError, KeyError, TypeError):
            return
        self._latest[found.checkpoint.origin] = found

    @contextmanager
    def _alone(self) -> Iterator[None]:
        opened = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX)
            yield
        finally:
            os.close(opened)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            yield
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise PlaceUnusable(f"{self._folder} cannot be used to publish checkpoints: {why}") from None


def _published(note: str) -> Published:
    """Raises BadNote."""
    if not isinstance(note, str):
        raise BadNote("a note is text")
    return Published(Checkpoint.parse(text_of(note)), note)


def _line(note: str, at: datetime) -> str:
    return json.dumps({"at": rfc3339(at), "note": note}, ensure_ascii=False) + "\n"


def _write(file: Path, lines: str) -> None:
    new = not file.exists()
    opened = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(opened).st_size
        torn = size > 0 and os.pread(opened, 1, size - 1) != b"\n"
        data = ("\n" * torn + lines).encode()
        while data:
            data = data[os.write(opened, data) :]
        os.fsync(opened)
    finally:
        os.close(opened)
    if new:
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
