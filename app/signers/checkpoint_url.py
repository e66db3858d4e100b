"""Checkpoints published to a URL by PUT: a bucket with object lock, or a server of another department.

Of each log `LOG/SIZE.txt` is written once and never again, `LOG/latest.txt` anew with each checkpoint. Both are only
put where nobody else did so meanwhile (If-None-Match, If-Match), as far as the server heeds that.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

import httpx

from app.domain.log.notes import BadNote, Checkpoint, text_of
from app.services.log.signing import PlaceUnusable, Published

PATIENCE: Final = 10.0
AT_ONCE: Final = 8
MOST_BYTES: Final = 1 << 16
NEWEST: Final = "latest.txt"
TEXT: Final = {"Content-Type": "text/plain; charset=utf-8"}
GONE, MOVED_ON = 404, 412


class CheckpointUrl:
    """Asked of the logs that have grown alone: there may be more of them than anybody wants to ask for each time."""

    tells_all = False

    def __init__(self, url: str) -> None:
        self._url = httpx.URL(url.rstrip("/"))
        self._shown = str(self._url.copy_with(username=None, password=None))
        self._latest: dict[str, Published] = {}
        self._versions: dict[str, str | None] = {}

    async def latest(self, origins: Sequence[str] = ()) -> Mapping[str, Published]:
        """Those of these logs as they stand there now, of others as they were when they were asked for."""
        async with self._client() as client:
            await self._each([self._read(client, origin) for origin in origins])
        return self._latest

    async def append(self, notes: Sequence[str], at: datetime) -> None:
        async with self._client() as client:
            await self._each([self._publish(client, note) for note in notes])

    async def _read(self, client: httpx.AsyncClient, origin: str) -> None:
        answer = await self._asked(client, "GET", f"{_path(origin)}/{NEWEST}")
        if answer.status_code == GONE:
            if origin in self._latest:
                raise self._unusable(f"{_path(origin)}/{NEWEST} is gone")
            self._versions[origin] = None
            return
        self._latest[origin] = self._published(answer)
        self._versions[origin] = answer.headers.get("ETag")

    async def _publish(self, client: httpx.AsyncClient, note: str) -> None:
        """The one of its size first: what is newest is there for good already."""
        checkpoint = Checkpoint.parse(text_of(note))
        folder = _path(checkpoint.origin)
        once = f"{folder}/{checkpoint.size}.txt"
        answer = await self._asked(client, "PUT", once, note, {"If-None-Match": "*"})
        if answer.status_code == MOVED_ON:
            there = self._published(await self._asked(client, "GET", once))
            if there.checkpoint != checkpoint:
                raise self._unusable(f"{once} says something else already")
        version = self._versions.get(checkpoint.origin)
        unless = {"If-Match": version} if version else {"If-None-Match": "*"}
        answer = await self._asked(client, "PUT", f"{folder}/{NEWEST}", note, unless)
        if answer.status_code == MOVED_ON:
            raise self._unusable("somebody else published meanwhile")
        self._latest[checkpoint.origin] = Published(checkpoint, note)
        self._versions[checkpoint.origin] = answer.headers.get("ETag")

    async def _asked(
        self, client: httpx.AsyncClient, how: str, path: str, content: str | None = None, unless: Mapping[str, str] = {}
    ) -> httpx.Response:
        """Raises PlaceUnusable where the answer is none that is expected."""
        headers = {**TEXT, **unless} if content is not None else {}
        try:
            answer = await client.request(how, f"{self._url}/{path}", content=content, headers=headers)
        except httpx.HTTPError as error:
            raise self._unusable(f"{type(error).__name__}") from None
        expected = (GONE,) if how == "GET" else (MOVED_ON,)
        if not answer.is_success and answer.status_code not in expected:
            raise self._unusable(f"it answers {answer.status_code} to a {how}")
        return answer

    def _published(self, answer: httpx.Response) -> Published:
        try:
            if len(answer.content) > MOST_BYTES or not answer.is_success:
                raise BadNote("no note")
            note = answer.content.decode()
            return Published(Checkpoint.parse(text_of(note)), note)
        except (BadNote, UnicodeDecodeError):
            raise self._unusable(f"{answer.url.path} holds no checkpoint") from None

    def _unusable(self, why: str) -> PlaceUnusable:
        return PlaceUnusable(f"{self._shown} cannot be used to publish checkpoints: {why}")

    def _client(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=AT_ONCE)
        return httpx.AsyncClient(timeout=PATIENCE, limits=limits, follow_redirects=False)

    async def _each(self, asked: Sequence[Awaitable[None]]) -> None:
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(work: Awaitable[None]) -> None:
            async with turns:
                await work

        done = await asyncio.gather(*map(one, asked), return_exceptions=True)
        for failed in done:
            if isinstance(failed, BaseException):
                raise failed


def _path(origin: str) -> str:
    """An origin is a name and a tenant; the log of the service is `*`."""
    return quote(origin, safe="/")
