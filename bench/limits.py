"""What a database takes with no application before it: the limits that ours is held against."""

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from app.db.connections.row_security import SETTING
from app.db.connections.sqlite_library import sqlite3
from bench.harness import Unusable
from bench.seeded import CASES
from bench.servers import ROOT, TENANT, Postgres

EVENT_SQL = ROOT / "bench" / "pgbench" / "event.sql"
SERVICE_ROLE = f"-c role=stateward_service -c {SETTING}={{{TENANT}}} -c jit=off"
MEASURED = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)


def pgbench(server: Postgres, database: str, clients: int, entry_length: int, seconds: float) -> float:
    """Events per second of PostgreSQL alone, written as the service role with every constraint in force."""
    printed = run_pgbench(server, database, clients, entry_length, CASES, "-T", str(max(1, round(seconds))))
    measured, failed = MEASURED.search(printed), FAILED.search(printed)
    if not measured or not failed or failed[1] != "0":
        raise Unusable(f"pgbench measured nothing: {printed}")
    return float(measured[1])


def run_pgbench(server: Postgres, database: str, clients: int, entry_length: int, cases: int, *lasting: str) -> str:
    words = ["-n", "-M", "prepared", "-c", str(clients), "-j", str(min(2, clients)), *lasting]
    words += ["-D", f"cases={cases}", "-D", f"entry_length={entry_length}", "-f", str(EVENT_SQL)]
    words += ["-h", str(server.socket_folder), "-U", server.login, database]
    done = subprocess.run(
        [server.programs / "pgbench", *words],
        env=os.environ | {"PGOPTIONS": SERVICE_ROLE},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unusable(f"pgbench ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def loop(file: Path, entry_length: int, warm_up: float, seconds: float) -> float:
    """Events per second of SQLite alone, in a process of its own, which warms its own cache up."""
    words = [sys.executable, "-m", "bench.sqlite_loop", str(file), *map(str, (entry_length, warm_up, seconds))]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unusable(f"the loop on SQLite ended with {done.returncode}: {done.stderr}")
    return float(done.stdout)


def column(file: Path, sql: str) -> list[str]:
    """The first column of what a SQLite file answers."""
    with closing(sqlite3.connect(file)) as connection:
        return [str(row[0]) for row in connection.execute(sql)]
