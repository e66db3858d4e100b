"""Send requests that are wrong in random ways: no 5xx, no word of our insides, flat memory, and the log as it was."""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.http.sign_in.own_tokens import mint
from tests.attack import checker
from tests.attack.clients import CLAIM, TENANT
from tests.attack.edges import read_machines
from tests.attack.kept import read
from tests.attack.killing import children
from tests.attack.mutations import mutated
from tests.attack.requests import Request, Response, Wire
from tests.databases import Database
from tests.running import ROOT, SECRET, Running

WIRES = 8
INSIDES = re.compile(rb"Traceback|sqlalchemy|asyncpg|sqlite3|SELECT |INSERT |site-packages|\.py\b|" + SECRET.encode())
ROLES = ("clerk", "supervisor", "manager", "admin")


@dataclass(frozen=True)
class Mutated:
    """How often which status came, and how much memory the workers took before and after, in bytes."""

    statuses: Counter[int]
    before: int
    after: int
    faults: list[str]

    def __str__(self) -> str:
        whole = sum(self.statuses.values())
        grown = f"{self.before // 2**20} MiB -> {self.after // 2**20} MiB"
        return f"{whole} requests, {dict(sorted(self.statuses.items()))}; {grown}; {len(self.faults)} faults"


async def attacked(service: Running, database: Database, count: int, seed: int = 0) -> Mutated:
    """Warm up with a tenth, so that memory is compared after everything was used once."""
    async with httpx.AsyncClient(base_url=service.url, headers=_headers_of("clerk")) as http:
        cases = [(await http.post("/api/v1/cases", json=CLAIM)).json()["case"]["id"] for _ in range(5)]
    valid = _valid(cases)
    statuses: Counter[int] = Counter()
    faults: list[str] = []
    await _sent(service.url, valid, count // 10, random.Random(f"{seed}/warm"), statuses, faults)
    before = _memory(service)
    await _sent(service.url, valid, count, random.Random(seed), statuses, faults)
    after = _memory(service)
    faults += checker.inconsistencies(await read(database.admin_url), read_machines(ROOT / "machines"))
    return Mutated(statuses, before, after, faults)


async def _sent(
    url: str, valid: Sequence[Request], count: int, chance: random.Random, statuses: Counter[int], faults: list[str]
) -> None:
    left = iter(range(count))

    async def one() -> None:
        wire = Wire(url)
        for _ in left:
            request = mutated(chance, chance.choice(valid))
            answer = await wire.send(request)
            statuses[answer.status if answer else 0] += 1
            faults.extend(_wrong(request, answer))
        wire.close()

    await asyncio.gather(*(one() for _ in range(WIRES)))


def _wrong(request: Request, answer: Response | None) -> list[str]:
    if answer is None:
        return []
    told = f"{request.encoded()[:300]!r} -> {answer.status} {answer.body[:200]!r}"
    if answer.status >= 500 and answer.status != 503:
        return [told]
    if INSIDES.search(answer.body):
        return [f"tells of insides: {told}"]
    if (
        answer.status >= 400
        and answer.body
        and not answer.headers.get("content-type", "").startswith("application/pro")
    ):
        return [f"no problem document: {told}"]
    return []


def _valid(cases: Sequence[str]) -> list[Request]:
    """A request of every kind that does something, and some that read."""
    event = {"event": "add_note", "payload": {"note": "fine"}, "reason": "because"}
    tries = {"attempts": [{"case_id": cases[0], **event}, {"case_id": cases[1], **event}]}
    bodies = [
        ("POST", "/api/v1/cases", {**CLAIM, "reference": "R-1"}),
        ("POST", f"/api/v1/cases/{cases[0]}/events", event),
        ("POST", "/api/v1/events", tries),
        ("POST", f"/api/v1/cases/{cases[1]}/comments", {"text": "seen by @user:bob"}),
        ("POST", f"/api/v1/cases/{cases[1]}/assignment", {"assignee": "user:bob", "reason": "he knows it"}),
        ("POST", f"/api/v1/cases/{cases[2]}/claim", {}),
        ("POST", f"/api/v1/cases/{cases[2]}/links", {"type": "relates_to", "to": cases[3]}),
        ("POST", "/api/v1/next-case", {"case_type": "expense_claim"}),
    ]
    reads = ["", f"/{cases[0]}", f"/{cases[0]}/events?explain=true", f"/{cases[0]}/audit", f"/{cases[0]}/slas"]
    whole = [Request("GET", f"/api/v1/cases{path}", {}) for path in reads]
    whole += [Request("GET", f"/api/v1/{path}", {}) for path in ("audit?limit=2", "case-types", "case-types/permit")]
    whole += [Request(method, target, {}, json.dumps(body).encode()) for method, target, body in bodies] * 3
    return [_signed(request, number) for number, request in enumerate(whole)]


def _signed(request: Request, number: int) -> Request:
    headers = {"Host": b"stateward", "Content-Type": b"application/json"}
    told = _headers_of(ROLES[number % len(ROLES)])["Authorization"].encode()
    return Request(request.method, request.target, {**headers, "Authorization": told}, request.body)


def _headers_of(role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {mint(SECRET, TENANT, f'{role}-user', [role], 24 * 3600)}"}


def _memory(service: Running) -> int:
    """Resident bytes of the service and its workers."""
    pages = 0
    for pid in (service.process.pid, *children(service.process.pid)):
        pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096
