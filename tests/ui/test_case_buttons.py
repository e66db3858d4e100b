"""For random cases, policies and people: a button is there exactly when the service would accept the event."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from app.services.assembly import Assembly
from app.services.store.ports import Store
from tests.databases import Database, sqlite_of
from tests.lengths import length
from tests.naive_attempts import Attempts
from tests.naive_house import naive_house
from tests.naive_types import ACTORS, naive_model
from tests.naive_worlds import PAYLOADS, allowed, attempt
from tests.ui.serving import client_of, reader

ROUNDS = length(40, 60)
CASES = length(14, 25)
BUTTON = re.compile(r'name="event" value="(\w+)"|href="/cases/[0-9a-f-]+/do/(\w+)"')
BARRED = re.compile(r'href="/cases/[0-9a-f-]+/why/(\w+)"')


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Database:
    file = tmp_path / "naive.db"
    file.write_bytes(sqlite_template.read_bytes())
    return sqlite_of(file)


@pytest.fixture
async def naive(store: Store, database: Database, tmp_path: Path) -> AsyncIterator[Assembly]:
    async with naive_house(store, database, tmp_path) as house:
        yield house


async def test_a_button_is_there_exactly_when_the_service_would_accept_the_event(naive: Assembly) -> None:
    model, random = naive_model(), Random(15)
    attempts = Attempts(random, model)
    for _ in range(ROUNDS):
        await naive.desk.submit([one for one, _ in attempts.batch()])
    sessions = {actor: reader(actor, actor.id, f"session-{place}") for place, actor in enumerate(ACTORS)}
    seen: Counter[str] = Counter()
    async with client_of(naive, *sessions.values()) as client:
        for case in list(model.cases.values())[-CASES:]:
            near = [one for one in ACTORS if one.tenant == case["tenant"]]
            for actor in {*random.sample(near, 3), random.choice(ACTORS)}:
                cookie = {"cookie": f"stateward_session={sessions[actor].session_id}"}
                client.cookies.clear()
                answer = await client.get(f"/cases/{case['id']}", headers=cookie)
                reads = actor.tenant == case["tenant"] and model.policy.may(
                    case, attempt(actor, case, ""), "case:read", acting=True
                )
                assert (answer.status_code == 200) is reads, answer.text
                seen[str(answer.status_code)] += 1
                if not reads:
                    continue
                buttons = {one or other for one, other in BUTTON.findall(answer.text)}
                events = model.types[case["case_type"]].events
                assert buttons == {name for name in events if allowed(model, name, (case, actor, PAYLOADS))}
                barred = (await client.get(f"/cases/{case['id']}/why", headers=cookie)).text
                assert set(BARRED.findall(barred)) == set(events) - buttons
                seen["buttons"] += len(buttons)
    assert seen["200"] > 10, seen
    assert seen["404"] > 3, seen
    assert seen["buttons"] > 10, seen
