"""Read a tenant's log out, as a file takes it: that somebody does so is an entry, and memory stays as it is."""

from array import array
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from app.domain.values.json import Json, JsonObject
from app.domain.values.names import SERVICE_TENANT
from app.domain.values.rfc3339 import rfc3339
from app.services.entries.actors import operator_json
from app.services.entries.writing import entry_of, write
from app.services.log.asked import Asked as Asked
from app.services.log.control_totals import ControlTotals
from app.services.log.enclosed_files import Files
from app.services.log.leaf_hashes import LeafHashes, keep_hashes
from app.services.log.portions import by_leaf, portions
from app.services.log.sampling import Draw, Drawn, Population
from app.services.log.witnessing import with_witnesses
from app.services.policy.past import PolicyInMemory, policies_behind
from app.services.store.exports import ExportedValue, ExportStore, LogPages
from app.services.store.log_tree import StoredCheckpoint
from app.services.store.stored import StoredDefinition

PAGE = 1_000
"""Entries read at a time, or less where they are large."""
HASHES = 5_000
"""The same of hashes alone."""
MOST_CHECKPOINTS = 64
"""Enclosed: between two of them is where something is looked for whose hashes were all made anew."""
PROVE_THEMSELVES = ("zip",)
"""Formats: beside each other file stands what it is, signed."""
FEW_CASES = 500
"""Of so many the entries are looked up; for more the whole log is read."""
READ: Final[Callable[[str | bytes], JsonObject]] = msgspec.json.Decoder().decode
"""Most of what an export took was reading JSON; this one reads it several times sooner."""
Progress = Callable[[int, int], None]


class ExportedEntry(NamedTuple):
    """An entry that is asked for: its exact text, and that read as JSON. A tuple, for there are millions of them."""

    leaf_index: int
    text: str
    entry_hash: str
    entry: JsonObject


class ExportedRow(NamedTuple):
    """An entry with its values by path, and all of it as the line of JSON that the store put together."""

    line: str
    leaf_index: int
    entry_hash: str
    entry: JsonObject
    values: JsonObject


class Extract:
    """What an export holds. `entries` goes first, once; afterwards the rest is known."""

    def __init__(self, store: LogPages, asked: Asked, size: int, at: datetime, progress: Progress) -> None:
        self.asked = asked
        self.size = size
        self.at = at
        self.totals = ControlTotals(asked.wanted)
        self.kept = array("Q")
        self.fields = 0
        self.checkpoints: Sequence[StoredCheckpoint] = ()
        self.sample: Drawn | None = None
        self.files: Files | None = None
        self.only: Callable[[JsonObject], bool] = lambda entry: True
        self._store = store
        self._progress = progress
        self._definitions: dict[str, None] = {}
        self._policies: defaultdict[str, set[str]] = defaultdict(set)

    def again(self) -> "Extract":
        """The same entries, for who has to know all of them before writing the first."""
        return Extract(self._store, self.asked, self.size, self.at, self._progress)

    async def of_service(self) -> "Extract":
        """The same of the log of the service itself, to its end: there stands what binds every tenant."""
        size = await self._store.log_size(SERVICE_TENANT)
        return Extract(self._store, replace(self.asked, tenant=SERVICE_TENANT), size, self.at, self._progress)

    async def keep_to_sample(self, draw: Draw) -> None:
        """Of the cases that have an entry that is asked for. Raises NoCases."""
        population = Population(draw)
        async for entry in self.again().entries():
            if "case_id" in entry.entry:
                population.add(entry.entry["case_id"])
        self.sample = population.drawn()
        if not self.sample.cases:
            raise NoCases
        self.asked = replace(self.asked, wanted=replace(self.asked.wanted, cases=self.sample.cases))
        self.totals = ControlTotals(self.asked.wanted)

    async def entries(self, hashes: LeafHashes | None = None) -> AsyncIterator[ExportedEntry]:
        """Those that are asked for, in the order of the log; `hashes` takes those of all leaves."""
        if hashes is not None and self._of_few_cases:
            await self._hash_all(hashes)
            hashes = None
        first = 0
        while first < self.size:
            cases = self._few_cases(hashes)
            leaves = await self._store.exported_leaves(self.asked.tenant, first, self.size, PAGE, cases)
            until = leaves[-1].leaf_index + 1 if leaves else self.size
            read = [(leaf, READ(leaf.entry)) for leaf in leaves]
            await self._learn(entry for _, entry in read)
            if hashes is not None:
                keep_hashes(hashes, leaves, until)
            for leaf, entry in read:
                if self._takes(leaf.leaf_index, entry):
                    yield ExportedEntry(leaf.leaf_index, leaf.entry, leaf.entry_hash, entry)
            self._progress(until, self.size)
            first = until

    async def rows(self) -> AsyncIterator[Sequence[ExportedRow]]:
        """The same with their values, page by page."""
        first = 0
        while first < self.size:
            lines = await self._store.exported_lines(self.asked.tenant, first, self.size, PAGE, self._few_cases())
            read = [ExportedRow(line, **READ(line)) for line in lines]
            first = read[-1].leaf_index + 1 if read else self.size
            await self._learn(row.entry for row in read)
            yield [row for row in read if self._takes(row.leaf_index, row.entry)]
            self._progress(first, self.size)

    def _few_cases(self, hashes: LeafHashes | None = None) -> Sequence[str]:
        """Those whose entries are looked up, where not the whole log is read."""
        return sorted(self.asked.wanted.cases) if hashes is None and self._of_few_cases else ()

    @property
    def _of_few_cases(self) -> bool:
        return 0 < len(self.asked.wanted.cases) <= FEW_CASES

    async def _hash_all(self, hashes: LeafHashes) -> None:
        """Of all leaves, without what they say."""
        for first in range(0, self.size, HASHES):
            until = min(first + HASHES, self.size)
            keep_hashes(hashes, await self._store.exported_hashes(self.asked.tenant, first, until), until)

    async def values(self) -> AsyncIterator[Sequence[ExportedValue]]:
        """Behind the commitments of these entries, those of one entry together."""
        for first in range(0, len(self.kept), PAGE):
            sizes = await self._store.exported_sizes(self.asked.tenant, self.kept[first : first + PAGE].tolist())
            for portion in portions(sizes):
                for of_one in by_leaf(await self._store.exported_values(self.asked.tenant, portion)):
                    yield of_one

    async def definitions(self) -> Sequence[StoredDefinition]:
        """By which these entries were decided."""
        hashes = list(self._definitions)
        return await self._store.definitions(hashes) if hashes else []

    async def policies(self, policy: PolicyInMemory) -> tuple[Mapping[str, Json], Sequence[str]]:
        """By which these entries were decided, by hash, as far as that can be had; and the hashes of the others."""
        found = await policies_behind(self._store, policy, self.asked.tenant, self._policies)
        return found, sorted({digest for hashes in self._policies.values() for digest in hashes} - found.keys())

    def _takes(self, leaf_index: int, entry: JsonObject) -> bool:
        taken = self.asked.wanted.keeps(entry) and self.only(entry)
        self.totals.count(entry, taken)
        if taken:
            self.kept.append(leaf_index)
            self.fields += len(entry["fields"])
            if "definition" in entry:
                self._definitions[entry["definition"]["hash"]] = None
            if "policy" in entry and "case_type" in entry:
                self._policies[entry["case_type"]].add(entry["policy"]["hash"])
        return taken

    async def _learn(self, entries: Iterator[JsonObject]) -> None:
        hashes = {entry["definition"]["hash"] for entry in entries if "definition" in entry}
        new = sorted(digest for digest in hashes if not self.totals.knows(digest))
        for stored in await self._store.definitions(new) if new else []:
            self.totals.learn(stored.hash, stored.text)


class EmptyLog(Exception):
    """There is nothing to export: more likely a slip in the name of the tenant than anything else."""


class NoCases(Exception):
    """No case has an entry that is asked for."""


class Exports:
    def __init__(self, store: ExportStore) -> None:
        self._store = store

    async def begin(self, asked: Asked, progress: Progress = lambda done, of: None) -> Extract:
        """Record that it is asked for, and only then give it: who has it is known, whatever becomes of the file.

        It ends with the newest checkpoint, where there is one. Raises EmptyLog and NoCases.
        """
        size, at = await self.record(asked)
        return await self.extract(asked, size, at, progress)

    async def record(self, asked: Asked) -> tuple[int, datetime]:
        """That it is asked for: how many entries it is of, and when. Raises EmptyLog."""
        newest = await self._store.checkpoint(asked.tenant)
        size = await self._store.log_size(asked.tenant)
        if size == 0:
            raise EmptyLog
        if newest is not None and not asked.unsigned:
            size = min(size, newest.size)
        says: dict[str, Json] = {"format": asked.format, "filter": asked.wanted.to_json(), "tree_size": size}
        says |= {"sample": asked.draw.to_json()} if asked.draw else {}
        says |= {"during": [rfc3339(moment) for moment in asked.during]} if asked.during else {}
        return size, await self._write(asked, says)

    async def made(self, extract: Extract) -> None:
        """Record that there is a file now, and how many entries it holds."""
        await self._write(extract.asked, {"made": True, "entries": len(extract.kept)})

    async def _write(self, asked: Asked, says: Mapping[str, Json]) -> datetime:
        who = asked.who or operator_json(asked.operator)
        async with self._store.transaction(asked.tenant) as tx:
            at = (await tx.lock([], [])).at
            about: dict[str, Json] = {"act": "case:export", "export": asked.id, **says}
            if asked.request_id is not None:
                about["request_id"] = asked.request_id
            await write(tx, entry_of("export", asked.tenant, at, actor=who, says=about))
        return at

    async def extract(
        self, asked: Asked, size: int, at: datetime, progress: Progress = lambda done, of: None
    ) -> Extract:
        """What was recorded as asked for. Raises NoCases."""
        newest = await self._store.checkpoint(asked.tenant)
        extract = Extract(self._store, asked, size, at, progress)
        if newest is not None:
            until = min(size, newest.size)  # it may have grown since
            spread = await self._store.exported_checkpoints(asked.tenant, until, MOST_CHECKPOINTS)
            spread = await with_witnesses(self._store, asked.tenant, spread)
            extract.checkpoints = [one for one in spread if origin_of_note(one.note) == origin_of_note(newest.note)]
        if asked.draw is not None:
            await extract.keep_to_sample(asked.draw)
        return extract


def origin_of_note(note: str) -> str:
    """What the log is called in it."""
    return note.partition("\n")[0]
