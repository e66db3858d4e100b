"""What the guides tell a newcomer to type works as it is printed."""

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.main import main
from app.settings import load_settings
from tests.running import ROOT, environment, in_shells, stateward

SERVED = "http://127.0.0.1:8000"
SECRET = "not-the-secret-of-any-guide-5f1c9e7a"
GUIDES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
ARCHITECTURE = "docs/architecture.md"
PLACE = re.compile(r"(?<![\w/.-])(?:app|bench|docs|machines|migrations|policies|tests)/[\w./*-]*\w")
WORDS_OF_CODE = re.compile(r'"""(.*?)"""|#([^\n]*)', re.DOTALL)
MADE_BY_READERS = {
    "machines/calendars/office.yaml",
    "machines/calendars/service_desk.yaml",
    "machines/complaint.yaml",
    "machines/parts",
    "machines/parts/party.yaml",
    "policies/complaint.csv",
}
"""Files that a guide has its reader write."""


def blocks(guide, kind=""):
    """The code blocks of a guide that are of a kind."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", (ROOT / guide).read_text(), re.DOTALL | re.MULTILINE)
    return [text for of, text in found if of == kind]


def typed(folder, service, *lines):
    """What a newcomer sees who types these lines into one shell; each line of JSON that is printed, parsed."""
    in_shells(folder)
    (folder / "secret").write_text(SECRET)
    script = "\n".join(["set -e", f'PATH="{folder}:$PATH"', *lines]).replace(SERVED, service.url)
    script = script.replace("curl -s ", "curl -sS -w '\\n' ")
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    with stateward(tmp_path_factory.mktemp("serving"), "serve", "--port", "0", jwt_secret=SECRET) as service:
        yield service


def test_the_first_event_of_the_readme(tmp_path):
    with stateward(tmp_path, "demo", "--port", "0") as demo:
        exports = [line for line in demo.told.splitlines() if line.startswith("export ")]
        opened, possible, triaged = typed(
            tmp_path, demo, *exports, *(block for block in blocks("README.md") if "curl" in block)
        )
    assert opened["case"]["state"] == "submitted"
    assert [event["event"] for event in possible["events"]] == ["add_note"]
    assert triaged["case"]["state"] == "review.first_line"


def test_the_guide_to_firing_events_and_the_one_to_the_log(tmp_path, serving):
    guide = [block for block in blocks("docs/fire_events.md") if "stateward serve" not in block]
    log = blocks("docs/audit_log.md")
    opened, possible, fired, bulk, found, entries, denied, field = typed(tmp_path, serving, *guide, *log)
    assert opened["case"]["reference"] == "INC-7"
    assert "triage" in {event["event"] for event in possible["events"]}
    assert fired["case"]["state"] == "support.second_line"
    assert [result["status"] for result in bulk["results"]] == [200, 201]
    assert [case["reference"] for case in found["items"]] == ["INC-7"]
    assert len(entries["items"]) == 3
    assert denied["items"] == []
    assert [(one["value"], one["event"]) for one in field["items"]][-1] == (1, "triage")


def test_the_guide_to_callers(tmp_path):
    """It lists all API keys, and another guide makes one: a service of its own."""
    with stateward(tmp_path, "serve", "--port", "0", jwt_secret=SECRET) as service:
        opened, listed, revoked = typed(tmp_path, service, *blocks("docs/callers.md"))
    assert opened["case"]["state"] == "new"
    assert [key["subject"] for key in listed["items"]] == ["service:alarms"]
    assert revoked["revoked_by"] == "user:root"


def test_the_issuers_of_the_guide_are_taken(monkeypatch):
    (issuers,) = blocks("docs/callers.md", "json")
    monkeypatch.setenv("STATEWARD_OIDC_ISSUER", issuers)
    monkeypatch.setenv("STATEWARD_OIDC_AUDIENCE", "stateward")
    assert [issuer.audience for issuer in load_settings().issuers] == ["stateward", "api://stateward"]


def test_the_guide_to_replay(tmp_path, serving):
    (log,) = blocks("docs/replay_a_log.md", "json")
    (tmp_path / "claims.jsonl").write_text(log)
    typed(tmp_path, serving, f"export STATEWARD_JWT_SECRET={SECRET}", *blocks("docs/replay_a_log.md"))
    assert json.loads((tmp_path / "report.json").read_text())["accepted"] == 2
    assert (
        (tmp_path / "late.csv").read_text().splitlines()[1].startswith("EXP-1,decision,1,2026-03-02T08:00:00.000000Z,")
    )


def test_the_smallest_case_type_is_one(tmp_path, capsys, monkeypatch):
    (tmp_path / "machines").mkdir()
    (tmp_path / "policies").mkdir()
    monkeypatch.chdir(tmp_path)
    [smallest] = [block for block in blocks("docs/declare_a_case_type.md", "yaml") if "case_type:" in block]
    (tmp_path / "machines" / "request.yaml").write_text(smallest)
    assert main(["check", "machines", "policies"]) == 0
    assert "1 case types" in capsys.readouterr().out


def test_the_policy_of_the_guide_fits_the_expense_claim(tmp_path, capsys):
    (tmp_path / "expense_claim.csv").write_text(blocks("docs/write_a_policy.md")[0])
    assert main(["check", str(ROOT / "machines"), str(tmp_path)]) == 0
    assert " 0 errors" in capsys.readouterr().out


def test_the_problem_that_is_shown_is_the_one_that_is_answered(tmp_path, serving):
    (shown,) = (json.loads(block) for block in blocks("docs/errors.md", "json"))
    exported = f"export STATEWARD_JWT_SECRET={SECRET}"
    call = f"curl -s {SERVED}/api/v1"
    send = '-H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d'
    told = typed(
        tmp_path,
        serving,
        exported,
        "TOKEN=$(stateward token --tenant acme --user cleo --role cashier)",
        f"""{call}/cases {send} '{{"case_type": "expense_claim", "event": "submit",
            "data": {{"amount_cents": 1, "currency": "EUR"}}}}' > case.json""",
        """ID=$(python3 -c 'import json; print(json.load(open("case.json"))["case"]["id"])')""",
        "TOKEN=$(stateward token --tenant acme --user carl --role cashier)",
        f"""{call}/cases/$ID/events {send} '{{"event": "pay"}}'""",
    )
    answered = told[-1]
    assert {name: answered[name] for name in shown if name != "reasons"} == {
        name: value for name, value in shown.items() if name != "reasons"
    }
    for name, value in shown["reasons"][0].items():
        assert answered["reasons"][0][name] == value


PROMISE, WHY = "docs/promise_a_deadline.md", "docs/why_is_this_due.md"


@pytest.fixture
def promising(tmp_path):
    """A service with what the guide to deadlines declares."""
    calendar, case_type = blocks(PROMISE, "yaml")
    [policy] = blocks(PROMISE, "csv")
    machines, policies = tmp_path / "machines", tmp_path / "policies"
    (machines / "calendars").mkdir(parents=True)
    policies.mkdir()
    (machines / "calendars" / "office.yaml").write_text(calendar)
    (machines / "complaint.yaml").write_text(case_type)
    (policies / "complaint.csv").write_text(policy)
    folders = {"machines": str(machines), "policies": str(policies)}
    with stateward(tmp_path, "serve", "--port", "0", jwt_secret=SECRET, **folders) as service:
        yield service


def test_the_guides_to_deadlines_show_what_is_answered(tmp_path, promising):
    guides = [*blocks(PROMISE), *blocks("docs/escalation.md"), *blocks(WHY)]
    lines = [block.replace(" | python3 -m json.tool", "") for block in guides if "stateward serve" not in block]
    told = typed(tmp_path, promising, f"export STATEWARD_JWT_SECRET={SECRET}", *lines)
    christmas, easter, clocks, overdue, explained, paused, autumn, shorter = told
    shown = [json.loads(block) for block in (*blocks(PROMISE, "json"), *blocks(WHY, "json"))]
    assert [christmas, easter, autumn, shorter] == [shown[0], shown[1], shown[4], shown[5]]
    assert [list(item) for item in clocks["items"]] == [list(item) for item in shown[2]["items"]]
    assert overdue["items"] == []
    assert list(explained) == list(shown[3])
    assert "\n".join(json.dumps(segment) for segment in paused["segments"]) + "\n" in blocks(WHY, "text")
    assert paused["due_at"] in (ROOT / WHY).read_text()


def spoken(path: Path) -> str:
    """What a file says to people: a guide all of it, code its docstrings and comments."""
    text = path.read_text()
    return text if path.suffix == ".md" else "\n".join(a or b for a, b in WORDS_OF_CODE.findall(text))


def places_named() -> Iterator[tuple[str, str]]:
    folders = (".ci", "app", "bench", "migrations", "tests")
    for path in [*GUIDES, *(path for folder in folders for path in ROOT.glob(f"{folder}/**/*.py"))]:
        for place in PLACE.findall(spoken(path)):
            if not re.search(r"\b[A-Z]{2,}\b", place):  # a name that stands for many
                yield str(path.relative_to(ROOT)), place


def floors_kept(container: str) -> list[str]:
    """From above, as the contract of import-linter has them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [floors] = [contract["layers"] for contract in contracts if contract.get("containers") == [container]]
    return floors


def test_every_place_that_is_named_is_there():
    """Or a guide has its reader make it, or the contract of the layers keeps it free."""
    named = list(places_named())
    fine = MADE_BY_READERS | {f"app/{name}" for floor in floors_kept("app") for name in re.findall(r"\((\w+)\)", floor)}
    gone = [(path, place) for path, place in named if not any(ROOT.glob(place)) and place not in fine]
    assert gone == []
    assert len(named) > 100


def test_every_link_of_a_guide_leads_somewhere():
    links = [(path, link) for path in GUIDES for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text())]
    assert [(path.name, link) for path, link in links if not (path.parent / link).exists()] == []
    assert len(links) > 100


def test_the_walk_of_an_event_names_functions_that_are_in_its_files():
    rows = [line.split("|")[3:5] for line in (ROOT / ARCHITECTURE).read_text().splitlines() if line.count("|") == 5]
    stations = [(re.findall(r"`(app/[^`]+\.py)`", files), re.findall(r"`(\w+)`", names)) for files, names in rows]
    missing = [
        (files, name)
        for files, names in stations
        for name in names
        if files and not any(re.search(rf"\b{name}\b", (ROOT / file).read_text()) for file in files)
    ]
    assert missing == []
    assert len([files for files, names in stations if files and names]) > 10


@pytest.mark.parametrize("layer", ["domain", "services", "db", "http"])
def test_the_floors_that_are_told_are_those_that_are_kept(layer):
    """From below, and every room of the layer is on one."""
    page = (ROOT / ARCHITECTURE).read_text()
    [told] = re.findall(rf"^- \*\*{layer}\*\*: (.*)$", page, re.MULTILINE)
    floors = [set(re.findall(r"`(\w+)(?:\.py)?`", floor)) for floor in re.split(r"(?<=`)\. ", told)[0].split(" · ")]
    assert floors == [set(re.findall(r"\w+", floor)) for floor in reversed(floors_kept(f"app.{layer}"))]
    rooms = re.findall(rf"`({layer}/[^`]+)`", page)
    assert [room for room in rooms if not (ROOT / "app" / room).exists()] == []
    assert rooms
