"""Somebody who works on the cases of the demo too: now and then, over the API, as one of its people."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

from app.commands.demo.drawing import Drawn
from app.commands.demo.people import PEOPLE
from app.commands.demo.written import Act, Sample, samples
from app.domain.values.json import JsonObject

if TYPE_CHECKING:
    import httpx

EVERY = (20.0, 40.0)
"""Seconds between two acts: at least, at most."""
KINDS = {"fire": 5, "comment": 3, "open": 2, "claim": 2}
"""What they do, and how often."""
LOOKS = 8
"""Cases at which they look for something to do."""
BUILT_IN = frozenset({"claim", "release", "assign", "comment", "attach", "link", "roles"})


@dataclass(frozen=True)
class Somebody:
    """Who works at `url`, with tokens by a person's name; `spared` are ids of cases that they leave alone."""

    url: str
    token: Callable[[str], str]
    seed: int
    spared: frozenset[str] = frozenset()


@contextmanager
def working(somebody: Somebody) -> Iterator[None]:
    """Meanwhile they work. A process, because the server forks, which threads do not survive."""
    process = multiprocessing.get_context("fork").Process(target=_work, args=(somebody, os.getpid()), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _work(somebody: Somebody, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    asyncio.run(_day(somebody, parent))


async def _day(somebody: Somebody, parent: int) -> None:
    import httpx  # here, so that the demo comes up without it

    chance = Random(f"{somebody.seed} colleague")  # noqa: S311  nothing that it draws is secret
    async with httpx.AsyncClient(base_url=f"{somebody.url}/api/v1") as client:
        while os.getppid() == parent:  # whoever kills the demo leaves nobody at work
            await asyncio.sleep(chance.uniform(*EVERY))
            try:
                await Colleague(client, somebody, chance).act()
            except (httpx.HTTPError, ValueError, KeyError):
                continue  # refused, changed meanwhile, not up yet: perhaps the next time


@dataclass
class Colleague:
    """One act of one person; what they say and what they claim is written in the sample."""

    client: "httpx.AsyncClient"
    somebody: Somebody
    chance: Random
    samples: Mapping[str, Sample] = field(default_factory=lambda: {one.case_type: one for one in samples()})

    async def act(self) -> str:
        """What they did: one of KINDS, or nothing where there was nothing to do."""
        [kind] = self.chance.choices(list(KINDS), list(KINDS.values()))
        if kind == "open":
            return await self._open()
        who = self.chance.choice([name for name, person in PEOPLE.items() if person.teams])
        for case in await self._cases(who):
            if await self._did(kind, who, case):
                return kind
        return ""

    async def _did(self, kind: str, who: str, case: JsonObject) -> bool:
        if kind == "claim":
            return case["assignee"] is None and await self._post(who, f"/cases/{case['id']}/claim", None)
        if kind == "comment":
            said = [act.say for act in self._written(case) if act.do == "comment" and not act.mention]
            text = self._drawn(case).value(said, datetime.now(UTC)) if said else None
            return text is not None and await self._post(who, f"/cases/{case['id']}/comments", {"text": text})
        return await self._fire(who, case)

    async def _fire(self, who: str, case: JsonObject) -> bool:
        """An event of which something is written for them to say, and that they may fire."""
        answer = await self.client.get(f"/cases/{case['id']}/events", headers=self._headers(who))
        allowed = {one["event"] for one in answer.json()["events"]}
        acts = [act for act in self._written(case) if act.do in allowed]
        if not acts:
            return False
        act, drawn, now = self.chance.choice(acts), self._drawn(case), datetime.now(UTC)
        body = {
            "event": act.do,
            "data": drawn.values(act.data, now),
            "payload": drawn.values(act.payload, now),
            "reason": drawn.text(act.reason, now),
        }
        told = {name: value for name, value in body.items() if value is not None}
        return await self._post(who, f"/cases/{case['id']}/events", told)

    async def _open(self) -> str:
        sample = self.chance.choice(list(self.samples.values()))
        course = self.chance.choice([one for one in sample.courses.values() if one.weight])
        drawn = Drawn(self.chance, sample.cast, sample.pools)
        first = course.steps[0]
        who = drawn.person(first.by)
        subject = self.chance.choice(sample.subjects[course.subjects])
        data = drawn.data({**sample.besides, **subject}, at=datetime.now(UTC))
        body = {"case_type": sample.case_type, "event": first.do, "data": data}
        return "open" if await self._post(who, "/cases", body) else ""

    async def _cases(self, who: str) -> list[JsonObject]:
        """Some open ones that are theirs, or nobody's."""
        answer = await self.client.get("/cases", params={"limit": 100}, headers=self._headers(who))
        mine = {None, f"user:{who}"}
        found = [case for case in answer.json()["items"] if case["closed_at"] is None and case["assignee"] in mine]
        open_ = [case for case in found if case["id"] not in self.somebody.spared and case["case_type"] in self.samples]
        return self.chance.sample(open_, min(LOOKS, len(open_)))

    async def _post(self, who: str, path: str, body: Any) -> bool:
        sent = {} if body is None else {"json": body}
        return (await self.client.post(path, headers=self._headers(who), **sent)).is_success

    def _written(self, case: JsonObject) -> list[Act]:
        courses = self.samples[case["case_type"]].courses.values()
        return [act for course in courses for act in course.steps[1:] if act.do and (act.do not in BUILT_IN or act.say)]

    def _drawn(self, case: JsonObject) -> Drawn:
        """Of a case that is there: its data are known."""
        sample = self.samples[case["case_type"]]
        drawn = Drawn(self.chance, sample.cast, sample.pools)
        drawn.know("number", self.chance.randrange(89000, 99999))
        for name, value in case["data"].items():
            drawn.know(name, value)
        return drawn

    def _headers(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.somebody.token(who)}"}
