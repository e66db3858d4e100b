"""A clerk who uploads without pause: files for a version that no case is at, and more than their tenant may keep."""

import asyncio
import os
from collections import Counter

import httpx

from app.http.sign_in.own_tokens import mint
from tests.attack.clients import CLAIM
from tests.calling import bearing
from tests.running import SECRET

CONNECTIONS = 6
PAUSE = 0.05
"""As in large_bodies: the network takes longer than any answer."""
SIZE = 2**20
MAY_KEEP = 2 * SIZE
"""Bytes of the tenant's files."""
CLERK = mint(SECRET, "attacker", "carl", ["clerk"], 24 * 3600)
TOO_LATE = {"if-match": '"99"'}


async def attack(url: str, over: asyncio.Event) -> Counter[int]:
    """The statuses, and under 0 how often the service had answered and hung up before all was sent."""
    got: Counter[int] = Counter()

    async def one(http: httpx.AsyncClient, number: int) -> None:
        case_id = (await http.post("/api/v1/cases", json=CLAIM)).json()["case"]["id"]
        path = f"/api/v1/cases/{case_id}/attachments?file_name=x.bin"
        while not over.is_set():
            headers = {"content-type": "application/octet-stream", **(TOO_LATE if number % 2 else {})}
            try:
                got[(await http.post(path, content=os.urandom(SIZE), headers=headers)).status_code] += 1
            except httpx.TransportError:
                got[0] += 1
            await asyncio.sleep(PAUSE)

    async with httpx.AsyncClient(base_url=url, headers=bearing(CLERK), timeout=120) as http:
        await asyncio.gather(*(one(http, number) for number in range(CONNECTIONS)))
    return got
