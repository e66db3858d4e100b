"""A clerk without the right who is refused a thousand times a second, one event after another on many connections."""

import asyncio
from collections import Counter
from itertools import count

import httpx

from app.http.sign_in.own_tokens import mint
from tests.attack.clients import CLAIM
from tests.calling import bearing
from tests.running import SECRET

CONNECTIONS = 10
AT_ONCE = 100
CLERK = mint(SECRET, "attacker", "carl", ["clerk"], 24 * 3600)
TRIED = ("pay", "approve", "reject", "clear_budget")


async def attack(url: str, over: asyncio.Event) -> Counter[int]:
    """The statuses of its requests, and under 0 how many attempts were refused."""
    got: Counter[int] = Counter()

    async def one(http: httpx.AsyncClient) -> None:
        case_id = (await http.post("/api/v1/cases", json=CLAIM)).json()["case"]["id"]
        for number in count():
            if over.is_set():
                return
            attempt = {"case_id": case_id, "event": TRIED[number % len(TRIED)], "reason": "why not"}
            answer = await http.post("/api/v1/events", json={"attempts": [attempt] * AT_ONCE})
            got[answer.status_code] += 1
            if answer.status_code == 200:
                got[0] += sum(result["status"] in (403, 409) for result in answer.json()["results"])

    async with httpx.AsyncClient(base_url=url, headers=bearing(CLERK), timeout=120) as http:
        await asyncio.gather(*(one(http) for _ in range(CONNECTIONS)))
    return got
