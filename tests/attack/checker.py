"""Hold what clients were told against what the database keeps. Nothing of the service is imported here.

An attempt that was answered 2xx has one entry; one that was refused has none in a chain; one whose answer nobody saw
has none or one. Chains have no gap, every entry begins where the one before ended and names its hash, every edge is in
the YAML as another parser reads it, and a case is what the fold of its entries says.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.attack.edges import Machine
from tests.attack.kept import Kept, Row, json_of
from tests.attack.told import Told

CLOCK_ENTRIES = {"sla", "sla.corrected"}


def faults(kept: Kept, told: Told, machines: Mapping[str, Machine]) -> list[str]:
    return [*told.faults, *_answers(kept, told), *inconsistencies(kept, machines)]


def inconsistencies(kept: Kept, machines: Mapping[str, Machine]) -> list[str]:
    """What is wrong with what is kept by itself, whatever clients were told."""
    chains = (fault for chain in kept.chains().values() for fault in _chain(chain, machines))
    return [*_hashes(kept), *chains, *_cases(kept), *_order(kept)]


def _answers(kept: Kept, told: Told) -> Iterator[str]:
    """Clients give their key as the reason of an attempt, so that an entry tells which attempt it is of."""
    chained = {entry["entry_id"]: entry for entry in kept.entries if entry["case_seq"] is not None}
    reasons = {
        (row["tenant"], row["entry_id"]): json_of(row["value"]) for row in kept.values if row["path"] == "/reason"
    }
    by_request = Counter(
        (entry["tenant"], entry["case_id"], reasons.get((entry["tenant"], entry["entry_id"])))
        for entry in chained.values()
    )
    for one in told.tries:
        count = by_request[one.tenant, one.case_id, one.key]
        if one.outcome == "ok" and (one.entry_id not in chained or count != 1):
            yield f"{one.event} on {one.case_id} was answered 2xx and has {count} entries"
        if one.outcome == "refused" and count:
            yield f"{one.event} on {one.case_id} was refused and has {count} entries"
        if one.outcome == "unknown" and count > 1:
            yield f"{one.event} on {one.case_id} has {count} entries"
    known = {(one.tenant, one.case_id, one.key) for one in told.tries}
    for request in by_request:
        if request[2] is not None and request not in known:
            yield f"case {request[1]} has an entry that nobody asked for"


def _hashes(kept: Kept) -> Iterator[str]:
    for entry in kept.entries:
        if _sha256(b"\0", entry["entry"].encode()) != entry["entry_hash"]:
            yield f"entry {entry['entry_id']} has another hash"


def _chain(chain: Sequence[Row], machines: Mapping[str, Machine]) -> Iterator[str]:
    said = json.loads(chain[0]["entry"])
    start = json.dumps([said["tenant"], said["case_id"], said["definition"]["hash"]], separators=(",", ":"))
    prev, source = _sha256(b"stateward-case/1\0", start.encode()), None
    machine = machines[said["case_type"]]
    for number, entry in enumerate(chain, 1):
        where = f"entry {number} of case {entry['case_id']}"
        if (entry["case_seq"], entry["prev_hash"], entry["source"]) != (number, prev, source):
            yield f"{where} does not follow on the one before"
        said = json.loads(entry["entry"])
        if [said[name] for name in ("case_seq", "prev", "source", "target")] != [number, prev, source, entry["target"]]:
            yield f"{where} says something else than its row"
        if entry["kind"] == "transition" and not machine.allows(source, said["event"], entry["target"]):
            yield f"{where} goes from {source} to {entry['target']} by {said['event']}, which no transition does"
        if entry["kind"] in CLOCK_ENTRIES and source != entry["target"] and "event" not in said:
            yield f"{where} moved the case without an event"
        prev, source = entry["entry_hash"], entry["target"]


def _cases(kept: Kept) -> Iterator[str]:
    chains = kept.chains()
    values: dict[tuple[str, str], dict[str, Any]] = {}
    for row in kept.values:
        values.setdefault((row["tenant"], row["entry_id"]), {})[row["path"]] = json_of(row["value"])
    for case in kept.cases:
        chain = chains.pop((case["tenant"], case["id"]), [])
        if not chain:
            yield f"case {case['id']} has no log"
            continue
        last = chain[-1]
        if (case["seq"], case["state"], case["last_hash"]) != (last["case_seq"], last["target"], last["entry_hash"]):
            yield f"case {case['id']} does not end as its log does"
        data: dict[str, Any] = {}
        for entry in chain:
            for path, value in values.get((entry["tenant"], entry["entry_id"]), {}).items():
                if path.startswith("/data/"):
                    data[path.removeprefix("/data/").replace("~1", "/").replace("~0", "~")] = value
        if data != json_of(case["data"]):
            yield f"case {case['id']} has other data than its log says"
    yield from (f"the log tells of a case {case_id} that is not there" for _, case_id in chains)


def _order(kept: Kept) -> Iterator[str]:
    """Every entry has one place in its tenant's log or waits for one; there is no gap, and cases keep their order."""
    placed = {(leaf["tenant"], leaf["entry_id"]) for leaf in kept.leaves}
    waiting = {(row["tenant"], row["entry_id"]) for row in kept.waiting}
    entries = {(entry["tenant"], entry["entry_id"]): entry for entry in kept.entries}
    if len(placed) != len(kept.leaves) or placed & waiting or placed | waiting != entries.keys():
        yield "some entries have no place in the log, or more than one"
    index: Counter[str] = Counter()
    last: Counter[tuple[str, str]] = Counter()
    for leaf in kept.leaves:
        if leaf["leaf_index"] != index[leaf["tenant"]]:
            yield f"the log of {leaf['tenant']} has a gap before {leaf['leaf_index']}"
        index[leaf["tenant"]] = leaf["leaf_index"] + 1
        entry = entries.get((leaf["tenant"], leaf["entry_id"]), {})
        if entry.get("case_seq") is not None:
            key = (entry["tenant"], entry["case_id"])
            if entry["case_seq"] != last[key] + 1:
                yield f"entry {entry['case_seq']} of case {entry['case_id']} stands before an older one in the log"
            last[key] = entry["case_seq"]


def _sha256(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()
