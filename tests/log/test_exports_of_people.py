"""Who could do what on a day, and the exceptions: what the log says of people, as tables."""

import asyncio
import csv
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.db import open_store
from app.domain.case.attempt import Principal
from app.domain.policy.scope import Scope
from app.exports.access import Access
from app.exports.exceptions import exceptions_in
from app.main import main
from app.services.assembly import Assembly
from app.services.callers.api_keys import NewKey
from app.services.log.export_filter import ExportFilter
from app.services.log.exports import Asked
from app.services.policy.requests import AskedChange
from app.services.store.stored import PolicyLine
from tests.databases import sqlite_of
from tests.exporting import export
from tests.factories import TENANT
from tests.house import ADMIN, CLERK, STRANGER, fire, fired, open_claim, running

MICROSECOND = timedelta(microseconds=1)
Row = dict[str, str]


def gives(member: str, role: str) -> PolicyLine:
    return PolicyLine(kind="g", role=member, tenant=TENANT, obj=role)


@dataclass(frozen=True)
class Lived:
    """Tables of three moments: before, while and after user:ann was a manager; and of the exceptions."""

    folder: Path
    before: Sequence[Row]
    then: Sequence[Row]
    after: Sequence[Row]
    today: Sequence[Row]
    exceptions: Sequence[Row]


@pytest.fixture(scope="module")
def lived(sqlite_lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return asyncio.run(_lived(sqlite_lived_in, tmp_path_factory.mktemp("people")))


async def _lived(template: Path, folder: Path) -> Lived:
    database = sqlite_of(Path(shutil.copy(template, folder / "house.db")))
    async with running(open_store(database.url)) as house:
        before = await now(house)
        added = [gives("user:ann", "role:manager"), gives("user:ann", "role:guest")]
        change = await house.policy_changes.change(ADMIN, AskedChange(add=added, reason="Ann stands in"))
        narrow = Scope(acts=frozenset({"triage"}), case_types=frozenset({"expense_claim"}))
        key = NewKey(subject="service:robot", roles=frozenset({"role:clerk"}), scope=narrow, title="the robot")
        await house.api_keys.make(ADMIN, key, "request-1")
        then = await now(house)
        gone = [line.id for line in change.added if line.obj == "role:manager"]
        await house.policy_changes.change(ADMIN, AskedChange(remove=gone))
        claim = await open_claim(house)
        await fire(house, claim, "triage", STRANGER)
        await fired(house, claim, "triage", ADMIN, on_behalf_of=Principal(CLERK.id, CLERK.roles))
        after = await now(house)
        await house.ledger.sequence()
        tables = [await table(house, folder, "access", (at, at + MICROSECOND)) for at in (before, then, after)]
        today = await table(house, folder, "access", None)
        return Lived(folder, *tables, today, await table(house, folder, "exceptions", None))


async def now(house: Assembly) -> datetime:
    await asyncio.sleep(0.002)
    return datetime.now(UTC)


async def table(house: Assembly, folder: Path, kind: str, during: Any) -> list[Row]:
    wanted = ExportFilter(until=during[1]) if during else ExportFilter()
    asked = Asked(tenant=TENANT, wanted=wanted, format=kind, operator="operator:olga", during=during)
    path = await export(house.store, folder / f"{kind}.csv", asked=asked)
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def of(rows: Sequence[Row], person: str) -> list[Row]:
    return [row for row in rows if row["person"] == person]


def acts(rows: Sequence[Row], role: str, act: str) -> list[Row]:
    wanted = (role, act, "expense_claim", "allow")
    return [row for row in rows if (row["role"], row["act"], row["case_type"], row["effect"]) == wanted]


def test_somebody_may_what_their_roles_allowed_at_the_time_and_no_more(lived: Lived) -> None:
    assert of(lived.before, "user:ann") == []
    then, after = of(lived.then, "user:ann"), of(lived.after, "user:ann")
    roles = {row["role"] for row in then}
    assert roles == {*("role:manager", "role:supervisor", "role:clerk", "role:guest"), "role:agent", "role:engineer"}
    assert {row["role"] for row in after} == {"role:guest"}
    [approve] = [
        row for row in then if (row["role"], row["act"], row["effect"]) == ("role:manager", "approve", "allow")
    ]
    assert (approve["case_type"], approve["condition"], approve["given_by"]) == ("expense_claim", "", "user:root")
    [triage] = [
        row
        for row in then
        if (row["role"], row["act"]) == ("role:clerk", "triage") and row["case_type"] == "expense_claim"
    ]
    assert triage["through"] == "role:manager > role:supervisor"
    assert triage["act_entry"]
    assert {row["given_entry"] for row in then} == {triage["given_entry"]}


def test_a_role_to_which_several_ways_lead_is_told_once_by_the_shortest_also_where_they_go_round():
    found = Access("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
    ways = ("lead left", "lead right", "left both", "right both", "both lead", "lead lead")
    pairs = [("user:eve", "role:lead"), *(tuple(f"role:{name}" for name in way.split()) for way in ways)]
    lines = [{"kind": "g", "role": one, "tenant": TENANT, "obj": other} for one, other in pairs]
    actor = {"reference": "user:root", "roles": []}
    found.take({"kind": "policy", "at": "2025-01-01T00:00:00Z", "actor": actor, "entry_id": "1", "lines_added": lines})
    told = [(role, through) for person, _, role, through, *_ in found.rows() if person == "user:eve"]
    assert told == [
        ("role:lead", ""),
        ("role:left", "role:lead"),
        ("role:right", "role:lead"),
        ("role:both", "role:lead > role:left"),
    ]


def test_of_a_day_it_is_told_from_when_until_when(lived: Lived) -> None:
    manager = [row for row in of(lived.today, "user:ann") if row["role"] == "role:manager"]
    assert manager
    assert all(row["given_from"] < row["given_until"] for row in manager)
    [guest] = [row for row in of(lived.today, "user:ann") if row["role"] == "role:guest"]
    assert (guest["given_until"], guest["act"]) == ("", "")


def test_a_key_may_what_it_is_for_and_everybody_what_everybody_may(lived: Lived) -> None:
    robot = of(lived.then, "service:robot")
    assert {(row["act"], row["case_type"]) for row in robot} == {("triage", "expense_claim")}
    assert robot[0]["through"].startswith("API key ")
    assert {row["act"] for row in of(lived.then, "*")} >= {"save", "submit"}
    assert {row["act"] for row in of(lived.then, "[creator]")} >= {"answer"}
    assert of(lived.before, "service:robot") == []


def test_a_role_that_came_with_a_credential_is_told_with_the_entry_that_shows_it(lived: Lived) -> None:
    root = [row for row in of(lived.today, "user:root") if row["role"] == "role:admin"]
    assert {row["act"] for row in root} == {"case:admin", "case:read"}
    assert {row["act_entry"] for row in root} == {"built in"}
    assert all(row["through"].startswith("a credential") and row["given_entry"] for row in root)
    assert {row["role"] for row in of(lived.today, CLERK.id)} >= {"role:clerk"}


def test_exceptions_are_told_and_nothing_else_is(lived: Lived) -> None:
    kinds = [(row["exceptions"], row["kind"], row["event"]) for row in lived.exceptions]
    assert kinds == [
        ("administrator policy", "policy", ""),
        ("administrator key", "api_key", ""),
        ("administrator policy", "policy", ""),
        ("refused", "denied", "triage"),
        ("on_behalf_of", "transition", "triage"),
    ]
    assert lived.exceptions[0]["reason"] == "Ann stands in"
    assert '"role":"user:ann"' in lived.exceptions[0]["says"].replace(" ", "")
    assert (lived.exceptions[3]["actor"], lived.exceptions[3]["refusals"]) == (STRANGER.id, "1")
    assert (lived.exceptions[4]["actor"], lived.exceptions[4]["on_behalf_of"]) == (ADMIN.id, CLERK.id)


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"kind": "transition", "four_eyes": "as acted for"}, ["four_eyes"]),
        ({"kind": "opened", "occurred_at": "2026-01-01T00:00:00Z"}, ["imported"]),
        ({"kind": "sla.corrected"}, ["deadline_corrected"]),
        ({"kind": "corrected"}, ["data_corrected"]),
        ({"kind": "person"}, ["person"]),
        ({"kind": "restore"}, ["restored"]),
        ({"kind": "denied", "actor": {"roles": ["role:admin"], "on_behalf_of": "user:a"}}, ["refused"]),
        ({"kind": "transition", "actor": {"roles": ["role:clerk"], "on_behalf_of": None}}, []),
        ({"kind": "comment"}, []),
    ],
)
def test_what_is_not_done_every_day_is_an_exception(entry: dict[str, Any], found: list[str]) -> None:
    assert exceptions_in(entry) == found


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--at", "2026-11-20"], "--at is of --format access"),
        (["--format", "access", "--kind", "opened"], "takes --at, and no filter"),
        (["--format", "access", "--at", "noon"], "--at is a day"),
    ],
)
def test_what_does_not_go_together_is_said_in_one_sentence(
    lived: Lived, words: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(lived.folder)
    monkeypatch.setenv("STATEWARD_DATABASE_URL", f"sqlite:///{lived.folder / 'house.db'}")
    assert main(["export", "--tenant", TENANT, *words, "out.csv"]) == 2
    told = capsys.readouterr().err
    assert (says in told, told.count("\n")) == (True, 1)


def test_a_table_of_exceptions_does_not_say_that_it_holds_everything(
    lived: Lived, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(lived.folder)
    monkeypatch.setenv("STATEWARD_DATABASE_URL", f"sqlite:///{lived.folder / 'house.db'}")
    assert main(["export", "--tenant", TENANT, "--format", "exceptions", "odd.csv"]) == 0
    said = json.loads(Path("odd.csv.sha256.json").read_text())
    assert said["says"] == f"FILTERED {len(lived.exceptions)} of {said['tree_size']}"
    capsys.readouterr()
    main(["verify", "odd.csv"])
    assert f"{said['says']} entries" in capsys.readouterr().out


def test_the_command_tells_of_a_day(
    lived: Lived, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(lived.folder)
    monkeypatch.setenv("STATEWARD_DATABASE_URL", f"sqlite:///{lived.folder / 'house.db'}")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    for at, found in (([], True), (["--at", yesterday.isoformat()], False)):
        assert main(["export", "--tenant", TENANT, "--format", "access", *at, "who.csv"]) == 0
        assert ("user:ann" in Path("who.csv").read_text()) is found
