"""Two people whose names read alike are told apart on every page that names both."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.db import open_store
from app.services.assembly import Assembly
from app.services.store.people import StoredPerson
from app.ui.case.whom import Known
from app.ui.frame.namesakes import alike, told_apart
from tests.databases import Database
from tests.factories import OPENED, TENANT
from tests.house import CLERK, MANAGER, SUPERVISOR, open_claim, running
from tests.ui.serving import client_of, reader
from tests.ui.signing import a_database
from tests.working import assign, comment

MONA = "Mona Manager"


@pytest.mark.parametrize(
    "name",
    ["mona manager", "Mona  Manager", "M\u043ena Manager", "Mona Man\u0430ger", "M0na Manager", "Mon\u0101 Manager",
     "Mona\u200b Manager", "\u202eMona Manager", "\uff2d\uff4f\uff4e\uff41 Manager", "Mona-Manager."],
)  # fmt: skip
def test_a_name_that_one_takes_for_another_reads_alike(name: str) -> None:
    assert alike(name) == alike(MONA)


@pytest.mark.parametrize("name", ["Mona Manger", "Nora Manager", "Mona", "\u738b", "***"])
def test_another_name_does_not(name: str) -> None:
    assert alike(name) != alike(MONA)


def test_beside_names_that_read_alike_stands_what_their_people_sign_in_by() -> None:
    people = {"user:mona": MONA, "user:eve": "M\u043ena Manager", "user:ben": "Ben", "user:x": "The  system"}
    assert told_apart(people, ("The system",)) == {
        "user:mona": "Mona Manager (mona)",
        "user:eve": "M\u043ena Manager (eve)",
        "user:ben": "Ben",
        "user:x": "The  system (x)",
    }
    assert told_apart({"user:a": "Ann", "user:b": "\u202eBen"}) == {"user:a": "Ann", "user:b": "Ben"}


def test_of_two_with_one_name_a_list_offers_both_and_either_can_be_written() -> None:
    known = Known([("user:ann", "Ann Lee"), ("user:ann2", "Ann Lee")])
    assert known.choices == [("user:ann", "Ann Lee (ann)"), ("user:ann2", "Ann Lee (ann2)")]
    assert known.named("Ann Lee") is None
    assert known.named("ann lee (ann2)") == "user:ann2"


@pytest.fixture
async def house(database: Database) -> AsyncIterator[Assembly]:
    async with running(open_store(database.url)) as started:
        yield started


@pytest.fixture
def database(tmp_path: Path, sqlite_lived_in: Path) -> Database:
    return a_database(tmp_path, sqlite_lived_in)


async def test_whoever_calls_himself_as_another_is_seen_to_be_somebody_else(house: Assembly) -> None:
    async with house.store.transaction(TENANT) as tx:
        await tx.add_person(StoredPerson(tenant=TENANT, subject=MANAGER.id, made_at=OPENED, display_name=MONA))
        await tx.add_person(
            StoredPerson(
                tenant=TENANT, subject=CLERK.id, made_at=OPENED, display_name="Carl", shown_name="M\u043ena Manager"
            )
        )
    case_id = await open_claim(house)
    await comment(house, case_id, CLERK, "I approve of it")
    await assign(house, case_id, SUPERVISOR, assignee=MANAGER.id)
    other = await open_claim(house)
    await assign(house, other, SUPERVISOR, assignee=CLERK.id)
    async with client_of(house, reader(SUPERVISOR, "Susan")) as client:
        page = (await client.get(f"/cases/{case_id}")).text
        assert "<strong>M\u043ena Manager (carl)</strong>" in page
        assert "Mona Manager (mona)" in page
        queue = (await client.get("/?open=yes")).text + (await client.get("/search?open=yes")).text
        assert "M\u043ena Manager (carl)" in queue
        assert "Mona Manager (mona)" in queue
