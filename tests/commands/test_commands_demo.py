"""The demo answers, and every line that it prints does what the comment above it says."""

import json
import shutil
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from random import Random
from zlib import crc32, decompress

import httpx
import pytest

from app.commands.demo.colleague import KINDS, Colleague, Somebody
from app.commands.demo.files import document, picture
from app.commands.demo.past import OFFICE, past_cases
from app.commands.demo.people import PEOPLE, TENANT
from app.commands.demo.tell import tell
from app.commands.demo.written import samples
from app.db import open_store
from app.domain.calendars.business_time import Calendar
from app.domain.definition.calendar_file import CalendarFile
from app.domain.log.notes import Checkpoint, text_of
from app.domain.log.tree import verify_inclusion
from app.http.sign_in.own_tokens import mint
from tests.databases import sqlite_of
from tests.house import rows, running
from tests.running import SECRET, stateward

COUNTED = Calendar.compiled(CalendarFile(zone="Europe/Berlin", weekly={"mon-fri": ["09:00-17:00"]}))
MOMENTS = [
    datetime(2026, 3, 9, 7, 30, tzinfo=UTC),
    datetime(2026, 3, 11, 10, 0, tzinfo=UTC),
    datetime(2026, 3, 12, 15, 59, tzinfo=UTC),
    datetime(2026, 3, 13, 21, 0, tzinfo=UTC),
    datetime(2026, 3, 14, 12, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 3, 0, tzinfo=UTC),
]
"""A Monday morning, the middle of a week, an afternoon, an evening, a Saturday, the night in which clocks go back."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    (folder / "temporary").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder / "temporary"))
        with stateward(folder, "demo", "--port", "0", "--no-colleague", jwt_secret=SECRET) as service:
            yield service


@pytest.fixture
async def house(sqlite_template, tmp_path):
    """A house on a database of its own; what is told is the same on both."""
    file = tmp_path / "told.db"
    shutil.copy(sqlite_template, file)
    async with running(open_store(sqlite_of(file).url)) as started:
        yield started


@pytest.fixture(scope="module")
def pasted(demo, tmp_path_factory):
    """What every line printed, in order."""
    folder = tmp_path_factory.mktemp("pasted")
    shell = shutil.which("bash") or "sh"
    done = [
        subprocess.run([shell, "-c", line], cwd=folder, capture_output=True, text=True, check=False)
        for line in demo.lines
    ]
    assert all(one.returncode == 0 and one.stderr == "" for one in done), done
    return [json.loads(one.stdout) if one.stdout else (folder / "permit.svg").read_text() for one in done]


def test_the_lines_list_explain_refuse_fire_and_read_the_log(pasted):
    listed, explained, refused, fired, logged, denied, opened, drawn = pasted
    assert len(listed["items"]) == 2
    assert {event["event"] for event in explained["events"]} == {"send_back", "refuse", "add_note"}
    assert "grant" in {event["event"] for event in explained["refused"]}
    assert (refused["code"], refused["reasons"][0]["code"]) == ("guard_refused", "four_eyes")
    assert fired["case"]["state"] == "granted"
    assert logged["items"][-1]["entry"]["event"] == "grant"
    assert {item["entry"]["kind"] for item in denied["items"]} == {"denied"}
    assert opened["case"]["state"] == "submitted", "whoever opens a case may read it, and needs its id"
    assert drawn.startswith("<svg")


def test_the_sample_has_a_few_dozen_cases_in_many_states(demo, pasted):
    types = "expense_claim", "incident", "permit"
    lists = [_as("ada", demo, f"/api/v1/cases?limit=200&case_type={name}")["items"] for name in types]
    assert all(len(found) >= 12 for found in lists)
    assert len({case["state"] for found in lists for case in found}) >= 20


def test_the_sample_has_weeks_of_past_with_work_that_is_done_that_waits_and_that_is_late(demo, pasted):
    """Of what a case worker meets: cases of weeks ago, closed and open, somebody's and nobody's, late and in time."""
    closed = _as("ada", demo, "/api/v1/cases?case_type=expense_claim&state=paid&count=true")
    late = _as("ada", demo, "/api/v1/cases?overdue=true&limit=200")["items"]
    assert closed["count"]["value"] > 50
    assert {bool(case["assignee"]) for case in late} == {True, False}
    clocks = [case["slas"]["decision"] for case in closed["items"]]
    assert {clock["status"] for clock in clocks} == {"met", "met_late"}
    assert all(clock["breached_at"] < clock["stopped_at"] for clock in clocks if clock["status"] == "met_late")


def test_the_past_is_imported_for_the_people_who_lived_it(demo, pasted):
    paid = _as("ada", demo, "/api/v1/cases?case_type=expense_claim&state=paid&limit=200")["items"]
    case = next(case for case in paid if "-1" in case["reference"])
    first, *_ = _as("ada", demo, f"/api/v1/cases/{case['id']}/audit")["items"]
    actor = first["entry"]["actor"]
    assert (actor["reference"], actor["on_behalf_of"]) == ("service:import", case["data"]["submitted_by"])
    assert first["entry"]["occurred_at"] < first["entry"]["at"]


made = cache(past_cases)


@pytest.mark.parametrize("now", MOMENTS)
def test_the_past_is_lived_in_order_and_ends_now(now):
    cases = made(now)
    assert len(cases) > 300
    for case in cases:
        moments = [step.at for step in case.steps]
        assert moments == sorted(moments)
        assert moments[-1] < now
    assert len({case.reference for case in cases}) == len(cases)


@pytest.mark.parametrize("now", MOMENTS)
def test_whenever_it_is_started_several_cases_are_overdue_and_several_due_today(now):
    dues = [due for case in made(now) if (due := _due(case))]
    tonight = now.astimezone(OFFICE.zone).replace(hour=0, minute=0, second=0) + timedelta(days=1)
    assert sum(due <= now for due in dues) >= 5
    assert sum(now < due < tonight for due in dues) >= 2


def test_nobody_confirms_what_the_clock_has_closed_already():
    """An incident closes by itself five days after it was resolved, however late its reporter is."""
    began = MOMENTS[0]
    for day in range(20):
        for case in past_cases(began + timedelta(days=day)):
            resolved = None
            for step in case.steps:
                confirmed = resolved is not None and step.act in ("close", "reopen")
                assert not confirmed or step.at - resolved < timedelta(days=5), case
                resolved = step.at if step.act == "resolve" else resolved


def test_the_same_seed_and_day_give_the_same_past_and_another_one_another():
    noon, evening = MOMENTS[1], MOMENTS[1] + timedelta(hours=8)
    earlier, later = ({case.reference: case for case in made(moment)} for moment in (noon, evening))
    assert earlier == {case.reference: case for case in past_cases(noon)}
    assert all(later[name].data == case.data for name, case in earlier.items())
    assert all(later[name].steps[: len(case.steps)] == case.steps for name, case in earlier.items())
    assert made(noon, 2) != list(earlier.values())


async def test_nothing_is_refused_but_what_somebody_only_tries(house):
    """What is written fits the shipped case types and policies, and how it ends is decided by the desk."""
    told = await tell(house, past_cases(datetime.now(UTC)))
    wrong = [(step, answer.error) for step, answer in told.answers if step.tried != (answer.error is not None)]
    assert wrong == []
    assert len(told.answers) > 1500
    acts = Counter(step.act for step, answer in told.answers if not answer.error)
    assert all(acts[verb] for verb in ("claim", "assign", "comment", "attach", "link", "roles"))


async def test_a_second_telling_changes_nothing(house):
    [case, *_] = some = past_cases(datetime.now(UTC))[:5]
    first, second = await tell(house, some), await tell(house, some)
    assert (len(second.answers), second.ids) == (0, first.ids)
    assert case.reference in first.ids


async def test_a_colleague_opens_fires_comments_and_claims_and_leaves_the_spared_alone(demo, pasted):
    ada = partial(_as, "ada", demo)
    spared = {case["id"]: case for case in ada("/api/v1/cases?limit=200")["items"] if "-0" in (case["reference"] or "")}
    somebody = Somebody(demo.url, lambda who: mint(SECRET, TENANT, who, PEOPLE[who].held, 600), 1, frozenset(spared))
    async with httpx.AsyncClient(base_url=f"{demo.url}/api/v1") as client:
        colleague = Colleague(client, somebody, Random(7))
        did = {await colleague.act() for _ in range(30)}
    assert did >= set(KINDS)
    after = {case["id"]: case for case in ada("/api/v1/cases?limit=200")["items"]}
    assert all(after[name]["version"] == case["version"] for name, case in spared.items() if name in after)
    assert any(case["reference"] is None and case["opened_at"] > "2026" for case in after.values())


def test_a_picture_and_a_document_are_what_they_say():
    image = picture((4, 2), [(1, 0, 2, 1, "#ff0000")])
    head, data = image[12:29], image[41 : image.index(b"IEND") - 8]
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert crc32(head) == int.from_bytes(image[29:33], "big")
    assert decompress(data) == b"\0" + b"\xff" * 3 + b"\xff\0\0" * 2 + b"\xff" * 3 + b"\0" + b"\xff" * 12
    page = document(["Gr\u00fc\u00dfe (aus) Z\u00fcrich"])
    start = int(page.split(b"startxref\n")[1].split()[0])
    assert page[start:].startswith(b"xref\n0 6\n")
    assert all(page[int(line[:10]) :].startswith(b"%d 0 obj" % number) for number, line in _places(page[start:]))


def test_people_have_names_and_the_roles_and_teams_that_cases_are_given_to():
    assert all(" " in person.name for person in PEOPLE.values())
    teams = {act.team for sample in samples() for course in sample.courses.values() for act in course.steps if act.team}
    assert teams <= {team for person in PEOPLE.values() for team in person.teams}


def test_the_people_are_told_with_their_roles(demo):
    assert "nils  role:building_inspector role:decider" in demo.told


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_on_a_database_of_ones_own_the_cases_stay(tmp_path, database):
    with stateward(tmp_path, "demo", "--port", "0", database_url=database.url) as service:
        assert len(_as("ada", service, "/api/v1/cases?limit=200")["items"]) == 200
    [found] = await rows(database, "SELECT count(*) AS many FROM cases")
    assert found["many"] > 200


def test_within_ten_seconds_the_log_of_the_demo_is_signed_and_proves_its_entries(demo):
    headers = {"authorization": f"Bearer {mint(SECRET, TENANT, 'audrey', ['auditor'], 3600)}"}
    with httpx.Client(base_url=f"{demo.url}/api/v1", headers=headers, timeout=30) as client:
        for _ in range(30):
            if (answer := client.get("/audit/checkpoint")).status_code == 200:
                break
            client.get("/audit", params={"after": 10**9, "wait": 1})
        checkpoint = Checkpoint.parse(text_of(answer.text))
        [entry] = client.get("/audit", params={"limit": 1}).json()["items"]
        proof = client.get(f"/audit/entries/{entry['entry_id']}").json()["inclusion"]
        path = [bytes.fromhex(step) for step in proof["path"]]
        root, leaf = bytes.fromhex(proof["root"]), bytes.fromhex(entry["entry_hash"])
        assert proof["size"] >= checkpoint.size > 0
        assert verify_inclusion(0, proof["size"], leaf, path, root)
        assert httpx.get(f"{demo.url}/readyz").json()["details"]["checkpoints"] == "published"


def test_it_stops_cleanly_and_leaves_nothing_behind(demo):
    """The last one here: the others need it."""
    folder = demo.errors.parent
    assert len(list((folder / "temporary").glob("stateward-demo-*"))) == 1
    assert demo.stop() == 0
    assert demo.errors.read_text() == ""
    assert {path.name for path in folder.iterdir()} == {"stderr.txt", "temporary"}
    assert list((folder / "temporary").glob("stateward-demo-*")) == []


def _as(name, service, path):
    """An answer to somebody whose token none of the lines has."""
    token = next(line for line in service.told.splitlines() if line.startswith(f"export {name.upper()}_TOKEN="))
    call = ["curl", "-sS", service.url + path, "-H", f"Authorization: Bearer {token.partition('=')[2]}"]
    return json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout)


def _due(case):
    """When a claim is to be decided, or an incident closes by itself, where that is still to come."""
    acts = [step.act for step in case.steps if not step.tried]
    if case.case_type == "expense_claim" and "submit" in acts and not {"approve", "reject", "ask"} & set(acts):
        return COUNTED.advance(next(step.at for step in case.steps if step.act == "submit"), timedelta(hours=16))
    if case.case_type == "incident" and acts[-1] == "resolve":
        return case.steps[-1].at + timedelta(days=5)
    return None


def _places(table):
    return enumerate(table.splitlines()[3:8], start=1)
