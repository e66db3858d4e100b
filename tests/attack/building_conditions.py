"""An administrator of a tenant whose policy builds as much as it may, and previews long conditions without pause."""

import asyncio
from collections import Counter

import httpx

from app.http.sign_in.own_tokens import mint
from tests.attack.clients import CLAIM
from tests.calling import bearing
from tests.running import SECRET

CONNECTIONS = 10
TOKEN = mint(SECRET, "attacker", "mallory", ["admin", "clerk", "employee"], 24 * 3600)
DOUBLED = "[[1, 1]]" + ".map(a, a + a)" * 22 + ".size() > 0"
HEAVY = "data.notes.map(x, data.notes + data.notes).exists(x, x == data.notes)"


async def attack(url: str, over: asyncio.Event) -> Counter[int]:
    got: Counter[int] = Counter()

    async def one(http: httpx.AsyncClient, number: int) -> None:
        turn = 0
        while not over.is_set():
            turn += 1
            for path, body in (
                ("/policies", {"lines": [_line(DOUBLED)]}),
                ("/policies/preview", {"lines": [_line(_long(f"{number}-{turn}-{each}")) for each in range(10)]}),
                ("/policies/preview", {"lines": [_line(_long(str(each))) for each in range(100)]}),
                ("/policies", {"lines": [_line(f"{HEAVY} || actor.id == '{number}-{turn}'", act="triage")]}),
                ("/cases", CLAIM),
            ):
                got[(await http.post(f"/api/v1{path}", json=body)).status_code] += 1

    async with httpx.AsyncClient(base_url=url, headers=bearing(TOKEN), timeout=120) as http:
        await asyncio.gather(*(one(http, number) for number in range(CONNECTIONS)))
    return got


def _line(when: str, act: str = "pay") -> dict[str, str]:
    return {"role": "role:helper", "case_type": "expense_claim", "act": act, "when": when, "effect": "allow"}


def _long(word: str) -> str:
    return " && ".join(f"actor.id != '{word}.{number}'" for number in range(1900 // (len(word) + 24)))
