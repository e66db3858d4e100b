"""A clerk who sends batches of 1,000 events without pause, on ten connections."""

import asyncio
from collections import Counter

import httpx

from tests.attack.clients import CLAIM, TOKEN
from tests.calling import bearing

CONNECTIONS = 10
ATTEMPTS = 1000


async def attack(url: str, over: asyncio.Event) -> Counter[int]:
    got: Counter[int] = Counter()

    async def one(http: httpx.AsyncClient) -> None:
        case_id = (await http.post("/api/v1/cases", json=CLAIM)).json()["case"]["id"]
        batch = {"attempts": [{"case_id": case_id, "event": "triage"}] * ATTEMPTS}
        while not over.is_set():
            got[(await http.post("/api/v1/events", json=batch)).status_code] += 1

    async with httpx.AsyncClient(base_url=url, headers=bearing(TOKEN), timeout=120) as http:
        await asyncio.gather(*(one(http) for _ in range(CONNECTIONS)))
    return got
