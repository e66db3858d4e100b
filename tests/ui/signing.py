"""Browsers at the pages of a house that runs, with the sessions that it really has."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar

from app.domain.case.attempt import Actor
from app.http.app import HttpSettings
from app.http.border.gate import Border
from app.http.border.large import LargeBodies
from app.services.assembly import Assembly
from app.services.callers.issuers import Issuer
from app.services.callers.sign_in_settings import DemoPerson
from app.services.callers.signing_in import SigningIn
from app.services.store.people import StoredPerson
from app.ui.application import framed, with_pages
from app.ui.sign_in.readers import Readers
from app.ui.sign_in.ways import Ways
from tests.databases import Database, sqlite_of
from tests.factories import OPENED, TENANT
from tests.fake_services import Fakes
from tests.one_app import SECRET
from tests.over_http import services_of

HOST = "https://cases.test"
COOKIE = "__Host-stateward"
PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
HASHED = QUICK.hash(PASSWORD)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def a_database(folder: Path, template: Path) -> Database:
    """On SQLite: what the stores do alike is tested where they are."""
    return sqlite_of(Path(shutil.copy(template, folder / "stateward.db")))


def app_of(
    house: Assembly,
    *,
    secure: bool = True,
    issuers: Sequence[Issuer] = (),
    demo_people: Sequence[DemoPerson] = (),
    **values: Any,
) -> Litestar:
    app = _made(secure, bool(demo_people))
    services = services_of(house)
    app.state.services, app.state.border = services, Border(services, SECRET, tuple(issuers))
    app.state.large_bodies = LargeBodies(services.slices)
    app.state.frame = replace(app.state.frame, readers=Readers(house.signing_in.sessions))
    app.state.ways = Ways(signing_in=house.signing_in, flows=app.state.border.flows, demo_people=demo_people, **values)
    return app


@cache
def _made(secure: bool, demo: bool) -> Litestar:
    """As in `serving`: whoever asks next gets the same one, over another house."""
    services = Fakes().services()
    ways = Ways(signing_in=SigningIn(None, None))  # type: ignore[arg-type]
    return with_pages(services, HttpSettings(SECRET), framed(secure=secure, demo=demo), ways=ways)


def browser(app: Litestar, host: str = HOST, **headers: str) -> AsyncClient:
    """One with cookies of its own, that goes nowhere by itself."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    told = {"accept": "text/html,*/*;q=0.8", "origin": host, **headers}
    return AsyncClient(transport=transport, base_url=host, headers=told)


async def known(house: Assembly, name: str = "ann", **values: Any) -> Actor:
    """Somebody with a password."""
    subject = f"user:{name}"
    given = {"display_name": "Ann Lee", "password": HASHED, **values}
    async with house.store.transaction(TENANT) as tx:
        await tx.add_person(StoredPerson(tenant=TENANT, subject=subject, made_at=OPENED, **given))
    return Actor(tenant=TENANT, id=subject)


def hidden(page: Response) -> dict[str, str]:
    """The hidden fields of a page's forms; those of the last one win."""
    return {unescape(name): unescape(value) for name, value in HIDDEN.findall(page.text)}


async def sent(client: AsyncClient, path: str, page: Response, **fields: Any) -> Response:
    """A form of a page, sent with these fields."""
    return await client.post(path, data={**hidden(page), **fields})


async def signed_in(client: AsyncClient, name: str = "ann", password: str = PASSWORD, **fields: Any) -> Response:
    page = await client.get("/sign-in", params={"next": fields.pop("next", "/me")})
    return await sent(client, "/sign-in", page, tenant=TENANT, name=name, password=password, **fields)


def cookie_of(client: AsyncClient) -> str | None:
    return client.cookies.get(COOKIE)
