"""A few lines of an ICAP server (RFC 3507), for tests: it finds harm where a word stands in the body."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HARM = b"EICAR-STANDARD"
CLEAN = b"ICAP/1.0 204 No Content\r\nISTag: t\r\n\r\n"
FOUND = (
    b"ICAP/1.0 200 OK\r\nISTag: t\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Eicar-Test;\r\n"
    b"Encapsulated: res-hdr=0, null-body=26\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n"
)


@dataclass
class Asked:
    """What came: heads and bodies. `answer` is given to everybody instead of a verdict, where it is set."""

    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    answer: bytes | None = None

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            self.heads += [(await reader.readuntil(b"\r\n\r\n")).decode() for _ in range(3)]
            body = b""
            while size := int(await reader.readline(), 16):
                body += await reader.readexactly(size)
                await reader.readline()
            self.bodies.append(body)
            writer.write(self.answer or (FOUND if HARM in body else CLEAN))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # whoever asked gave up
        finally:
            writer.close()


@asynccontextmanager
async def icap_server() -> AsyncIterator[tuple[str, Asked]]:
    """Its address, and what it is asked."""
    asked = Asked()
    server = await asyncio.start_server(asked.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"icap://127.0.0.1:{port}/scan", asked
    finally:
        server.close()
        await server.wait_closed()
