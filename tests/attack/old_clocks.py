"""An importer whose cases began in 1900, who asks without pause why their clocks are due, and simulates hard ones."""

import asyncio
from collections import Counter

import httpx

from app.http.sign_in.own_tokens import mint
from tests.attack.clients import CLAIM
from tests.calling import bearing
from tests.running import SECRET

CONNECTIONS = 10
IMPORTER = mint(SECRET, "attacker", "imp", ["admin"], 24 * 3600)
LONG_AGO = "1900-01-02T09:00:00Z"
MINUTES = [f"{hour:02}:{minute:02}-{hour:02}:{minute + 1:02}" for hour in range(24) for minute in (0, 30)]
HARD = {
    "calendar": {"zone": "Europe/Berlin", "weekly": {"mon-sun": MINUTES}},
    "clock": {"due_at": "2055-01-01T00:00:00Z", "steps": [{"at": f"{part}%"} for part in range(1, 101)]},
    "moments": [{"at": "2017-01-02T09:00:00Z", "do": "start"}, {"at": "2026-01-02T09:00:00Z", "do": "retarget"}],
}
HARD["moments"][1]["due_at"] = "2054-01-01T00:00:00Z"  # type: ignore[index]


async def attack(url: str, over: asyncio.Event) -> Counter[int]:
    got: Counter[int] = Counter()

    async def one(http: httpx.AsyncClient, number: int) -> None:
        opening = {"case_type": CLAIM["case_type"], "data": CLAIM["data"], "event": "submit", "occurred_at": LONG_AGO}
        attempt = {**opening, "reference": f"OLD-{number}"}
        [result] = (await http.post("/api/v1/events", json={"attempts": [attempt]})).json()["results"]
        address = f"/api/v1/cases/{result['case']['id']}/slas"
        names = [item["clock"] for item in (await http.get(address)).json()["items"]]
        while not over.is_set():
            for name in names:
                got[(await http.get(f"{address}/{name}/explain")).status_code] += 1
            got[(await http.post("/api/v1/sla/simulate", json=HARD)).status_code] += 1

    async with httpx.AsyncClient(base_url=url, headers=bearing(IMPORTER), timeout=120) as http:
        await asyncio.gather(*(one(http, number) for number in range(CONNECTIONS)))
    return got
