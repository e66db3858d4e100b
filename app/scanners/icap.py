"""Scan a file by a server that speaks ICAP (RFC 3507): the file goes as the answer to a request that nobody made."""

import asyncio
import hashlib
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from app.services.work.scanning import ScanFailed, Verdict

SCHEME: Final = "icap://"
PORT: Final = 1344
FOUND: Final = ("x-infection-found", "x-violations-found", "x-virus-id")
"""Headers by which servers say what they found."""
UNCHANGED, CHANGED, FINE = 204, 200, 200
LONGEST_FOUND: Final = 200
PIECE: Final = 64 * 1024
END: Final = b"\r\n"
OTHER: Final = "the ICAP server gave something else back than the file, and did not say what it found"


@dataclass(frozen=True)
class IcapScanner:
    host: str
    port: int
    service: str

    @classmethod
    def at(cls, url: str) -> Self:
        parts = urlsplit(url)
        if not parts.hostname or not parts.path.strip("/") or parts.username is not None or parts.query:
            raise ValueError("names no host and service")
        return cls(parts.hostname, parts.port or PORT, parts.path.strip("/"))

    async def scan(self, pieces: AsyncIterator[bytes], size: int) -> Verdict:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        sending = asyncio.create_task(self._send(writer, pieces, size))
        hearing = asyncio.create_task(_heard(reader, size))
        try:
            await asyncio.wait((sending, hearing), return_when=asyncio.FIRST_COMPLETED)
            if sending.done() and (fault := sending.exception()) and not isinstance(fault, ConnectionError):
                raise fault  # the file cannot be read; whoever hangs up may have said why before
            heard = await hearing
            if isinstance(heard, Verdict):
                return heard
            if heard != await sending:
                raise ScanFailed(OTHER)
            return Verdict(False)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, IndexError):
            raise ScanFailed(f"{self.host}:{self.port} answered something else than ICAP") from None
        finally:
            for task in (sending, hearing):
                task.cancel()  # the server may know enough before it has read everything
            await asyncio.gather(sending, hearing, return_exceptions=True)
            writer.close()

    async def _send(self, writer: StreamWriter, pieces: AsyncIterator[bytes], size: int) -> str:
        """The SHA-256 of what went out."""
        request = b"GET /file HTTP/1.1\r\nHost: stateward\r\n\r\n"
        response = (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {size}\r\n\r\n".encode()
        )
        head = (
            f"RESPMOD {SCHEME}{self.host}:{self.port}/{self.service} ICAP/1.0\r\n"
            f"Host: {self.host}:{self.port}\r\nUser-Agent: Stateward\r\nAllow: 204\r\nConnection: close\r\n"
            f"Encapsulated: req-hdr=0, res-hdr={len(request)}, res-body={len(request) + len(response)}\r\n\r\n"
        )
        writer.write(head.encode() + request + response)
        digest = hashlib.sha256()
        async for piece in pieces:
            digest.update(piece)
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return digest.hexdigest()


async def _heard(reader: StreamReader, size: int) -> Verdict | str:
    """A verdict, or the SHA-256 of what would pass instead of the file: it is fine only where that is the file itself.
    Raises ValueError where that is no ICAP."""
    status, headers = await _head(reader, "ICAP")
    told = next((headers[name] for name in FOUND if name in headers), None)
    if status not in (UNCHANGED, CHANGED):
        raise ScanFailed(f"the ICAP server answered {status}")
    if told is not None:
        return Verdict(True, _threat(told))
    if status == UNCHANGED:
        return Verdict(False)
    comes = headers.get("encapsulated", "").lower()
    if "res-hdr" in comes:
        shown, _ = await _head(reader, "HTTP")
        if shown != FINE:
            return Verdict(True, f"refused with {shown}")
    if "res-body" not in comes:
        raise ScanFailed(OTHER)
    return await _digest(reader, size)


async def _digest(reader: StreamReader, size: int) -> str:
    """Of a body in chunks that is as long as the file, and read no further."""
    digest, left = hashlib.sha256(), size
    while length := int((await reader.readline()).partition(b";")[0], 16):
        left -= length
        if length < 0 or left < 0:
            raise ScanFailed(OTHER)
        while length:
            piece = await reader.readexactly(min(length, PIECE))
            digest.update(piece)
            length -= len(piece)
        if await reader.readexactly(len(END)) != END:
            raise ValueError("a chunk does not end where it should")
    if left:
        raise ScanFailed(OTHER)
    return digest.hexdigest()


async def _head(reader: StreamReader, protocol: str) -> tuple[int, Mapping[str, str]]:
    text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = text.strip().split("\r\n")
    name, _, rest = first.partition("/")
    if name != protocol:
        raise ValueError("another protocol")
    pairs = (line.partition(":") for line in lines)
    return int(rest.split(" ")[1]), {key.strip().lower(): value.strip() for key, _, value in pairs}


def _threat(told: str) -> str:
    """`Type=0; Resolution=2; Threat=NAME;` names it, and so does a bare name."""
    parts = dict(part.strip().partition("=")[::2] for part in told.split(";") if "=" in part)
    return parts.get("Threat", told)[:LONGEST_FOUND]
