"""Pages of the queue as cases grow a thousandfold, of a case as its entries do, and how many bytes they send."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import product
from time import perf_counter
from typing import Any

from httpx import ASGITransport, AsyncClient, Response

from app.http.app import HttpSettings
from app.http.border.services import Readiness, Services
from app.services.assembly import Assembly
from app.services.process.garbage import Garbage
from app.ui.application import framed, with_pages
from app.ui.frame.frame import PLAIN_COOKIE
from app.ui.frame.reader import Reader
from bench.case_page import case_pages
from bench.clicking import clicked
from bench.grown import grown, house
from bench.harness import Bench, Row, Unusable, median
from bench.lists import READERS
from bench.servers import Database
from bench.worst import growth, slowness, worst

TIMES = 3
HOST = "http://bench.local"
PAGES = {
    "mine": "/?view=mine",
    "my teams": "/?view=team",
    "unassigned": "/?view=unassigned",
    "unassigned, of a case type": "/?view=unassigned&type=incident",
    "overdue": "/?view=overdue",
    "by age": "/?view=unassigned&sort=opened_at",
    "search": "/search?q=printer",
}
RAW, LATER, FIRST = 100_000, 20_000, 60_000
"""The most bytes of HTML, of a page as it is sent, and of a first visit."""


@dataclass
class Asked:
    """A page that somebody opens, and how long each answer took in ms, by size of the database."""

    reader: str
    name: str
    path: str
    took: dict[str, list[float]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name} as {self.reader}"

    @property
    def ms(self) -> dict[str, float]:
        return {size: median(took) for size, took in self.took.items()}


@dataclass(frozen=True)
class Readers:
    """Each reader of the lists, by the cookie that names them."""

    async def reader(self, cookie: str | None, *, used: bool = True) -> Reader | None:
        actor = READERS.get((cookie or "").replace("_", " "))
        return None if actor is None else Reader(actor=actor, name=actor.id, session_id=cookie or "")

    def tenant(self, cookie: str | None) -> str | None:
        actor = READERS.get((cookie or "").replace("_", " "))
        return None if actor is None else actor.tenant


def pages(bench: Bench) -> Sequence[Row]:
    """In the process, with the database, without a server between; but for the clicks, which a server answers."""
    asked, others = asyncio.run(_asked(grown(bench)))
    clicking = asyncio.run(clicked(grown(bench)["many"]))
    slowest, grew = max(asked, key=slowness), max(asked, key=growth)
    return [
        Row(
            "page of a queue that grew most, 1,000,000 cases / 1,000",
            grew.ms["many"],
            grew.ms["few"],
            "ms",
            3,
            at_least=False,
            note=str(grew),
        ),
        Row("the slowest page / 100 ms", slowest.ms["many"], 100, "ms", 1, at_least=False, note=str(slowest)),
        *others,
        clicking,
    ]


async def _asked(databases: Mapping[str, Database]) -> tuple[Sequence[Asked], Sequence[Row]]:
    asked = [Asked(reader, *page) for reader, page in product(READERS, PAGES.items())]
    async with AsyncExitStack() as stack:
        opened = {size: await stack.enter_async_context(house(found)) for size, found in databases.items()}
        clients = {size: await stack.enter_async_context(_client(one)) for size, one in opened.items()}
        Garbage().stay()
        for page, size in product(asked, clients):
            page.took[size] = [await _time(clients[size], page)]
        found = await worst(asked, lambda page, size: _time(clients[size], page))
        entries = await case_pages(opened["few"], lambda path, reader: _took(clients["few"], path, reader))
        sent = await _weights(clients["many"])
    return found, [*entries, *sent]


@asynccontextmanager
async def _client(opened: Assembly) -> AsyncIterator[AsyncClient]:
    app = with_pages(_services(opened), HttpSettings("x" * 32), framed(Readers(), secure=False))
    async with AsyncClient(transport=ASGITransport(app), base_url=HOST) as client:
        yield client


def _services(opened: Assembly) -> Services:
    async def ready() -> Readiness:
        return Readiness(True)

    async def metrics() -> tuple[str, bytes]:
        return "text/plain", b""

    rooms = (
        "desk",
        "trials",
        "cases",
        "case_types",
        "type_rights",
        "clocks",
        "simulations",
        "policy_changes",
        "who_can",
        "ledger",
        "work",
    )
    more = ("next_case", "queues", "views", "attachments", "slices", "forms", "case_pages", "held_files")
    parts: dict[str, Any] = {name: getattr(opened, name) for name in (*rooms, *more)}
    people, together = opened.signing_in.people, opened.store.together
    return Services(readiness=ready, metrics=metrics, people=people, together=together, **parts)


async def _time(client: AsyncClient, page: Asked) -> float:
    return median([await _took(client, page.path, page.reader) for _ in range(TIMES)])


async def _took(client: AsyncClient, path: str, reader: str) -> float:
    began = perf_counter()
    await _open(client, path, reader)
    return (perf_counter() - began) * 1000


async def _open(client: AsyncClient, path: str, reader: str) -> Response:
    cookie = f"{PLAIN_COOKIE}={reader.replace(' ', '_')}"
    answer = await client.get(path, headers={"cookie": cookie, "accept": "text/html", "accept-encoding": "gzip"})
    if answer.status_code != 200:
        raise Unusable(f"{path} as {reader}: {answer.status_code}")
    return answer


async def _weights(client: AsyncClient) -> Sequence[Row]:
    """Of a full page: 50 rows as an administrator sees them."""
    answer = await _open(client, PAGES["unassigned"], "an admin")
    raw, page = len(answer.content), int(answer.headers["content-length"])
    files = 0
    for path in _files(answer.text):
        files += int((await _open(client, path, "an admin")).headers["content-length"])
    return [
        Row("HTML of 50 rows / 100 KB", raw, RAW, "B", 1, at_least=False),
        Row("the same as sent / 20 KB", page, LATER, "B", 1, at_least=False),
        Row("a first visit as sent / 60 KB", page + files, FIRST, "B", 1, at_least=False),
    ]


def _files(html: str) -> Sequence[str]:
    parts = html.split('"')
    return sorted({part for part in parts if part.startswith("/static/")})
