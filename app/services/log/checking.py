"""Hold the log of the live database against itself: texts, chains, values, tree, checkpoints, and cases.

A page of each is in memory at a time, however long the log is.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.domain.case.case import Case
from app.domain.case.sealing import commitment, entry_hash, genesis
from app.domain.deciding.fold import Fold, Unexplained
from app.domain.log.notes import BadNote, Checkpoint, VerifierKey, opened, text_of
from app.domain.log.tiles import full_tiles, tile_root
from app.domain.log.tree import Frontier
from app.domain.values.json import Json
from app.services.fairness.yielding import LoopTurn
from app.services.log.restored import departed
from app.services.log.signing import Place, PlaceUnusable, origin_of
from app.services.store.cases import CaseReads
from app.services.store.log_tree import CheckedLeaf, CheckStore, StoredCheckpoint
from app.services.store.stored import CaseKey

LEAVES = 500
TILES = 16
CASES = 200
TENANTS = 200
TOLD_BY_THE_LOG = (
    *("case_type", "definition", "definition_version", "reference", "state", "version", "seq", "data", "creator"),
    *("opened_at", "changed_at", "last_hash", "assignee", "team", "closed_at", "files"),
)
"""Of a case; what else stands in its row is for finding it."""


class CheckedStore(CheckStore, CaseReads, Protocol): ...


class Folds(Protocol):
    async def folded(self, tenant: str, case_id: str) -> Fold | None:
        """A case as its chain tells it; None where it has none. Raises Unexplained."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """What was looked at: how many of what, and a sentence each of what is wrong with them."""

    what: str
    count: int
    wrong: Sequence[str] = ()


class LogCheck:
    """Without keys signatures are not checked, without a place nothing is held against what was published."""

    def __init__(
        self,
        store: CheckedStore,
        folds: Folds,
        name: str | None,
        verifiers: Sequence[VerifierKey],
        place: Place | None,
    ) -> None:
        self._store = store
        self._folds = folds
        self._name = name
        self._verifiers = verifiers
        self._place = place

    async def steps(self) -> AsyncIterator[Step]:
        after = ""
        while heads := await self._store.heads(after, TENANTS):
            for head in heads:
                async for step in self._of_log(head.tenant, head.size):
                    yield step
            after = heads[-1].tenant
        async for step in self._published():
            yield step
        async for step in self._cases():
            yield step

    async def _of_log(self, tenant: str, size: int) -> AsyncIterator[Step]:
        """The first `size` entries: what is written meanwhile is for the next time."""
        frontier, turn = Frontier(), LoopTurn()
        awaited = await self._store.checkpoint_after(tenant, 0)
        while frontier.size < size:
            page = await self._store.leaves_to_check(tenant, frontier.size, min(LEAVES, size - frontier.size))
            wrong: list[str] = []
            checkpoints = 0
            for leaf in page:
                if leaf.leaf_index != frontier.size:
                    break
                wrong += [f"{tenant}: entry {leaf.entry_id} {fault}" for fault in faults(tenant, leaf)]
                frontier.append(bytes.fromhex(entry_hash(leaf.entry.encode())))
                await turn.give()
                if awaited is not None and awaited.size == frontier.size:
                    wrong += self._faults_of(awaited, frontier.root())
                    checkpoints += 1
                    awaited = await self._store.checkpoint_after(tenant, awaited.size)
            done = sum(1 for leaf in page if leaf.leaf_index < frontier.size)
            yield Step("entries", done, wrong)
            yield Step("checkpoints", checkpoints)
            async for step in self._values(tenant, page):
                yield step
            if done < len(page) or not page:
                yield Step("entries", 0, [f"{tenant}: no entry has the place {frontier.size}"])
                return
        if awaited is not None:
            yield Step("checkpoints", 1, [f"{tenant}: {awaited.size} entries were signed, {size} are there"])
        if missing := await self._store.without_place(tenant):
            yield Step("entries", missing, [f"{tenant}: {missing} entries have no place and do not wait for one"])
        async for step in self._tiles(tenant, size):
            yield step

    async def _values(self, tenant: str, page: Sequence[CheckedLeaf]) -> AsyncIterator[Step]:
        """Each against its commitment."""
        committed, turn = {leaf.entry_id: _fields(leaf) for leaf in page}, LoopTurn()
        async for values in self._store.salted(tenant, list(committed)):
            wrong = []
            for one in values:
                if committed[one.entry_id].get(one.path) != commitment(one.path, one.salt, one.value):
                    wrong.append(f"{tenant}: entry {one.entry_id} does not commit to the value of {one.path}")
                await turn.give()
            yield Step("values", len(values), wrong)

    def _faults_of(self, checkpoint: StoredCheckpoint, root: bytes) -> list[str]:
        told = f"{checkpoint.tenant}: the checkpoint of {checkpoint.size} entries"
        wrong = [] if checkpoint.root == root else [f"{told} has another root than they have now"]
        try:
            said = opened(checkpoint.note, self._verifiers).text if self._verifiers else text_of(checkpoint.note)
            of_note = Checkpoint.parse(said)
        except BadNote as fault:
            return [*wrong, f"{told}: {fault}"]
        same = (of_note.size, of_note.root) == (checkpoint.size, checkpoint.root)
        return wrong if same else [*wrong, f"{told} has a note that says something else"]

    async def _tiles(self, tenant: str, size: int) -> AsyncIterator[Step]:
        level, turn = 0, LoopTurn()
        while full_tiles(size, level):
            kept = min(await self._store.tiles_kept(tenant, level), full_tiles(size, level))
            for first in range(0, kept, TILES):
                count = min(TILES, kept - first)
                below = await self._store.tiles_below(tenant, level, first, count)
                tiles = await self._store.full_tiles(tenant, level, first, count)
                wrong = [] if len(tiles) == count else [f"{tenant}: tiles of level {level} from {first} on are missing"]
                for tile, hashes in zip(tiles, below, strict=False):
                    if tile.hashes != hashes or tile.root != tile_root(hashes):
                        wrong.append(f"{tenant}: tile {tile.index} of level {level} says something else than the log")
                    await turn.give()
                yield Step("tiles", count, wrong)
            level += 1

    async def _published(self) -> AsyncIterator[Step]:
        if self._place is None or self._name is None:
            return
        try:
            async for head, before in departed(self._store, self._place, self._name):
                told = f"{head.tenant}: {before.size} entries were published, and the log does not begin with them"
                yield Step("published logs", 0, [told])
            mine = [one for one in await self._place.latest() if one.startswith(origin_of(self._name, ""))]
            yield Step("published logs", len(mine))
        except PlaceUnusable as unusable:
            yield Step("published logs", 0, [str(unusable)])

    async def _cases(self) -> AsyncIterator[Step]:
        after: tuple[str, str] | None = None
        while keys := await self._store.case_keys(after, CASES):
            for tenant, case_id in keys:
                yield Step("cases", 1, await self._of_case(tenant, case_id))
            after = keys[-1]

    async def _of_case(self, tenant: str, case_id: str) -> list[str]:
        """Looked at twice where it differs: an event may have come in between."""
        for last in (False, True):
            kept = await self._store.case(CaseKey(tenant, case_id))
            try:
                fold = await self._folds.folded(tenant, case_id)
            except Unexplained as why:
                return [f"{tenant}: case {case_id}: {why}"]
            told = fold.case if fold else None
            differ = _differences(kept.case, told) if kept and told else ["its entries"]
            if not differ or last:
                break
        return [f"{tenant}: case {case_id} is not what its entries tell: {', '.join(differ)}"] if differ else []


def _fields(leaf: CheckedLeaf) -> Mapping[str, Json]:
    """The commitments of an entry; of one that is no JSON none."""
    try:
        return dict(json.loads(leaf.entry).get("fields", {}))
    except (ValueError, AttributeError):
        return {}


def _differences(kept: Case, told: Case) -> list[str]:
    return [name for name in TOLD_BY_THE_LOG if getattr(kept, name) != getattr(told, name)]


def faults(tenant: str, leaf: CheckedLeaf) -> list[str]:
    """What is wrong with one entry, its hash, its columns, and what it follows."""
    if entry_hash(leaf.entry.encode()) != leaf.entry_hash:
        return ["has another hash than its text"]
    try:
        said = json.loads(leaf.entry)
    except ValueError:
        return ["is no JSON"]
    columns: dict[str, str | int | None] = {"tenant": tenant, "entry_id": leaf.entry_id, "kind": leaf.kind}
    columns |= {
        "case_id": leaf.case_id,
        "case_seq": leaf.case_seq,
        "source": leaf.source,
        "target": leaf.target,
        "prev": leaf.prev_hash,
    }
    differ = [name for name, value in columns.items() if said.get(name) != value]
    wrong = [f"says something else than its column {name}" for name in differ]
    if leaf.case_seq is not None and leaf.case_id is not None:
        first = leaf.case_seq == 1
        follows = genesis(tenant, leaf.case_id, said.get("definition", {}).get("hash", "")) if first else leaf.before
        if leaf.prev_hash != follows:
            wrong.append("does not follow the one before it")
    return wrong
