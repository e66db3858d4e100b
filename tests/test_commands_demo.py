"""The demo answers, and every line that it prints does what the comment above it says."""

import json
import shutil
import subprocess

import pytest

from tests.running import stateward


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with stateward(tmp_path_factory.mktemp("demo"), "demo", "--port", "0") as service:
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


def test_the_people_are_told_with_their_roles(demo):
    assert "nils  role:building_inspector role:decider" in demo.told


def test_it_stops_cleanly_and_leaves_nothing_behind(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    with stateward(tmp_path, "demo", "--port", "0") as service:
        assert len(list((tmp_path / "temporary").glob("stateward-demo-*"))) == 1
        assert service.stop() == 0
        assert service.errors.read_text() == ""
    assert {path.name for path in tmp_path.iterdir()} == {"stderr.txt", "temporary"}
    assert list((tmp_path / "temporary").glob("stateward-demo-*")) == []


def test_on_a_database_of_ones_own_the_cases_stay_and_are_made_once(tmp_path, database):
    counts = []
    for _ in range(2):
        with stateward(tmp_path, "demo", "--port", "0", database_url=database.url) as service:
            counts.append(len(_as("ada", service, "/api/v1/cases?limit=200")["items"]))
    assert counts[0] == counts[1] > 0


def _as(name, service, path):
    """An answer to somebody whose token none of the lines has."""
    token = next(line for line in service.told.splitlines() if line.startswith(f"export {name.upper()}_TOKEN="))
    call = ["curl", "-sS", service.url + path, "-H", f"Authorization: Bearer {token.partition('=')[2]}"]
    return json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout)
