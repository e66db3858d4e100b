"""A caller without any right who sends bodies that are large, hold much, or both, on cases that are not there."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx

from app.http.sign_in.own_tokens import mint
from app.services.entries.identity import new_id
from tests.calling import bearing
from tests.running import SECRET

CONNECTIONS = 6
PAUSE = 0.05
"""Between two bodies of a connection: the network and the attacker's own processor take longer than any answer."""
NOBODY = mint(SECRET, "acme", "nobody", [], 24 * 3600)
OPENING = {"case_type": "expense_claim", "event": "submit"}


def bodies() -> Sequence[tuple[str, bytes]]:
    """Paths and what is sent there."""
    batch, cases, events = "/api/v1/events", "/api/v1/cases", f"/api/v1/cases/{new_id()}/events"
    quotes, commas = '"' * 500_000, ',"[{' * 200_000
    floats = [n + 0.5 for n in range(3_900)]
    return [
        (batch, _json({"attempts": [_on_nothing(list(range(1_000_000)))]})),
        (cases, _json({**OPENING, "data": {"a": list(range(150_000))}})),
        (events, _json({"event": "approve", "payload": {"a": [[]] * 200_000}})),
        (batch, _json({"attempts": [_on_nothing(quotes)] * 7})),
        (batch, _json({"attempts": [_on_nothing(commas)] * 7})),
        (batch, _json({"attempts": [_on_nothing(floats)] * 5})),
        (batch, _json({"attempts": [_on_nothing([1])] * 1_000})),
        (cases, _json({**OPENING, "data": {"a": floats}})),
        (cases, _json({**OPENING, "data": {"n" * 900_000: list(range(3_000))}})),
        (events, _json({"event": "approve", "payload": {"a": [{"b": "x"}] * 1_300}})),
        (cases, b"[" * 1_000_000),
    ]


async def attack(url: str, over: asyncio.Event) -> Counter[int]:
    got: Counter[int] = Counter()
    sent = bodies()

    async def one(http: httpx.AsyncClient, place: int) -> None:
        while not over.is_set():
            path, body = sent[place % len(sent)]
            headers = {"content-type": "application/json", "idempotency-key": new_id()}
            got[(await http.post(path, content=body, headers=headers)).status_code] += 1
            place += CONNECTIONS
            await asyncio.sleep(PAUSE)

    async with httpx.AsyncClient(base_url=url, headers=bearing(NOBODY), timeout=120) as http:
        await asyncio.gather(*(one(http, place) for place in range(CONNECTIONS)))
    return got


def _on_nothing(payload: Any) -> dict[str, Any]:
    return {"case_id": new_id(), "event": "approve", "payload": {"a": payload}, "idempotency_key": new_id()}


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
