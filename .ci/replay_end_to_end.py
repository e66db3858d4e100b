"""Replay a real log over HTTP on both databases and hold the answers against what a strict machine must say.

    .ci/replay [--data FOLDER] [--every]      FOLDER: the real inputs (default: ../shared/data beside this tree)

With --every each database has one worker and then two; else SQLite has one and PostgreSQL two.

Prints `ok` or `FAILED` for every statement; exit code 1 where one failed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from convert_hmcts import Source
from convert_hmcts import convert as convert_hmcts
from convert_published import DATA, ident
from convert_published import convert as convert_published
from redmine_matrix import check_matrix
from running import Database, Service, postgresql, serving, sqlite_database
from strict_machine import StrictMachine, expect, swap_in_policy

LOG = "bpic2020_domestic_declarations"
SWAPPED = ("declaration_approved_by_pre_approver", "declaration_approved_by_budget_owner")
HOW_MANY_ENTRIES = "SELECT count(*) FROM audit_entry"


class Checks:
    """Says each statement once, with what was seen where it does not hold."""

    def __init__(self) -> None:
        self.failed = 0

    def equal(self, what: str, seen: object, expected: object) -> None:
        if seen == expected:
            print(f"ok     {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED {what}\n       expected {expected}\n       saw      {seen}", flush=True)


def main(data: Path, every: bool) -> int:
    if not (data / f"{LOG}.machine.json").is_file():
        print(f"the real inputs are not at {data}; give their folder with --data", file=sys.stderr)
        return 2
    checks, began = Checks(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="stateward-replay-") as name:
        folder = Path(name)
        checks_definitions(checks, data, folder / "published")
        inputs = converted(data, folder / "log")
        with ThreadPoolExecutor(1) as beside:  # one replay has work for little more than one core
            on_sqlite = beside.submit(replay_on_sqlite, checks, data, folder, inputs, (1, 2) if every else (1,))
            replay_with_swapped_roles(checks, data, folder)
            replay_on_postgresql(checks, data, folder, inputs, (1, 2) if every else (2,))
            on_sqlite.result()
    print(f"{'FAILED' if checks.failed else 'ok    '} all of it took {time.monotonic() - began:.0f} s")
    return 1 if checks.failed else 0


def converted(data: Path, folder: Path) -> Path:
    """The case type, the policy and the event file of the real log, and Redmine's tracker beside them."""
    folder.mkdir()
    subprocess.run([sys.executable, str(data / "convert.py"), LOG, str(folder)], check=True)
    convert_published("redmine_default", folder, data)
    return folder


def checks_definitions(checks: Checks, data: Path, folder: Path) -> None:
    for name in ("redmine_default", "jira_classic_default", "fhir_task"):
        convert_published(name, folder, data)
    convert_hmcts(folder, Source(data / "hmcts-et", "ET_EnglandWales", "nonprod"))
    service = Service(sqlite_database(folder, "none"), folder)
    done = service.run("check", str(folder / "machines"), str(folder / "policies"), succeeds=False)
    said = "" if done.returncode == 0 else done.stdout + done.stderr
    checks.equal("stateward check accepts Redmine, Jira, FHIR Task and the employment tribunals", said, "")


def replay_on_sqlite(checks: Checks, data: Path, folder: Path, inputs: Path, counts: tuple[int, ...]) -> None:
    for workers in counts:
        database = sqlite_database(folder, f"workers{workers}")
        with serving(database, inputs, workers) as service:
            token = service.token("importer", "admin")
            replay_and_check(checks, data, service, token, workers)
            if workers == 1:
                again_and_check(checks, data, service, token)
                check_matrix(checks.equal, data, service, token)


def replay_on_postgresql(checks: Checks, data: Path, folder: Path, inputs: Path, counts: tuple[int, ...]) -> None:
    with postgresql(folder) as database:
        for workers in counts:
            with serving(database(f"workers{workers}"), inputs, workers) as service:
                replay_and_check(checks, data, service, service.token("importer", "admin"), workers)


def replay_and_check(checks: Checks, data: Path, service: Service, token: str, workers: int) -> None:
    expected = json.loads((data / f"{LOG}.expected.json").read_text())
    report = replayed(service, token)
    where = f"{service.database.name}, {workers} worker{'s'[: workers - 1]}"
    print(f"       {where}: {report['seconds']:.1f} s, {report['events_per_second']:,.0f} events per second")
    checks.equal(f"{where}: {expected['accepted']:,} accepted", report["accepted"], expected["accepted"])
    checks.equal(f"{where}: 13 refused, all wrong_state", report["refused"], {"wrong_state": expected["refused"]})
    states = {ident(state): count for state, count in expected["final_states"]}
    checks.equal(f"{where}: the final states", report["final_states"], states)
    stored = {state: stored_in(service.database, state) for state in states}
    checks.equal(f"{where}: the same states in the database", stored, states)
    entries = int(service.database.query(HOW_MANY_ENTRIES + " WHERE case_seq IS NOT NULL"))
    checks.equal(f"{where}: one entry per accepted event", entries, expected["accepted"])


def stored_in(database: Database, state: str) -> int:
    return int(database.query(f"SELECT count(*) FROM cases WHERE case_type = '{LOG}' AND state = '{state}'"))  # noqa: S608  (names of ours)


def again_and_check(checks: Checks, data: Path, service: Service, token: str) -> None:
    entries, first = service.database.query(HOW_MANY_ENTRIES), last_report(service)
    report = replayed(service, token)
    for part in ("accepted", "refused", "by_event", "final_states"):
        checks.equal(f"again with the same keys: the same {part.replace('_', ' ')}", report[part], first[part])
    checks.equal("again with the same keys: not one more entry", service.database.query(HOW_MANY_ENTRIES), entries)


def replay_with_swapped_roles(checks: Checks, data: Path, folder: Path) -> None:
    inputs = converted(data, folder / "swapped")
    swap_in_policy(inputs / "policies" / f"{LOG}.csv", SWAPPED)
    machine = json.loads((data / f"{LOG}.machine.json").read_text())
    expected = expect(StrictMachine(machine, SWAPPED), data / f"{LOG}.events.jsonl.gz")
    with serving(sqlite_database(folder, "swapped"), inputs, 1) as service:
        report = replayed(service, service.token("importer", "admin"))
    denied = {event: n["refused"]["denied"] for event, n in report["by_event"].items() if "denied" in n["refused"]}
    checks.equal("swapped roles: exactly their events are denied", denied, expected.refused_events["denied"])
    checks.equal("swapped roles: the other refusals", report["refused"], dict(expected.refused))
    checks.equal("swapped roles: accepted", report["accepted"], expected.accepted)
    checks.equal("swapped roles: the final states", report["final_states"], expected.final_states)


def replayed(service: Service, token: str) -> dict:
    log = service.folder / f"{LOG}.jsonl"
    words = ["--case-type", LOG, "--url", service.url, "--token", token, "--report", str(report_of(service))]
    service.run("replay", str(log), *words)
    return last_report(service)


def report_of(service: Service) -> Path:
    """Replays on other databases may share the folder."""
    return service.folder / f"report-{service.database.name}.json"


def last_report(service: Service) -> dict:
    return json.loads(report_of(service).read_text())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--every", action="store_true")
    given = parser.parse_args()
    sys.exit(main(given.data.resolve(), given.every))
