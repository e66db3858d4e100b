"""An administrator who writes entries with many values, and reads full pages of the log by many requests at once."""

import asyncio
from collections import Counter

import httpx

from app.http.sign_in.own_tokens import mint
from tests.attack.clients import CLAIM
from tests.calling import bearing
from tests.running import SECRET

READERS = 12
ENTRIES = 200
ADMIN = bearing(mint(SECRET, "acme", "root", ["admin"], 24 * 3600))
WIDE = {"event": "add_note", "payload": {"note": "wide", **{f"f{n}": n for n in range(150)}}}


async def attack(url: str, over: asyncio.Event) -> Counter[int]:
    got: Counter[int] = Counter()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=ADMIN, timeout=120, limits=limits) as http:
        case_id = (await http.post("/cases", json=CLAIM)).json()["case"]["id"]
        await http.post("/events", json={"attempts": [{"case_id": case_id, **WIDE}] * (ENTRIES // 2)})

        async def read(path: str) -> None:
            while not over.is_set():
                answer = await http.get(path)
                got[answer.status_code] += 1

        paths = (f"/cases/{case_id}/audit?limit=200", "/audit?limit=200", f"/cases/{case_id}/events?explain=true")
        await asyncio.gather(*(read(paths[n % len(paths)]) for n in range(READERS)))
    return got
