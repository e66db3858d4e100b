"""Clients that fire events over HTTP, retry under their idempotency key, and remember what they were told."""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.http.sign_in.own_tokens import mint
from tests.attack.told import Told, Try
from tests.calling import bearing
from tests.running import SECRET

TENANT = "acme"
TOKEN = mint(SECRET, TENANT, "manfred", ["manager", "clerk"], 24 * 3600)
EVENTS = ("add_note",) * 6 + ("triage", "approve", "ask", "answer", "reject", "clear_budget", "clear_fraud")
CLAIM = {"case_type": "expense_claim", "event": "submit", "data": {"amount_cents": 90_000, "currency": "EUR"}}
UNANSWERED = (httpx.TransportError, asyncio.TimeoutError)
AGAIN = {"idempotency_in_flight", "unavailable"}
"""Codes of answers after which the same request is sent again shortly."""
RETRIES = 1000
PAUSE = 0.05


@dataclass
class Clients:
    """`urls` of the processes to call; `given_up` is the share of attempts that nobody asks about again."""

    urls: Sequence[str]
    seed: int
    given_up: float = 0.05
    told: Told = field(default_factory=Told)
    unavailable: int = 0
    """Answers that said 503."""

    async def work(self, count: int, until: Callable[[], bool]) -> None:
        """`count` clients with cases of their own and some in common, until told to stop."""
        async with httpx.AsyncClient(timeout=10, limits=httpx.Limits(max_connections=count)) as http:
            common = [await self._open(http) for _ in range(3)]
            await asyncio.gather(*(self._client(http, number, common, until) for number in range(count)))

    async def _client(self, http: httpx.AsyncClient, number: int, common: list[str], until: Callable[[], bool]) -> None:
        chance = random.Random(f"{self.seed}/{number}")
        own = [await self._open(http)]
        while not until():
            if chance.random() < 0.1:
                own.append(await self._open(http))
            case_id = chance.choice(common if chance.random() < 0.2 else own)
            one = Try(TENANT, str(uuid.UUID(int=chance.getrandbits(128))), case_id, chance.choice(EVENTS))
            self.told.tries.append(one)
            await self._fire(http, one, RETRIES if chance.random() > self.given_up else 1)

    async def _fire(self, http: httpx.AsyncClient, one: Try, times: int) -> None:
        path, body = f"/api/v1/cases/{one.case_id}/events", {"event": one.event, "reason": one.key}

        async def send() -> httpx.Response:
            one.sent += 1
            return await http.post(self._url(path), json=body, headers=self._headers(one.key))

        answer = await self._settled(send, times)
        if answer is None:
            return
        if answer.is_success:
            one.outcome, one.entry_id = "ok", answer.json()["receipt"]["entry_id"]
        else:
            one.outcome = "refused"

    async def _open(self, http: httpx.AsyncClient) -> str:
        key = str(uuid.uuid4())

        async def send() -> httpx.Response:
            return await http.post(self._url("/api/v1/cases"), json=CLAIM, headers=self._headers(key))

        answer = await self._settled(send, RETRIES)
        assert answer is not None, "no case could be opened"
        assert answer.status_code == 201, answer.text
        return str(answer.json()["case"]["id"])

    async def _settled(self, send: Callable[[], Awaitable[httpx.Response]], times: int) -> httpx.Response | None:
        """The answer that says what became of it; None where nobody said so in `times` attempts."""
        for _ in range(times):
            try:
                answer = await send()
            except UNANSWERED:
                await asyncio.sleep(PAUSE)
                continue
            if answer.is_success or answer.json()["code"] not in AGAIN:
                if answer.status_code >= 500:
                    self.told.faults.append(f"{answer.status_code}: {answer.text[:200]}")
                return answer
            self.unavailable += answer.status_code == 503
            await asyncio.sleep(PAUSE)
        return None

    def _url(self, path: str) -> str:
        return random.choice(self.urls) + path

    def _headers(self, key: str) -> dict[str, Any]:
        return {"Idempotency-Key": key, **bearing(TOKEN)}
