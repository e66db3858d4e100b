"""Count what schedulers did, by SQL alone: nothing of the service is imported here."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

_FIRED = "SELECT case_id, clock, cycle, step, n, entry_id FROM sla_firing"
_ENTRIES = "SELECT entry_id, kind, case_id, case_seq, prev_hash, entry_hash, entry FROM audit_entry ORDER BY case_seq"
_CASES = "SELECT id, seq, last_hash, data FROM cases"


@dataclass(frozen=True)
class Counted:
    """`faults` are sentences; `late_us` how late each firing was, in microseconds, ascending."""

    firings: int
    entries: int
    cases: int
    late_us: Sequence[int]
    faults: Sequence[str]

    def late_at(self, percent: int) -> float:
        """How late the given share of firings was at most, in seconds."""
        return self.late_us[(len(self.late_us) - 1) * percent // 100] / 1e6 if self.late_us else 0.0

    def __str__(self) -> str:
        late = ", ".join(f"p{percent} {self.late_at(percent):.3f} s" for percent in (50, 99, 100))
        counts = f"{self.firings} firings, {self.entries} entries of kind sla, {self.cases} cases"
        return f"{counts}; late by {late}; {len(self.faults)} faults"


async def count(connection: "asyncpg.Connection") -> Counted:
    """Every case has one clock with one step, whose event adds one to `data.times`."""
    fired = [dict(row) for row in await connection.fetch(_FIRED)]
    entries = [dict(row) for row in await connection.fetch(_ENTRIES)]
    cases = [dict(row) for row in await connection.fetch(_CASES)]
    told = {row["entry_id"]: json.loads(row["entry"]) for row in entries if row["kind"] == "sla"}
    faults = [*_twice(fired, told), *_without(fired, told, cases), *_broken(entries, cases), *_effects(cases)]
    late = sorted(entry["sla"]["late_by_us"] for entry in told.values())
    return Counted(len(fired), len(told), len(cases), late, faults)


async def how_many(connection: "asyncpg.Connection") -> int:
    return int(await connection.fetchval("SELECT count(*) FROM sla_firing"))


def _twice(fired: Sequence[dict[str, Any]], told: dict[str, Any]) -> list[str]:
    keys = Counter((entry["case_id"], *_key(entry["sla"])) for entry in told.values())
    keys_fired = Counter((row["case_id"], *_key(row)) for row in fired)
    return [f"{key} {count} times" for found in (keys, keys_fired) for key, count in found.items() if count > 1]


def _without(fired: Sequence[dict[str, Any]], told: dict[str, Any], cases: Sequence[dict[str, Any]]) -> list[str]:
    written, owed = {row["entry_id"] for row in fired}, {case["id"] for case in cases}
    faults = [f"the firing {entry_id} has no entry" for entry_id in written - told.keys()]
    faults += [f"the entry {entry_id} has no firing" for entry_id in told.keys() - written]
    return [*faults, *(f"case {case_id} never fired" for case_id in owed - {row["case_id"] for row in fired})]


def _broken(entries: Sequence[dict[str, Any]], cases: Sequence[dict[str, Any]]) -> list[str]:
    """Chains with a gap, a wrong link or another end than their case says."""
    last: dict[str, tuple[int, str]] = {}
    faults = []
    for row in (row for row in entries if row["case_seq"] is not None):
        seq, digest = last.get(row["case_id"], (0, row["prev_hash"]))
        if (row["case_seq"], row["prev_hash"]) != (seq + 1, digest):
            faults.append(f"entry {row['case_seq']} of case {row['case_id']} does not follow on {seq}")
        if hashlib.sha256(b"\0" + row["entry"].encode()).hexdigest() != row["entry_hash"]:
            faults.append(f"entry {row['case_seq']} of case {row['case_id']} has another hash")
        last[row["case_id"]] = (row["case_seq"], row["entry_hash"])
    ends = {case["id"]: (case["seq"], case["last_hash"]) for case in cases}
    return faults + [
        f"case {case_id} does not end as its log does" for case_id in ends if ends[case_id] != last[case_id]
    ]


def _effects(cases: Sequence[dict[str, Any]]) -> list[str]:
    times = {case["id"]: json.loads(case["data"])["times"] for case in cases}
    return [f"the event of case {case_id} applied {count} times" for case_id, count in times.items() if count != 1]


def _key(told: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(told[name] for name in ("clock", "cycle", "step", "n"))
