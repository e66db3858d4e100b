"""A clerk with large cases: batches of 1,000 events on one, and on many, with keys, and the list of all of them."""

import asyncio
from collections import Counter

import httpx

from tests.attack.clients import CLAIM, TOKEN
from tests.calling import bearing

CONNECTIONS = 6
LARGE = 12
ATTEMPTS = 1000
PAUSE = 0.05


async def attack(url: str, over: asyncio.Event) -> Counter[int]:
    got: Counter[int] = Counter()

    async def one(http: httpx.AsyncClient, ids: list[str], place: int) -> None:
        while not over.is_set():
            place += 1
            tries = [ids[0]] * ATTEMPTS if place % 2 else (ids * ATTEMPTS)[:ATTEMPTS]
            attempts = [
                {"case_id": case_id, "event": "add_note", "idempotency_key": f"{ids[0]}-{place % 4}-{number}"}
                for number, case_id in enumerate(tries)
            ]
            got[(await http.post("/api/v1/events", json={"attempts": attempts})).status_code] += 1
            got[(await http.get("/api/v1/cases?limit=200")).status_code] += 1
            await asyncio.sleep(PAUSE)

    async with httpx.AsyncClient(base_url=url, headers=bearing(TOKEN), timeout=120) as http:
        ids = [await _opened(http) for _ in range(LARGE)]
        await asyncio.gather(*(one(http, ids, place) for place in range(CONNECTIONS)))
    return got


async def _opened(http: httpx.AsyncClient) -> str:
    """A draft with nearly as much data as it may have, in a field that is declared without a length."""
    data = {**CLAIM["data"], "submitted_by": "x" * 250_000}
    answer = await http.post("/api/v1/cases", json={**CLAIM, "event": "save", "data": data})
    return str(answer.raise_for_status().json()["case"]["id"])
