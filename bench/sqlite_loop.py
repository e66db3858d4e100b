"""A bare loop that writes the rows of an event into SQLite, one transaction each: the limit of a service on it.

python -m bench.sqlite_loop FILE ENTRY_LENGTH WARM_UP SECONDS      prints events per second
"""

import hashlib
import random
import secrets
import sys
import time
from collections.abc import Sequence

import uuid_utils

from app.db.connections.sqlite_library import HAS_WAL, sqlite3

# The same as the connections of the service; a test compares them.
PRAGMAS = {
    "foreign_keys": "ON",
    "synchronous": "FULL",
    "cache_size": "-65536",
    "recursive_triggers": "ON",
    "journal_mode": "WAL" if HAS_WAL else "DELETE",
}
FIND = "SELECT state, seq, last_hash FROM cases WHERE tenant = 'acme' AND id = ?"
MOVE = """UPDATE cases SET state = ?, version = version + 1, seq = ?, changed_at = ?, recorded_at = ?, last_hash = ?
    WHERE tenant = 'acme' AND id = ?"""
ENTRY = """INSERT INTO audit_entry
    (tenant, entry_id, kind, at, case_id, case_seq, source, target, prev_hash, entry_hash, entry)
    VALUES ('acme', ?, 'transition', ?, ?, ?, ?, ?, ?, ?, ?)"""
PAYLOAD = "INSERT INTO audit_payload (tenant, entry_id, path, salt, value) VALUES ('acme', ?, '/payload/note', ?, ?)"
PENDING = "INSERT INTO audit_pending (tenant, entry_id) VALUES ('acme', ?)"


def main(file: str, entry_length: str, warm_up: str, seconds: str) -> None:
    connection = opened(file)
    cases = [row[0] for row in connection.execute("SELECT id FROM cases")]
    events_per_second(connection, cases, int(entry_length), float(warm_up))
    print(events_per_second(connection, cases, int(entry_length), float(seconds)))


def events_per_second(connection: sqlite3.Connection, cases: Sequence[str], entry_length: int, seconds: float) -> float:
    began, events = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        write_event(connection, random.choice(cases), entry_length)
        events += 1
    return events / (time.perf_counter() - began)


def opened(file: str) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None)
    for name, value in PRAGMAS.items():
        connection.execute(f"PRAGMA {name} = {value}")
    return connection


def write_event(connection: sqlite3.Connection, case: str, entry_length: int) -> None:
    entry_id, at = str(uuid_utils.uuid7()), time.time_ns() // 1000
    entry = entry_id.ljust(entry_length, "x")
    entry_hash = hashlib.sha256(b"\0" + entry.encode()).hexdigest()
    connection.execute("BEGIN IMMEDIATE")
    source, seq, prev = connection.execute(FIND, (case,)).fetchone()
    target = "two" if source == "one" else "one"
    connection.execute(ENTRY, (entry_id, at, case, seq + 1, source, target, prev, entry_hash, entry))
    connection.execute(PAYLOAD, (entry_id, secrets.token_bytes(32), '"hello there"'))
    connection.execute(PENDING, (entry_id,))
    connection.execute(MOVE, (target, seq + 1, at, at, entry_hash, case))
    connection.execute("COMMIT")


if __name__ == "__main__":
    main(*sys.argv[1:])
