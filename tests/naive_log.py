"""What the database holds, read and recomputed without product code: entries, chains, commitments, folds."""

import hashlib
import json
from collections import defaultdict
from typing import Any

import asyncpg

from app.db.connections.sqlite_library import sqlite3
from tests.databases import Database

ENTRIES = (
    "SELECT tenant, entry_id, kind, case_id, case_seq, source, target, prev_hash, entry_hash, entry FROM audit_entry"
)
VALUES = "SELECT tenant, entry_id, path, salt, value FROM audit_payload"


class Log:
    """All entries and values of a database."""

    def __init__(self, entries: list[Any], values: list[Any]) -> None:
        self.values: dict[tuple[str, str], dict[str, tuple[bytes, Any]]] = defaultdict(dict)
        for row in values:
            value = json.loads(row["value"]) if isinstance(row["value"], str) else row["value"]
            self.values[row["tenant"], row["entry_id"]][row["path"]] = (row["salt"], value)
        self.entries = [dict(row) | {"said": json.loads(row["entry"])} for row in entries]
        self._chains: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for entry in self.chained():
            self._chains[entry["tenant"], entry["case_id"]].append(entry)

    def chain(self, tenant: str, case_id: str) -> list[dict[str, Any]]:
        return sorted(self._chains[tenant, case_id], key=lambda entry: entry["case_seq"])

    def chained(self) -> list[dict[str, Any]]:
        return [entry for entry in self.entries if entry["case_seq"] is not None]

    def denied(self) -> list[dict[str, Any]]:
        return [entry for entry in self.entries if entry["kind"] == "denied"]

    def check_hashes(self) -> None:
        for entry in self.entries:
            assert _sha256(b"\0", entry["entry"].encode()) == entry["entry_hash"], entry
            values = self.values[entry["tenant"], entry["entry_id"]]
            commitments = {
                path: _sha256(b"stateward-field/1\0", salt, _canonical([path, value]))
                for path, (salt, value) in values.items()
            }
            assert commitments == entry["said"].get("fields", {}), entry
        salts = [salt for values in self.values.values() for salt, _ in values.values()]
        assert len(set(salts)) == len(salts)
        assert {len(salt) for salt in salts} == {32}

    def check_chain(self, chain: list[dict[str, Any]]) -> None:
        """No gap in the numbers, every entry begins where the one before ended, and names its hash."""
        first = chain[0]["said"]
        start = [first["tenant"], first["case_id"], first["definition"]["hash"]]
        prev, source, at = _sha256(b"stateward-case/1\0", _canonical(start)), None, ""
        for number, entry in enumerate(chain, 1):
            said = entry["said"]
            assert [said["case_seq"], said["prev"], said["source"]] == [number, prev, source], (chain, number)
            told = [entry["case_seq"], entry["prev_hash"], entry["source"], entry["target"]]
            assert told == [number, said["prev"], source, said["target"]], entry
            assert said["at"] > at, (chain, number)
            prev, source, at = entry["entry_hash"], entry["target"], said["at"]

    def sent(self, entry: dict[str, Any]) -> dict[str, Any]:
        """The payload and the reason that came with an entry's attempt."""
        values = self.values[entry["tenant"], entry["entry_id"]]
        return {path: value for path, (_, value) in values.items() if path.startswith(("/payload/", "/reason"))}

    def fold(self, chain: list[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
        """The state and the data that the entries alone tell."""
        data: dict[str, Any] = {}
        for entry in chain:
            for path, (_, value) in self.values[entry["tenant"], entry["entry_id"]].items():
                if path.startswith("/data/"):
                    data[path.removeprefix("/data/").replace("~1", "/").replace("~0", "~")] = value
        return chain[-1]["target"], data


async def read_log(database: Database) -> Log:
    if database.kind == "sqlite":
        connection = sqlite3.connect(database.url.partition(":///")[2])
        connection.row_factory = sqlite3.Row
        try:
            return Log(connection.execute(ENTRIES).fetchall(), connection.execute(VALUES).fetchall())
        finally:
            connection.close()
    admin = await asyncpg.connect(database.admin_url.replace("+asyncpg", ""))
    try:
        return Log(await admin.fetch(ENTRIES), await admin.fetch(VALUES))
    finally:
        await admin.close()


def _sha256(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _canonical(value: Any) -> bytes:
    """RFC 8785 for what this test writes: texts, booleans, integers and lists of them."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
