"""Requests as bytes, so that nothing on our side mends what is broken on purpose."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

READ_WITHIN = 30
"""Seconds in which an answer has to come."""


@dataclass(frozen=True)
class Request:
    """`target` is path and query as they stand in the first line."""

    method: str
    target: str
    headers: Mapping[str, bytes]
    body: bytes = b""

    def encoded(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1".encode("utf-8", "surrogateescape")]
        lines += [name.encode() + b": " + value for name, value in self.headers.items()]
        return b"\r\n".join([*lines, b"", self.body])


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One connection, made again where the other side closed it."""

    def __init__(self, url: str) -> None:
        self._host, self._port = str(urlsplit(url).hostname), int(urlsplit(url).port or 80)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: Request) -> Response | None:
        """The answer; None where the other side closed the connection instead of giving one."""
        for fresh in (False, True):
            reader, writer = await self._open(fresh)
            try:
                writer.write(request.encoded())
                await writer.drain()
                async with asyncio.timeout(READ_WITHIN):
                    return await self._read(reader, request.method)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()
        return None

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _open(self, fresh: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if fresh or self._streams is None:
            self.close()
            self._streams = await asyncio.open_connection(self._host, self._port)
        return self._streams

    async def _read(self, reader: asyncio.StreamReader, method: str) -> Response:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split()[1])
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await self._body(reader, headers) if method != "HEAD" and status not in (204, 304) else b""
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Response(status, headers, body)

    async def _body(self, reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return await reader.readexactly(int(headers.get("content-length", 0)))
        parts = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readexactly(2)
        return b"".join(parts)
