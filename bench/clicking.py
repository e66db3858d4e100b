"""People who click once a second: pages of queues and of cases, of a service with two workers, as browsers ask."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from app.domain.case.attempt import Actor
from app.services.assembly import Assembly
from app.services.cases.views import Wanted
from app.ui.frame.frame import PLAIN_COOKIE
from bench.grown import house
from bench.harness import Row, Unusable, percentile, say
from bench.lists import READERS
from bench.servers import ROOT, Database, Service, serving

PEOPLE, CLICKS, BEFORE = 50, 20, 5
"""How many there are, how often each clicks, and the clicks that do not count: a worker that starts is slow."""
WORKERS = 2
CASES = 5
QUEUES = ("/?view=mine", "/?view=team", "/?view=unassigned", "/?view=unassigned&type=incident", "/?view=overdue")
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
TICK = 100
"""Of the processor times that Linux tells, in a second."""


@dataclass(frozen=True)
class Person:
    """Somebody signed in, and the pages that they click through."""

    cookie: str
    paths: Sequence[str]


async def clicked(database: Database) -> Row:
    """Half of the pages are queues, and half are cases, of those who see as many."""
    async with house(database) as opened:
        people = [await _person(opened, number) for number in range(PEOPLE)]
    say(f"  {PEOPLE} people click")
    folders = ROOT / "machines", ROOT / "policies"
    with serving(database, WORKERS, *folders, scheduler="false") as service:
        before, began = _processor(service), perf_counter()
        took = [one for each in await asyncio.gather(*_clicking(service.port, people)) for one in each]
        spent = (_processor(service) - before) * 1000 / (PEOPLE * CLICKS)
        lasted = perf_counter() - began
    return Row(
        f"p95 of {PEOPLE} people who click once a second / 300 ms",
        percentile(took, 0.95),
        300,
        "ms",
        1,
        at_least=False,
        note=f"{WORKERS} workers, half of a queue and half of a case; median {percentile(took, 0.5):.0f} ms,"
        f" {spent:.0f} ms of the workers' processor a page, {PEOPLE * CLICKS / lasted:.0f} pages a second",
    )


async def _person(opened: Assembly, number: int) -> Person:
    """Somebody like one of the readers of lists, with a name of their own, and the first cases that they may read."""
    like = list(READERS.values())[number % len(READERS)]
    actor = Actor(tenant=like.tenant, id=f"{like.id[:6]}{number + 1}", roles=like.roles)
    cookie, _ = await opened.signing_in.sessions.begin(actor, "bench")
    cases = (await opened.cases.find(actor, Wanted(limit=CASES))).items
    paths = list(QUEUES)
    for place, case in enumerate(cases):
        paths.insert(2 * place + 1, f"/cases/{case.id}")
    return Person(cookie, paths)


def _clicking(port: int, people: Sequence[Person]) -> Iterator[asyncio.Task[list[float]]]:
    """Everybody begins at another moment of the first second, and waits for an answer before the next click."""
    began = perf_counter() + 0.1
    for number, person in enumerate(people):
        yield asyncio.create_task(_clicks(port, person, number, began + number / len(people)))


async def _clicks(port: int, person: Person, number: int, began: float) -> list[float]:
    """How long each took in ms, from when it was meant to begin: whoever waits longer than a second waits on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    for turn in range(CLICKS):
        due = began + turn
        await asyncio.sleep(max(due - perf_counter(), 0))
        clicked_at = max(due, perf_counter())
        await _answer(reader, writer, port, person, person.paths[(number + turn) % len(person.paths)])
        if turn >= BEFORE:
            took.append((perf_counter() - clicked_at) * 1000)
    writer.close()
    return took


async def _answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, person: Person, path: str
) -> None:
    told = ("accept: text/html", "accept-encoding: gzip", f"cookie: {PLAIN_COOKIE}={person.cookie}")
    writer.write("\r\n".join((f"GET {path} HTTP/1.1", f"host: 127.0.0.1:{port}", *told, "", "")).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    found = LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 200") or found is None:
        raise Unusable(f"{path}: {head.splitlines()[0].decode()}")
    await reader.readexactly(int(found[1]))


def _processor(service: Service) -> float:
    """Seconds that the workers took of it (Linux)."""
    fields = [Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split() for worker in service.workers()]
    return sum(int(one[11]) + int(one[12]) for one in fields) / TICK
