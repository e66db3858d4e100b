"""An administrator who opens a thousand streams of a tenant's log, and writes beside."""

import asyncio
from collections import Counter
from contextlib import suppress

import httpx

from app.http.sign_in.own_tokens import mint
from tests.attack.clients import CLAIM
from tests.calling import bearing
from tests.running import SECRET

STREAMS = 1000
WRITERS = 2
ADMIN = bearing(mint(SECRET, "acme", "root", ["admin"], 24 * 3600))


async def attack(url: str, over: asyncio.Event) -> Counter[int]:
    got: Counter[int] = Counter()

    async def follow(http: httpx.AsyncClient) -> None:
        async with http.stream("GET", "/api/v1/stream?after=now") as answer:
            got[answer.status_code] += 1
            if answer.status_code == 200:
                await until_over(answer.aiter_raw(), over)

    async def write(http: httpx.AsyncClient) -> None:
        while not over.is_set():
            got[(await http.post("/api/v1/cases", json=CLAIM)).status_code] += 1

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, headers=ADMIN, timeout=120, limits=limits) as http:
        await asyncio.gather(*(follow(http) for _ in range(STREAMS)), *(write(http) for _ in range(WRITERS)))
    return got


async def until_over(pieces: object, over: asyncio.Event) -> None:
    reading = asyncio.ensure_future(_drained(pieces))
    waiting = asyncio.ensure_future(over.wait())
    await asyncio.wait((reading, waiting), return_when=asyncio.FIRST_COMPLETED)
    for task in (reading, waiting):
        task.cancel()
    await asyncio.gather(reading, waiting, return_exceptions=True)


async def _drained(pieces: object) -> None:
    with suppress(httpx.HTTPError):
        async for _ in pieces:  # type: ignore[attr-defined]
            pass
