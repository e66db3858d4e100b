"""The demo answers, and every line that it prints does what the comment above it says."""

import json
import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from app.commands.demo.past import past_cases
from tests.running import stateward


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    (folder / "temporary").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder / "temporary"))
        with stateward(folder, "demo", "--port", "0") as service:
            yield service


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
    found = _as("ada", demo, "/api/v1/cases?limit=200")["items"]
    assert len(found) >= 36
    assert {case["case_type"] for case in found} == {"expense_claim", "incident", "permit"}
    assert len({case["state"] for case in found}) >= 20


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


@pytest.mark.parametrize("seed", range(3))
def test_the_past_is_lived_in_office_hours_in_order_and_ends_now(seed):
    now = datetime(2026, 3, 12, 11, 30, tzinfo=UTC)
    cases = list(past_cases(now, seed))
    assert len(cases) > 200
    for case in cases:
        moments = [step.at for step in case.steps]
        assert moments == sorted(moments)
        assert moments[-1] < now
        assert all(moment.weekday() < 5 for moment in moments)


def test_the_people_are_told_with_their_roles(demo):
    assert "nils  role:building_inspector role:decider" in demo.told


def test_on_a_database_of_ones_own_the_cases_stay_and_are_made_once(tmp_path, database):
    counts = []
    for _ in range(2):
        with stateward(tmp_path, "demo", "--port", "0", database_url=database.url) as service:
            counts.append(len(_as("ada", service, "/api/v1/cases?limit=200")["items"]))
    assert counts[0] == counts[1] > 0


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
