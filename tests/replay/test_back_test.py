"""The back-test: a log lives again at its own time, and its clocks say what they would have said."""

import argparse
import csv
import json
import tracemalloc
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.commands.arguments import replay as add_arguments
from app.commands.replay.back_test_log import LogByCase
from app.db import open_store
from app.domain.case.attempt import Attempt, Opens
from app.domain.values.rfc3339 import parse_rfc3339, rfc3339
from app.main import main
from app.services.assembly import Assembly
from app.services.desk.answer import case_json
from app.services.replay.back_test import BackTest, life_of
from app.services.replay.event_log import LoggedEvent, read
from tests.databases import Database
from tests.house import attempt, code, entries, rows, running, tried
from tests.ticking import AGENT, MONDAY, POLICY, Watch, declared_with, tick, ticking

SLAS = """
decision:
  start: {enters: new}
  pause: {in: waiting}
  stop: {enters: done}
  target: 8h
  calendar: office
  steps:
    - {at: 50%, notify: role:agent}
    - {at: 100%, fire: escalate}
    - {at: +1h, every: 1h, max: 3, urgency: 40}
first_answer:
  start: {enters: new}
  stop: {event: [take, drop]}
  target: 2h
  calendar: office
"""


def line(reference: str, event: str, at: datetime, **values: Any) -> dict[str, Any]:
    opening = {"data": {}} if event == "open" else {}
    told = {"reference": reference, "event": event, "actor": "user:ann", "roles": ["role:agent"], "at": rfc3339(at)}
    return {**told, **opening, **values}


def hours(count: float) -> datetime:
    return MONDAY + timedelta(hours=count)


END = hours(100)
LOG = [
    line("quick", "open", hours(0)),
    line("slow", "open", hours(0.5)),
    line("quick", "take", hours(1)),
    line("quick", "take", hours(1.5)),  # refused: it is taken
    line("on_the_dot", "open", hours(2)),
    line("quick", "finish", hours(3)),
    line("on_the_dot", "take", hours(4)),
    line("open", "open", hours(5)),
    line("slow", "take", hours(24)),
    line("slow", "wait", hours(25)),
    line("slow", "take", hours(49)),
    line("slow", "finish", hours(54)),
]


@pytest.fixture
def sqlite_file(tmp_path: Path, sqlite_template: Path) -> Database:
    return fresh(tmp_path / "scratch.db", sqlite_template)


def fresh(file: Path, template: Path) -> Database:
    file.write_bytes(template.read_bytes())
    return Database("sqlite", f"sqlite+aiosqlite:///{file}", f"sqlite+aiosqlite:///{file}")


async def judged(house: Assembly, log: list[dict[str, Any]]) -> BackTest:
    def attempt_of(event: Any) -> Any:
        told = {name: event.attempt.get(name) for name in ("case_type", "reference", "data", "payload")}
        return attempt(AGENT, event.event, opens=Opens.IF_ABSENT, **told)

    test = BackTest(house, END)
    by_case: defaultdict[str, list[LoggedEvent]] = defaultdict(list)
    for event in read("ticket", map(json.dumps, log)):
        by_case[event.reference].append(event)
    await test.run(life_of(events, attempt_of) for events in by_case.values())
    return test


def scratch(database: Database, folder: Path, slas: str = SLAS) -> Any:
    return running(open_store(database.url), declared_with(folder, slas))


async def test_every_clock_is_judged_by_the_time_of_the_log(sqlite_file: Database, tmp_path: Path) -> None:
    async with scratch(sqlite_file, tmp_path) as house:
        test = await judged(house, LOG)
        assert test.judged.to_json() == {
            "until": rfc3339(END),
            "clocks": {
                "decision": {
                    "started": 4,
                    "met": 1,
                    "met_late": 1,
                    "cancelled": 0,
                    "still_running": 2,
                    "breached": 3,
                },
                "first_answer": {
                    "started": 4,
                    "met": 2,
                    "met_late": 1,
                    "cancelled": 0,
                    "still_running": 1,
                    "breached": 2,
                },
            },
            "steps": [
                {"clock": "decision", "at": "50%", "fired": 3},
                {"clock": "decision", "at": "100%", "fired": 3},
                {"clock": "decision", "at": "+1h", "fired": 9},
                {"clock": "first_answer", "at": "100%", "fired": 2},
            ],
        }
        assert (test.report.accepted, test.report.refused) == (11, {"wrong_state": 1})
        assert not any([different async for _, different in house.clocks.differences()])


async def test_each_step_fires_at_its_exact_moment(sqlite_file: Database, tmp_path: Path) -> None:
    async with scratch(sqlite_file, tmp_path) as house:
        await judged(house, LOG)
        fired = [entry for entry in await entries(sqlite_file, "sla") if "step" in entry["sla"]]
        assert len(fired) == 17
        for entry in fired:
            assert (entry["sla"]["late_by_us"], entry["at"]) == (0, entry["sla"]["due_at"])
        events = [entry for entry in await entries(sqlite_file) if entry["kind"] in ("opened", "transition")]
        of_people = [entry["at"] for entry in events if entry["actor"]["reference"] != "system:sla"]
        assert sorted(of_people) == sorted(one["at"] for one in LOG if one["at"] != rfc3339(hours(1.5)))


async def test_what_happens_at_exactly_due_is_in_time(sqlite_file: Database, tmp_path: Path) -> None:
    async with scratch(sqlite_file, tmp_path) as house:
        test = await judged(house, LOG)
        late = {(breach["reference"], breach["clock"]) for breach in test.judged.breaches}
        assert ("on_the_dot", "first_answer") not in late
        assert ("on_the_dot", "decision") in late


async def test_it_says_the_same_as_a_scheduler_that_lived_through_it(
    sqlite_file: Database, tmp_path: Path, sqlite_template: Path
) -> None:
    async with scratch(sqlite_file, tmp_path) as house:
        test = await judged(house, LOG)
        seen = await _as_it_stands(house, sqlite_file)
        breaches = len(test.judged.breaches)
    lived = fresh(tmp_path / "lived.db", sqlite_template)
    watch = Watch(MONDAY - timedelta(days=1))
    async with ticking(lived, declared_with(tmp_path, SLAS), watch) as house:
        for one in sorted(LOG, key=lambda one: str(one["at"])):
            await _walk(house, watch, parse_rfc3339(str(one["at"])), inclusive=False)
            told = {"case_type": "ticket", "reference": one["reference"], "data": one.get("data")}
            answer = await tried(house, attempt(AGENT, str(one["event"]), opens=Opens.IF_ABSENT, **told))
            assert code(answer) == ("wrong_state" if one["at"] == rfc3339(hours(1.5)) else "applied")
        await _walk(house, watch, END, inclusive=True)
        assert await _as_it_stands(house, lived) == seen
        assert breaches == len([row for row in await rows(lived, "SELECT * FROM clock") if row["breached_at"]])


async def _walk(house: Assembly, watch: Watch, until: datetime, *, inclusive: bool) -> None:
    while (due := (await house.store.next_due())[0]) is not None and (due < until or (inclusive and due == until)):
        watch.now = due
        await tick(house)
    watch.now = until


async def _as_it_stands(house: Assembly, database: Database) -> dict[str, Any]:
    """Every case and its clocks, by reference and without what is another in each database."""
    found = {}
    for row in await rows(database, "SELECT id, reference FROM cases"):
        shown = await house.cases.show(AGENT, row["id"])
        case = case_json(shown.case, shown.clocks)
        found[row["reference"]] = {name: case[name] for name in case if name not in ("id", "definition")}
    return found


async def test_a_line_never_happens_before_the_one_above_it(sqlite_file: Database, tmp_path: Path) -> None:
    log = [line("a", "open", hours(0)), line("a", "take", hours(3)), line("a", "finish", hours(2))]
    async with scratch(sqlite_file, tmp_path) as house:
        test = await judged(house, log)
        assert test.report.final_states == {"done": 1}


# The command.


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The database of the settings cannot even be opened: nobody is to touch it."""
    declared_with(tmp_path, SLAS, POLICY)
    ticket = tmp_path / "machines" / "ticket.yaml"
    ticket.write_text(ticket.read_text().replace("data:\n", "data:\n  additionalProperties: false\n", 1))  # no warning
    for name, value in {
        "MACHINES": tmp_path / "machines",
        "POLICIES": tmp_path / "policies",
        "DATABASE_URL": "sqlite+aiosqlite:////no/such/folder/stateward.db",
    }.items():
        monkeypatch.setenv(f"STATEWARD_{name}", str(value))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def log_file(folder: Path, log: list[dict[str, Any]] = LOG) -> str:
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in log))
    return str(path)


def stateward(*words: str) -> int:
    return main(["replay", *words, "--clock", "log"])


def test_the_command_tells_what_was_late_and_leaves_nothing_behind(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, breaches, report = log_file(settings), settings / "late.csv", settings / "report.json"
    before = set(settings.iterdir())
    words = ("--case-type", "ticket", "--until", "2026-06-12", "--breaches", str(breaches), "--report", str(report))
    assert stateward(file, *words) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "clocks, with the log's own time, on 2026-06-13T00:00:00.000000Z" in out
    assert "wrong_state" in out
    with breaches.open(newline="") as stream:
        late = list(csv.DictReader(stream))
    assert [(one["reference"], one["clock"], one["status"]) for one in late] == [
        ("slow", "first_answer", "met_late"),
        ("open", "first_answer", "running"),
        ("slow", "decision", "met_late"),
        ("on_the_dot", "decision", "running"),
        ("open", "decision", "running"),
    ]
    assert late[0]["due_at"] == late[0]["breached_at"] == rfc3339(hours(2.5))
    assert json.loads(report.read_text())["clocks"]["decision"]["breached"] == 3
    assert set(settings.iterdir()) - before == {breaches, report}


def test_without_a_day_the_clocks_are_judged_at_the_last_event(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stateward(log_file(settings), "--case-type", "ticket") == 0
    assert f"on {rfc3339(hours(54))}" in capsys.readouterr().out


def test_a_case_type_without_clocks_is_told_and_is_no_error(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = settings / "machines" / "ticket.yaml"
    file.write_text(file.read_text().partition("slas:")[0])
    assert stateward(log_file(settings), "--case-type", "ticket") == 0
    out, _ = capsys.readouterr()
    assert "ticket declares no clocks, so there is nothing to judge" in out


@pytest.mark.parametrize(
    ("log", "words", "exit_code", "sentence"),
    [
        ([{**LOG[0], "at": None}], [], 1, "log.jsonl:1: needs `at`, a text"),
        ([{**LOG[0], "reference": "a\nb"}], [], 1, "log.jsonl:1: reference"),
        ([], [], 1, "log.jsonl holds no events"),
        (LOG, ["--until", "soon"], 2, "--until is a day such as 2026-12-31"),
        (LOG, ["--until", "2026-06-01"], 2, "--until lies before the last event of the log"),
        (LOG, ["--tenant", "No Name"], 2, "--tenant is a name in lower case"),
        (LOG, ["--case-type", "letter"], 2, "letter is not a case type; there are: ticket"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(
    settings: Path,
    capsys: pytest.CaptureFixture[str],
    log: list[dict[str, Any]],
    words: list[str],
    exit_code: int,
    sentence: str,
) -> None:
    assert stateward(log_file(settings, log), "--case-type", "ticket", *words) == exit_code
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert sentence in err


def test_the_help_says_that_the_database_is_a_scratch_one() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert "scratch database" in " ".join(parser.format_help().split())


async def test_lines_of_one_timestamp_happen_at_one_moment(sqlite_file: Database, tmp_path: Path) -> None:
    at_due = [line("x", "open", hours(0)), *(line("x", event, hours(2)) for event in ("hurry", "hurry", "take"))]
    async with scratch(sqlite_file, tmp_path) as house:
        test = await judged(house, at_due)
        assert test.report.accepted == 4
        assert test.judged.to_json()["clocks"]["first_answer"]["met"] == 1


async def test_what_a_clock_fires_after_the_last_line_is_in_the_final_states(
    sqlite_file: Database, tmp_path: Path
) -> None:
    dropping = "late: {start: {enters: new}, target: 2h, steps: [{at: 100%, fire: drop}]}\n"
    policy = POLICY + "p, role:system, *, ticket, drop, , allow\n"
    async with running(open_store(sqlite_file.url), declared_with(tmp_path, dropping, policy)) as house:
        test = await judged(house, [line("x", "open", hours(0))])
        assert test.report.to_json()["final_states"] == {"dropped": 1}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogByCase]:
    """With attempts as the command makes them of its lines."""

    def attempt_of(event: LoggedEvent) -> Attempt:
        told = {name: event.attempt.get(name) for name in ("case_type", "reference", "data", "payload")}
        return attempt(AGENT, event.event, opens=Opens.IF_ABSENT, **told)

    with closing(LogByCase("ticket", "log", attempt_of, tmp_path)) as opened:
        yield opened


def look_at(log: LogByCase, lines: list[dict[str, Any]]) -> None:
    for event in read("ticket", map(json.dumps, lines)):
        log.keep(event)


def test_a_log_comes_back_by_case_with_the_numbers_of_its_lines_and_the_times_that_count(log: LogByCase) -> None:
    lines = [
        line("a", "open", hours(2), data={"note": "ä\u2028\n"}),
        line("b", "open", hours(0)),
        line("a", "take", hours(1)),
        line("b", "take", hours(3)),
    ]
    look_at(log, lines)
    lived = [[(one.line.reference, one.line.number, one.line.place, one.at) for one in life] for life in log.lives()]
    assert lived == [
        [("a", 1, "log:1", hours(2)), ("a", 3, "log:3", hours(2))],
        [("b", 2, "log:2", hours(0)), ("b", 4, "log:4", hours(3))],
    ]
    assert next(log.lives())[0].line.attempt["data"] == {"note": "ä\u2028\n"}
    assert (log.lines, log.last) == (4, hours(3))


def test_what_a_log_holds_in_memory_grows_by_its_places_and_not_by_its_lines(log: LogByCase) -> None:
    lines = [line(f"case {n % 20}", "open", hours(n), data={"note": "x" * 900}) for n in range(2_000)]
    events = [json.dumps(one) for one in lines]
    tracemalloc.start()
    for event in read("ticket", events):
        log.keep(event)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2_000 * 24 + 20 * 1_000 + 50_000
    assert sum(len(life) for life in log.lives()) == 2_000


async def test_no_more_cases_are_read_than_live_together(
    sqlite_file: Database, tmp_path: Path, log: LogByCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.replay.back_test.EVENTS_AT_ONCE", 6)
    look_at(log, [line(f"case {n % 30}", "open", hours(n)) for n in range(90)])
    ahead: list[int] = []

    def watched(test: BackTest) -> Any:
        for read_so_far, life in enumerate(log.lives()):
            ahead.append(3 * read_so_far - test.report.events)
            yield life

    async with scratch(sqlite_file, tmp_path) as house:
        test = BackTest(house, hours(200))
        await test.run(watched(test))
    assert (test.report.events, max(ahead)) == (90, 3)


async def test_breaches_that_nobody_asked_for_are_counted_and_not_kept(sqlite_file: Database, tmp_path: Path) -> None:
    async with scratch(sqlite_file, tmp_path) as house:
        kept = await judged(house, LOG)
    told = replace(kept.judged, keeps_breaches=False, by_clock={}, breaches=[])
    assert kept.judged.breaches
    async with running(open_store(sqlite_file.url)) as house:
        told.clocks(await house.store.every_clock(None, 100))
    assert (told.to_json()["clocks"], told.breaches) == (kept.judged.to_json()["clocks"], [])
