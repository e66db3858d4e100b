"""For random case types, policies and people: pages offer what the API accepts, and show what it shows, no more."""

import asyncio
import html
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from httpx import AsyncClient, Response
from hypothesis import HealthCheck, Phase, given, settings

from app.db import open_store
from app.domain.case.attempt import Actor
from app.services.assembly import Assembly
from app.services.callers.sessions import NOTHING_TOLD
from app.ui.frame.frame import PLAIN_COOKIE
from tests.factories import TENANT, new_id
from tests.fake_services import CASES, token
from tests.house import running
from tests.lengths import LONG, length
from tests.ui.page_routes import filled, page_routes
from tests.ui.random_worlds import WRITER, World, worlds
from tests.ui.serving import HOST
from tests.ui.signing import a_database, app_of, browser

BUTTON = re.compile(r'name="event" value="(\w+)"|href="/cases/[0-9a-f-]+/do/(\w+)"')
BARRED = re.compile(r'href="/cases/[0-9a-f-]+/why/(\w+)"')
ROW = re.compile(r'class="reference" href="/cases/([0-9a-f-]+)"')
PAYLOADS: list[dict[str, Any]] = [{}, {"a": True}, {"a": False}]
REFUSED = {403, 404, 409}
NUMBERS = (1, 9)
"""Of `data.n`: on either side of what conditions ask."""
ASKED = {
    "/": ("", "?view=unassigned", "?view=overdue", "?view=unassigned&type=alpha", "?creator=me"),
    "/search": ("?q=shibboleth", "?type=beta", "?q=said"),
    "/queue/new": ("?view=unassigned&since=2020-01-01T00:00:00Z&seen=",),
    "/next": ("", "?skip={case_id}"),
    "/cases/{case_id}/stale": ("?seq=0",),
    "/cases/{case_id}/comment": ("", "?about=a&whom=user:bob"),
    "/cases/{case_id}/gone": (f"?receipt={'0' * 64}",),
}
"""What pages are asked for besides their plain address."""
TELLS_NOTHING = "/cases/{case_id}/gone"
"""It says what stands in its own address, whatever the case."""
BESIDES = {"/do/{event}": (403, 409), "/files/{file_id}": (404,), "/view": (404,), "/slas/{name}": (404,)}
"""What a page of a case that one reads answers besides: an event that says no, a file or clock that is not there."""
SIGNED_IN = [path for path in page_routes("GET") if not path.startswith(("/sign-in", "/static"))]


@dataclass(frozen=True, slots=True)
class Marked:
    """A case, and what stands on no other: words in its data, its reference, a comment and a file's name."""

    id: str
    case_type: str
    tenant: str
    mark: str
    file: str = ""

    def values(self, path: str) -> dict[str, str]:
        """For the parameters of an address."""
        return {
            "case_id": self.id,
            "case_type": self.case_type,
            "reference": f"R-{self.mark}",
            "name": "answer" if path.startswith("/cases") else self.case_type,
            "event": "a",
            "file_id": self.file,
            "view_id": new_id(),
        }


@dataclass
class Matrix:
    """People at pages and API of the same house; `seen` counts, so that nothing is proven of nothing."""

    world: World
    house: Assembly
    client: AsyncClient
    cookies: Mapping[Actor, str]
    cases: list[Marked] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    async def page(self, who: Actor, path: str) -> Response:
        self.client.cookies.clear()
        return await self.client.get(path, headers={"cookie": f"{PLAIN_COOKIE}={self.cookies[who]}"})

    async def api(self, who: Actor, method: str, path: str, **sent: Any) -> Response:
        name = who.id.removeprefix("user:")
        bearer = token(name, who.tenant, sorted(role.removeprefix("role:") for role in who.roles))
        self.client.cookies.clear()
        headers = {"authorization": f"Bearer {bearer}", "accept": "application/json"}
        return await self.client.request(method, path, headers=headers, **sent)

    async def opens(self) -> None:
        """Everybody opens what they can. What `/new` offers is what some data open."""
        for who in self.world.people:
            offered = set(re.findall(r'href="/new/(\w+)"', (await self.page(who, "/new")).text))
            accepted = set()
            for case_type in self.world.types:
                for number in NUMBERS:
                    mark = f"shibboleth{len(self.cases)}x"
                    data = {"mark": mark, "n": number}
                    told = {"case_type": case_type, "event": "open", "reference": f"R-{mark}", "data": data}
                    answer = await self.api(who, "POST", CASES, json=told)
                    assert answer.status_code in (201, 403), answer.text
                    if answer.status_code == 201:
                        accepted.add(case_type)
                        self.cases.append(await self._worked_on(await self._found(who.tenant, case_type, mark)))
                status = (await self.page(who, f"/new/{case_type}")).status_code
                assert status == (200 if case_type in accepted else 404), (who, case_type)
            assert offered == accepted, (who, offered, accepted)
            self.seen["not offered"] += len(self.world.types) - len(offered)

    async def _found(self, tenant: str, case_type: str, mark: str) -> Marked:
        """Who opened it may not be able to read it, and is not told its id."""
        asked = {"case_type": case_type, "reference": f"R-{mark}"}
        [case] = (await self.api(replace(WRITER, tenant=tenant), "GET", CASES, params=asked)).json()["items"]
        return Marked(case["id"], case_type, tenant, mark)

    async def _worked_on(self, case: Marked) -> Marked:
        like = [one for one in self.cases if (one.tenant, one.case_type) == (TENANT, case.case_type)]
        if case.tenant != TENANT or len(like) > 1:
            return case
        path = f"{CASES}/{case.id}"
        said = await self.api(WRITER, "POST", f"{path}/comments", json={"text": f"said of {case.mark}"})
        assert said.status_code == 201, said.text
        name = {"file_name": f"{case.mark}.txt"}
        attached = await self.api(WRITER, "POST", f"{path}/attachments", params=name, content=case.mark)
        assert attached.status_code == 201, attached.text
        mine = [one for one in self.cases if one.tenant == TENANT]
        for other in mine[-2:]:
            link = {"type": "relates_to", "to": other.id}
            assert (await self.api(WRITER, "POST", f"{path}/links", json=link)).status_code == 201
        return Marked(case.id, case.case_type, case.tenant, case.mark, attached.json()["attachment"]["id"])

    async def readable(self, who: Actor) -> set[str]:
        """What the API lets somebody read, case by case and in its list."""
        found = {one.id for one in self.cases if (await self._read(who, one)).status_code == 200}
        listed = (await self.api(who, "GET", CASES, params={"limit": "200"})).json()["items"]
        assert {one["id"] for one in listed} == found
        return found

    async def _read(self, who: Actor, case: Marked) -> Response:
        return await self.api(who, "GET", f"{CASES}/{case.id}")

    async def acts(self, who: Actor, case: Marked, turn: int) -> None:
        """The buttons of a case are the events that fire with some input; one of them is fired in the end."""
        shown = await self.page(who, f"/cases/{case.id}")
        assert shown.status_code == (await self._read(who, case)).status_code, (who, case)
        if shown.status_code == 404:
            self.seen["unreadable"] += 1
            return
        events = self.world.types[case.case_type].events
        buttons = {one or other for one, other in BUTTON.findall(shown.text)}
        barred = (await self.page(who, f"/cases/{case.id}/why")).text
        assert set(BARRED.findall(barred)) == set(events) - buttons
        for event in events.keys() - buttons:
            for payload in PAYLOADS if events[event].payload else [None]:
                status = (await self._fired(who, case, event, payload)).status_code
                assert status in REFUSED, (who, event, payload, status)
            self.seen["barred"] += 1
        for event in sorted(buttons)[turn % len(buttons) :][:1] if buttons else []:
            assert 'value="fire"' in (await self.page(who, f"/cases/{case.id}/do/{event}")).text
            for payload in PAYLOADS if events[event].payload else [None]:
                fired = await self._fired(who, case, event, payload)
                if fired.status_code == 200:
                    break
            assert fired.status_code == 200, (who, event, fired.text)
            self.seen["fired"] += 1

    async def _fired(self, who: Actor, case: Marked, event: str, payload: Any) -> Response:
        told = {"event": event, "reason": "because"} | ({} if payload is None else {"payload": payload})
        return await self.api(who, "POST", f"{CASES}/{case.id}/events", json=told)

    async def looks_everywhere(self, who: Actor) -> None:
        """No page says a word of a case that the API does not show, and what is of it is as if it were not there."""
        readable = await self.readable(who)
        hidden = [one for one in self.cases if one.id not in readable]
        for path in SIGNED_IN:
            about = path if "{case_id}" in path or "{reference}" in path else ""
            for case in self._some(readable) if about else self._some(readable)[:1]:
                for asked in ASKED.get(path, ("",)):
                    where = filled(path + asked, case.values(path))
                    answer = await self.page(who, where)
                    assert answer.status_code < 500, where
                    for one in hidden:
                        assert one.mark not in answer.text, (who, where)
                        assert one.id not in answer.text or one.id in where, (who, where)
                    if about and about != TELLS_NOTHING:
                        await self._is_there(who, where, path + asked, case, answer, case.id in readable)
        for asked, params in (("/search?q=shibboleth*", {"q": "shibboleth*"}), ("/?view=unassigned", None)):
            rows = set(ROW.findall((await self.page(who, asked)).text))
            given = params or {"unassigned": "true", "open": "true"}
            found = (await self.api(who, "GET", CASES, params={**given, "limit": "50"})).json()["items"]
            assert rows == {one["id"] for one in found}, asked
            self.seen["rows"] += len(rows)

    def _some(self, readable: set[str]) -> list[Marked]:
        """A case that is shown and one that is not, with files where there are; in the long form of each kind."""
        by_file = sorted(self.cases, key=lambda one: bool(one.file))
        kinds = {(one.id in readable, LONG and (one.tenant, one.case_type)): one for one in by_file}
        return list(kinds.values())

    async def _is_there(
        self, who: Actor, where: str, path: str, case: Marked, answer: Response, readable: bool
    ) -> None:
        if readable:
            other = next((codes for end, codes in BESIDES.items() if path.endswith(end)), ())
            assert answer.status_code in (200, 303, *other), (who, where)
            self.seen["pages"] += answer.status_code == 200
            return
        values = case.values(path) | {"case_id": new_id(), "reference": "R-nobody"}
        nobodys = await self.page(who, filled(path, values))
        assert answer.status_code == nobodys.status_code == 404, (who, where)
        assert words(answer.text) == words(nobodys.text), (who, where)
        self.seen["not there"] += 1


def words(page: str) -> str:
    main = page.partition('<div class="page">')[2] or page
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


async def _matrix(world: World, walkers: Sequence[Actor], template: Path, folder: Path) -> Counter[str]:
    """`walkers` look everywhere, in the long form everybody."""
    async with AsyncExitStack() as stack:
        store = open_store(a_database(folder, template).url)
        house = await stack.enter_async_context(running(store, world.declared))
        client = await stack.enter_async_context(browser(app_of(house, secure=False), HOST))
        begin = house.signing_in.sessions.begin
        cookies = {who: (await begin(who, "password", NOTHING_TOLD, None))[0] for who in world.people}
        matrix = Matrix(world, house, client, cookies)
        await matrix.opens()
        for turn, (who, case) in enumerate(_visits(world, matrix.cases)):
            await matrix.acts(who, case, turn)
        for who in (world.people if LONG else walkers) if matrix.cases else ():
            await matrix.looks_everywhere(who)
    return matrix.seen


def _visits(world: World, cases: list[Marked]) -> Iterator[tuple[Actor, Marked]]:
    """Everybody at a few cases, the newest of each type and tenant."""
    newest: Mapping[Any, Marked] = {(one.case_type, one.tenant): one for one in cases}
    for case in newest.values():
        for who in world.people:
            if who.tenant == case.tenant:
                yield who, case


def test_pages_offer_and_show_exactly_what_the_api_does(sqlite_template: Path) -> None:
    """The same worlds each time in the suite, other ones in the long form."""
    seen: Counter[str] = Counter()

    @settings(
        max_examples=length(2, 60),
        derandomize=not LONG,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(world=worlds())
    def in_a_world(world: World) -> None:
        seen["worlds"] += 1
        walker = world.people[-(seen["worlds"] % len(world.people))]  # the first of them is of the other tenant
        with tempfile.TemporaryDirectory() as folder:
            seen.update(asyncio.run(_matrix(world, [walker], sqlite_template, Path(folder))))

    in_a_world()
    for kind in ("not offered", "barred", "fired", "rows", "pages", "not there"):
        assert seen[kind] > 0, seen
