"""Where a scanner is set nobody gets a file before it is found clean; what is harmful stays refused; the rest waits."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from app.db import open_store
from app.scanners.naming import scanner_of
from app.services.assembly import Assembly
from app.services.process.standing_still import unchecked
from app.services.store.ports import Store
from app.services.work.scanning import ScanFailed, Scanner, Verdict
from tests.databases import Database
from tests.house import change, open_claim, rows, running
from tests.ui.serving import client_of
from tests.work.icap_server import HARM, icap_server
from tests.work.test_http_work import CASES, client

FINE, HARMFUL = b"%PDF-1.7 a receipt", b"%PDF-1.7 " + HARM


class Watchman:
    """Finds what it is told to, and remembers what it looked at."""

    def __init__(self, *verdicts: Verdict | Exception) -> None:
        self.verdicts = list(verdicts)
        self.seen: list[bytes] = []

    async def scan(self, pieces: AsyncIterator[bytes], size: int) -> Verdict:
        self.seen.append(b"".join([piece async for piece in pieces]))
        verdict = self.verdicts.pop(0)
        if isinstance(verdict, Exception):
            raise verdict
        return verdict


@dataclass
class Ponderer:
    """Takes for ever for what is said to be slow, until it is let go."""

    began: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def scan(self, pieces: AsyncIterator[bytes], size: int) -> Verdict:
        if b"".join([piece async for piece in pieces]).startswith(b"slow"):
            self.began.set()
            await self.let_go.wait()
        return Verdict(False)


@asynccontextmanager
async def scanned(store: Store, scanner: Scanner | None) -> AsyncIterator[Assembly]:
    async with running(store, scanner=scanner) as house:
        yield house


async def attach(house: Assembly, content: bytes, case_id: str | None = None) -> dict[str, str]:
    """What the API tells of a file that is attached now, with its place."""
    place = f"{CASES}/{case_id or await open_claim(house)}/attachments"
    async with client(house) as http:
        made = await http.post(place, params={"file_name": "receipt.pdf"}, content=content)
    told = made.json()["attachment"]
    return {**told, "place": f"{place}/{told['id']}", "list": place}


async def fetched(house: Assembly, file: dict[str, str]) -> tuple[int, str]:
    """By the API: the status, and the code of a refusal."""
    async with client(house) as http:
        answer = await http.get(file["place"])
    return answer.status_code, answer.json()["code"] if answer.is_error else ""


async def listed(house: Assembly, file: dict[str, str]) -> str | None:
    async with client(house) as http:
        [one] = (await http.get(file["list"])).json()["items"]
    return one.get("scan")


async def case_page(house: Assembly, file: dict[str, str]) -> str:
    async with client_of(house) as browser:
        return (await browser.get(file["place"].removeprefix("/api/v1").partition("/attachments")[0])).text


async def test_where_no_scanner_is_set_nothing_is_said_of_it(store: Store, database: Database) -> None:
    async with scanned(store, None) as house:
        file = await attach(house, FINE)
        assert "scan" not in file
        assert await listed(house, file) is None
        assert await fetched(house, file) == (200, "")
        assert house.scans is None
    assert await rows(database, "SELECT * FROM blob_scan") == []


async def test_a_file_is_unchecked_until_it_is_found_clean(store: Store) -> None:
    watchman = Watchman(Verdict(False))
    async with scanned(store, watchman) as house:
        file = await attach(house, FINE)
        assert (file["scan"], await listed(house, file)) == ("unchecked", "unchecked")
        assert await fetched(house, file) == (409, "file_unchecked")
        assert "not checked yet" in await case_page(house, file)
        assert await house.scans.look() == 1
        assert (await listed(house, file), await fetched(house, file)) == ("clean", (200, ""))
        assert "not checked yet" not in await case_page(house, file)
        assert await house.scans.look() == 0
    assert watchman.seen == [FINE]


async def test_what_is_harmful_stays_refused_also_on_pages_and_without_the_scanner(
    store: Store, database: Database
) -> None:
    async with scanned(store, Watchman(Verdict(True, "Eicar-Test"))) as house:
        file = await attach(house, HARMFUL)
        await house.scans.look()
        assert (await listed(house, file), await fetched(house, file)) == ("infected", (409, "file_infected"))
        again = await attach(house, HARMFUL)
        assert (again["scan"], await house.scans.look()) == ("infected", 0)
        page = file["place"].removeprefix("/api/v1").replace("attachments", "files")
        async with client_of(house) as browser:
            assert (await browser.get(f"{page}/view")).status_code == 409
            for path in (page.partition("/files")[0], page.rpartition("/")[0]):
                text = (await browser.get(path)).text
                assert ">infected<" in text
                assert f'href="{page}' not in text
        [row] = await rows(database, "SELECT found, tries FROM blob_scan")
    assert dict(row) == {"found": "Eicar-Test", "tries": 1}


async def test_what_was_harmful_stays_refused_where_nothing_is_scanned_any_more(database: Database) -> None:
    async with scanned(open_store(database.url), Watchman(Verdict(True))) as house:
        infected = await attach(house, HARMFUL)
        await house.scans.look()
        waiting = await attach(house, FINE)
    async with scanned(open_store(database.url), None) as house:
        assert await fetched(house, infected) == (409, "file_infected")
        assert await fetched(house, waiting) == (200, "")


async def test_a_scanner_that_fails_is_asked_again_later_and_that_is_told(store: Store, database: Database) -> None:
    told: list[str] = []
    async with scanned(store, Watchman(ScanFailed("away"), OSError("refused"), Verdict(False))) as house:
        house.tell_scanned(told.append)
        file = await attach(house, FINE)
        for tries in (1, 2):
            assert await house.scans.look() == 1
            assert await house.scans.look() == 0, "not before its moment"
            assert await fetched(house, file) == (409, "file_unchecked")
            [row] = await rows(database, "SELECT tries FROM blob_scan")
            assert row["tries"] == tries
            await _sooner(database)
        assert await house.scans.look() == 1
        assert await fetched(house, file) == (200, "")
    assert told == ["failed", "failed", "clean"]


async def test_files_that_wait_long_are_warned_of(store: Store, database: Database) -> None:
    async with scanned(store, Watchman()) as house:
        await attach(house, FINE)
        assert (await store.unscanned())[0] == 1
        assert await unchecked(store) == []
        await _sooner(database)
        [warning] = await unchecked(store)
    assert warning.startswith("1 files wait to be checked")
    assert "STATEWARD_SCAN" in warning


async def test_two_processes_never_look_at_one_file(store: Store, database: Database) -> None:
    async with scanned(store, Watchman(Verdict(False))) as house:
        await attach(house, FINE)
        taken = await asyncio.gather(*(store.take_unscanned("acme", timedelta(minutes=1)) for _ in range(4)))
        assert sum(one is not None for one in taken) == 1
        assert await store.unscanned_tenants() == []


async def test_the_slow_files_of_a_tenant_keep_nobody_elses_waiting(store: Store) -> None:
    ponderer, outcomes = Ponderer(), Outcomes()
    async with scanned(store, ponderer) as house:
        house.tell_scanned(outcomes.note)
        for n in range(6):
            await house.uploads.receive("acme", _once(b"slow %d" % n))
        theirs = await house.uploads.receive("globex", _once(FINE))
        async with _looking(house) as looking:
            await outcomes.number(1)
            assert await store.scan_state("globex", theirs.sha256) == "clean"
            ponderer.let_go.set()
            assert await looking == 7


async def test_a_place_that_becomes_free_is_taken_at_once(store: Store) -> None:
    ponderer, outcomes = Ponderer(), Outcomes()
    async with scanned(store, ponderer) as house:
        house.tell_scanned(outcomes.note)
        for n in range(8):
            await house.uploads.receive("acme", _once(b"%s %d" % (b"slow" if n < 3 else b"fine", n)))
        async with _looking(house):
            await outcomes.number(5)
            ponderer.let_go.set()
            await outcomes.number(8)


async def test_what_comes_while_a_slow_file_is_looked_at_is_looked_at_beside_it(store: Store) -> None:
    ponderer, outcomes = Ponderer(), Outcomes()
    async with scanned(store, ponderer) as house:
        house.tell_scanned(outcomes.note)
        await house.uploads.receive("acme", _once(b"slow"))
        async with _looking(house):
            await ponderer.began.wait()
            await house.uploads.receive("globex", _once(FINE))
            await outcomes.number(1)


async def test_no_place_is_taken_any_more_where_somebody_else_is_to_look(store: Store) -> None:
    async with scanned(store, Watchman()) as house:
        await attach(house, FINE)
        assert await house.scans.look(lambda: False) == 0


async def test_what_was_attached_before_is_looked_at_when_it_comes_again(store: Store, database: Database) -> None:
    async with scanned(store, None) as house:
        await attach(house, FINE)
        house.uploads.scanned = True
        new = await attach(house, FINE)
    assert new["scan"] == "unchecked"


async def test_a_file_that_nobody_was_asked_to_look_at_is_looked_at_before_anybody_gets_it(database: Database) -> None:
    """It was attached before there was a scanner, or by a release that knows none."""
    async with scanned(open_store(database.url), None) as house:
        fine, harmful = [await attach(house, content) for content in (FINE, HARMFUL)]
        assert await fetched(house, fine) == (200, "")
    async with icap_server() as (url, _), scanned(open_store(database.url), scanner_of(url)) as house:
        assert await house.scans.look() == 0
        for file in (fine, harmful):
            assert await listed(house, file) is None
            assert await fetched(house, file) == (409, "file_unchecked")
            assert await listed(house, file) == "unchecked"
        assert await house.scans.look() == 2
        assert await fetched(house, fine) == (200, "")
        assert await fetched(house, harmful) == (409, "file_infected")


async def test_bytes_that_nobody_attached_leave_no_look_behind(store: Store, database: Database) -> None:
    async with scanned(store, Watchman()) as house:
        received = await house.uploads.receive("acme", _once(FINE))
        assert len(await rows(database, "SELECT * FROM blob_scan")) == 1
        await house.uploads.end("acme", received.upload)
    assert await rows(database, "SELECT * FROM blob_scan") == []


async def test_a_real_command_and_a_server_decide(database: Database, tmp_path: Path) -> None:
    script = tmp_path / "scan.py"
    script.write_text(f"import sys; sys.exit({HARM!r} in sys.stdin.buffer.read())")
    async with icap_server() as (url, _):
        for told in (f"{sys.executable} {script}", url):
            async with scanned(open_store(database.url), scanner_of(told)) as house:
                fine, harmful = [await attach(house, content + told.encode()) for content in (FINE, HARMFUL)]
                while await house.scans.look():
                    pass
                assert [await listed(house, file) for file in (fine, harmful)] == ["clean", "infected"]


class Outcomes:
    """What came of the looks, and when there are so many."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._more = asyncio.Event()

    def note(self, outcome: str) -> None:
        self.told.append(outcome)
        self._more.set()

    async def number(self, least: int) -> None:
        async with asyncio.timeout(10):
            while len(self.told) < least:
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def _looking(house: Assembly) -> AsyncIterator[asyncio.Task[int]]:
    assert house.scans is not None
    task = asyncio.create_task(house.scans.look())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _sooner(database: Database) -> None:
    """As if ten minutes had passed."""
    ten = "600000000" if database.kind == "sqlite" else "interval '10 min'"
    await change(database, f"UPDATE blob_scan SET kept_at = kept_at - {ten}, next_at = next_at - {ten} - {ten}")
