"""Exports for tests: made of a house that has lived, taken apart and put together again as an attacker would."""

import asyncio
import json
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from app.db import open_store
from app.domain.case.attempt import Actor
from app.domain.case.sealing import canonical, entry_hash
from app.domain.log.notes import Checkpoint, SigningKey, signed
from app.domain.log.tree import Frontier
from app.exports.registry import WRITES
from app.policy.engine import PolicyEngine
from app.services.assembly import Assembly
from app.services.log.export_filter import ExportFilter
from app.services.log.exports import Asked, Exports
from app.services.store.ports import Store
from app.verify import verify
from tests.databases import sqlite_of
from tests.factories import TENANT
from tests.house import CLERK, MANAGER, SUPERVISOR, actor, fire, open_claim, open_incident, running

ORIGIN = f"stateward.test/{TENANT}"
KEY = SigningKey.new("stateward.test")
EVERYTHING = ExportFilter()


async def live(
    house: Assembly, cases: int, by: Sequence[Actor] = (CLERK, SUPERVISOR, MANAGER), tenant: str = TENANT
) -> None:
    """Claims and incidents, one after the other, some of them refused something; all of it in its place of the log."""
    alice = actor("alice", tenant=tenant)
    for number in range(cases):
        case_id = await (open_incident(house, alice) if number % 3 == 2 else open_claim(house, by=alice))
        for event, who in zip(("triage", "approve", "approve"), by, strict=True):
            await fire(house, case_id, event, who, reason=f"as of {number}")
    await house.ledger.sequence()


async def export(
    store: Store,
    out: Path,
    wanted: ExportFilter = EVERYTHING,
    kind: str = "zip",
    tenant: str = TENANT,
    asked: Asked | None = None,
) -> Path:
    asked = asked or Asked(tenant=tenant, wanted=wanted, format=kind, operator="operator:olga")
    extract = await Exports(store).begin(asked)
    with out.open("wb") as file:
        await WRITES[asked.format](extract, file, PolicyEngine())
    return out


def exported(template: Path, folder: Path, tenants: Sequence[str], cases: int) -> list[Path]:
    """The log of each of these tenants of one house, as a zip."""

    async def made() -> list[Path]:
        database = sqlite_of(Path(shutil.copy(template, folder / "house.db")))
        async with running(open_store(database.url)) as house:
            for tenant in tenants:
                by = [
                    actor(*who, tenant=tenant)
                    for who in (("carl", "clerk"), ("susan", "supervisor"), ("mona", "manager"))
                ]
                await live(house, cases, by, tenant)
            return [await export(house.store, folder / f"{tenant}.zip", tenant=tenant) for tenant in tenants]

    return asyncio.run(made())


@dataclass
class TakenApart:
    """What is in a zip; `entries` are the lines of entries.ndjson, `values` those of values.ndjson."""

    files: dict[str, bytes]
    entries: list[dict[str, Any]]
    values: list[dict[str, Any]]

    @classmethod
    def of(cls, path: Path) -> "TakenApart":
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        lines = {
            name: [json.loads(line) for line in files.pop(name).splitlines()]
            for name in ("entries.ndjson", "values.ndjson")
        }
        return cls(files, lines["entries.ndjson"], lines["values.ndjson"])

    def entry(self, at: int) -> dict[str, Any]:
        return dict(json.loads(self.entries[at]["entry"]))

    def say(self, at: int, entry: dict[str, Any]) -> None:
        self.entries[at]["entry"] = canonical(entry).decode()

    @property
    def manifest(self) -> dict[str, Any]:
        return dict(json.loads(self.files["manifest.json"]))

    def tell(self, **changed: Any) -> None:
        self.files["manifest.json"] = json.dumps(self.manifest | changed).encode()

    def hashes(self) -> list[bytes]:
        return [bytes.fromhex(entry_hash(line["entry"].encode())) for line in self.entries]

    def of_case(self, case_id: str) -> list[int]:
        return [at for at in range(len(self.entries)) if self.entry(at).get("case_id") == case_id]

    def sign(self, *sizes: int, key: SigningKey = KEY, says: SigningKey = KEY) -> "TakenApart":
        """Enclose checkpoints of what stands there now, and the keys that they are said to be signed by."""
        for size in sizes:
            self.files[f"checkpoints/{size}.txt"] = checkpoint(self.hashes()[:size], key).encode()
        self.files["keys.txt"] = f"{says.verifier}\n".encode()
        self.tell(origin=ORIGIN)
        return self

    def renumber(self) -> None:
        """Give lines the indexes of their places, and values those of their entries."""
        new = {line["leaf_index"]: at for at, line in enumerate(self.entries)}
        for at, line in enumerate(self.entries):
            line["leaf_index"] = at
        self.values = [
            line | {"leaf_index": new[line["leaf_index"]]} for line in self.values if line["leaf_index"] in new
        ]
        self.values.sort(key=lambda line: line["leaf_index"])

    def rechain(self, case_id: str) -> None:
        """Have each entry of a case name the hash of the one before, as it is now."""
        prev, seq = None, 0
        for at in self.of_case(case_id):
            entry = self.entry(at)
            if "case_seq" in entry:
                seq += 1
                entry |= {"case_seq": seq} | ({"prev": prev} if prev else {})
                self.say(at, entry)
                prev = entry_hash(self.entries[at]["entry"].encode())

    def hash_anew(self) -> None:
        """Tiles, counts and root of what stands there now: all that nobody signed."""
        self.renumber()
        for name in [name for name in self.files if name.startswith("tiles/")]:
            del self.files[name]
        hashes = self.hashes()
        for first in range(0, len(hashes), 256):
            tile = hashes[first : first + 256]
            self.files[verify.tile_name(first // 256, len(tile))] = b"".join(tile)
        kinds: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for at in range(len(self.entries)):
            entry = self.entry(at)
            of_type = kinds[entry.get("case_type", "-")]
            of_type[entry["kind"]] = of_type.get(entry["kind"], 0) + 1
        self.tell(
            tree_size=len(hashes),
            entries=len(hashes),
            root=root_of(hashes).hex(),
            totals=self.manifest["totals"] | {"entries": kinds},
            values={"enclosed": sum(len(line["values"]) for line in self.values)},
        )

    def write(self, path: Path) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("entries.ndjson", lines_of(self.entries))
            archive.writestr("values.ndjson", lines_of(self.values))
            for name, content in self.files.items():
                archive.writestr(name, content)
        return path


def lines_of(lines: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def root_of(hashes: Iterable[bytes]) -> bytes:
    tree = Frontier()
    for leaf in hashes:
        tree.append(leaf)
    return tree.root()


def checkpoint(hashes: Sequence[bytes], key: SigningKey = KEY) -> str:
    return signed(Checkpoint(ORIGIN, len(hashes), root_of(hashes)).text(), [key])


def verdict_of(
    path: Path, *, key: SigningKey | None = KEY, outside: Sequence[tuple[str, str]] = (), receipts: Sequence[str] = ()
) -> verify.Verdict:
    keys = [verify.Key.parse(str(key.verifier))] if key else None
    kept = [(name, text.splitlines(keepends=True)) for name, text in outside]
    return verify.Verification(verify.Archive(str(path)), keys, kept, list(receipts)).run()


def places(random: Random, count: int, of: Sequence[int]) -> list[int]:
    return [random.choice(of) for _ in range(count)]
