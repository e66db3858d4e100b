"""What is logged names the request and the place of a fault, and nothing that people wrote or sent."""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from httpx import AsyncClient

from app.http.sign_in.own_tokens import mint
from app.logs import configure_logs, configure_logs_when_needed
from app.policy.engine import PolicyEngine
from app.services.assembly import Assembly
from app.services.store.failures import Refused
from app.services.store.ports import Store
from app.settings import Settings
from tests.factories import new_id
from tests.fake_services import token
from tests.house import declared
from tests.observing import client_of, watched

SECRET = "hush-hush-4711"
CASES = "/api/v1/cases"
Begin = Callable[[], Callable[[], str]]
CLAIM = {"case_type": "expense_claim", "event": "submit", "data": {"amount_cents": 100, "currency": "EUR"}}
BEARER = token(SECRET, roles=("clerk",))
WRONG = mint("another secret that is long enough for anybody", "acme", SECRET, ("clerk",), 24 * 3600)


@pytest.fixture(params=["console", "json"])
def begin(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Begin:
    """Begin to log all that a service may be told to log; what that returns reads it."""

    def begin() -> Callable[[], str]:
        configure_logs(Settings(log_format=request.param, log_level="debug", access_log=True))
        return lambda: "".join(capsys.readouterr())

    return begin


class Gossip(PolicyEngine):
    """A policy with a fault that quotes what it was asked."""

    def decide(self, tenant: str, roles: Any, case_type: str, act: str, see: Any, declared: Any = None) -> Any:
        quoted = dict(see().variables)
        if SECRET in str(quoted):
            raise ValueError(f"cannot decide on {quoted}")
        return super().decide(tenant, roles, case_type, act, see, declared)


async def everything_goes_wrong(client: AsyncClient) -> list[int]:
    """A secret in the body, the header, the query, the path and the token; refused, broken and applied."""
    data = {**CLAIM["data"], "iban": SECRET}  # type: ignore[dict-item]
    told = {**CLAIM, "data": data, "reason": SECRET, "reference": SECRET}
    keyed = {"idempotency-key": SECRET, "if-match": f'"{SECRET}"', "x-anything": SECRET, "cookie": f"a={SECRET}"}
    answers = [
        await client.post(CASES, json=told),
        await client.post(CASES, json=told, headers=keyed),
        await client.post(f"{CASES}/{SECRET}/events", json={"event": SECRET, "payload": {SECRET: SECRET}}),
        await client.post(CASES, content=SECRET),
        await client.get(f"/{SECRET}", params={SECRET: SECRET}),
        await client.get(f"{CASES}/{new_id()}", params={SECRET: SECRET}),
        await client.get(CASES, params={"reference": SECRET, "sort": SECRET}),
        await client.get(CASES, headers={"authorization": f"Bearer {WRONG}"}),
        await client.get(CASES, headers={"authorization": f"Basic {SECRET}"}),
        await client.request(SECRET.upper(), CASES),
    ]
    return [answer.status_code for answer in answers]


async def test_no_secret_is_logged_whatever_goes_wrong(
    store: Store, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = begin()
    house, found = Assembly(store, Gossip(), 1), declared()
    async with (
        house.running(found.case_types, found.calendars, found.policies),
        client_of(house, watched(house), access_log=True) as client,
    ):
        client.headers["authorization"] = f"Bearer {BEARER}"
        statuses = await everything_goes_wrong(client)
        monkeypatch.setattr(house.cases, "find", _failing)
        broken = await client.get(CASES, params={"reference": SECRET})
    logged = read()
    assert {500, 401, 404, 422} <= {*statuses, broken.status_code}
    assert "ValueError" in logged
    assert "KeyError" in logged
    for part in (SECRET, SECRET.upper(), BEARER, WRONG):
        assert part not in logged


async def test_what_the_database_says_of_a_row_is_not_logged(
    house: Assembly, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = begin()

    def refusing(*_: Any) -> Any:
        raise Refused(f"Key (reference)=({SECRET}) already exists")

    async with client_of(house, watched(house)) as client:
        monkeypatch.setattr(house.store, "transaction", refusing)
        answer = await client.post(CASES, json={**CLAIM, "reference": SECRET})
    logged = read()
    assert answer.status_code == 500
    assert answer.json()["request_id"] in logged
    assert "Refused" in logged
    assert SECRET not in logged


async def _failing(*_: Any) -> Any:
    try:
        _: Any = {}[SECRET]
    except KeyError as missing:
        raise RuntimeError(f"SELECT {SECRET}") from missing


async def test_a_fault_is_logged_with_its_request_and_its_place(
    house: Assembly, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = begin()
    monkeypatch.setattr(house.cases, "find", _failing)
    async with client_of(house, watched(house)) as client:
        await client.get(CASES, headers={"x-request-id": "look-for-me"})
    logged = read()
    assert logged.count("look-for-me") == 1
    for part in ("_failing", "RuntimeError", "KeyError", "GET", CASES):
        assert part in logged


async def test_a_request_gets_a_line_where_that_is_wanted(house: Assembly, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings(log_format="json"))
    async with client_of(house, watched(house), access_log=True) as client:
        await client.get(f"{CASES}/{new_id()}", headers={"x-request-id": "mine"})
    async with client_of(house, watched(house)) as client:
        await client.get(CASES)
    [line] = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert told.pop("ms") >= 0
    assert told.pop("timestamp").endswith("Z")
    assert told == {
        "event": "answered",
        "logger": "stateward.access",
        "level": "info",
        "method": "GET",
        "route": f"{CASES}/{{case_id}}",
        "status": 404,
        "request_id": "mine",
    }


def test_libraries_are_heard_only_when_something_is_wrong(begin: Begin) -> None:
    read = begin()
    for name in ("aiosqlite", "sqlalchemy.engine.Engine", "httpx", "apscheduler.executors"):
        logging.getLogger(name).info("executing %s", SECRET)
    logging.getLogger("aiosqlite").warning("the disk is full")
    logging.getLogger("stateward.any").debug("ours")
    lines = read().splitlines()
    assert len(lines) == 2


def test_the_first_line_that_is_told_leaves_whoever_else_listens(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs_when_needed(Settings())
    heard: list[str] = []
    listening = logging.Handler()
    listening.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(listening)
    for line in ("one", "two"):
        logging.getLogger("stateward.test").warning(line)
    assert heard == ["one", "two"]
    assert [line.split()[-2] for line in capsys.readouterr().err.splitlines()] == ["one", "two"]


def test_a_group_of_faults_is_logged_with_each_of_them(begin: Begin) -> None:
    read = begin()
    with suppress(ExceptionGroup):
        try:
            raise ExceptionGroup(SECRET, [OSError(SECRET), asyncio.QueueFull(SECRET)])
        except ExceptionGroup:
            logging.getLogger("stateward").exception("both")
            raise
    logged = read()
    assert "OSError" in logged
    assert "QueueFull" in logged
    assert SECRET not in logged
