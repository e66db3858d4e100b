"""Prove to those who may read an entry that it is in the log, and to those who read the log that it only grew."""

from dataclasses import dataclass, replace

from app.domain.case.attempt import Actor
from app.domain.values.errors import NotFound, invalid
from app.services.cases.cases import Cases
from app.services.log import tiling
from app.services.log.ledger import Ledger
from app.services.log.rights import Rights
from app.services.log.witnessing import lines_of
from app.services.policy.policies import Policies
from app.services.store.log_tree import FoundEntry, StoredCheckpoint, TreeReads


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The audit path of an entry under the root of a checkpoint."""

    checkpoint: StoredCheckpoint
    path: list[bytes]


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry; without `inclusion` no checkpoint holds it yet."""

    entry: FoundEntry
    inclusion: Inclusion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    """That the first tree begins the second, with the roots of both."""

    first: int
    second: int
    first_root: bytes
    second_root: bytes
    path: list[bytes]


class Proofs:
    """The rights are those of the feed. `log` names whose log it is: the actor's tenant, or the service."""

    def __init__(self, store: TreeReads, policies: Policies, cases: Cases, ledger: Ledger) -> None:
        self._store = store
        self._policies = policies
        self._cases = cases
        self._ledger = ledger

    async def entry(self, actor: Actor, log: str, *, entry_id: str = "", entry_hash: str = "") -> Proven:
        """With its proof under the newest checkpoint. Raises NotFound, also where the actor may not read it."""
        async with self._cases.reads.reading(actor):
            found = await self._store.entry_named(log, entry_id=entry_id, entry_hash=entry_hash)
            rights = await self._rights(actor)
            if found is None or not _shows(rights, found, own=log == actor.tenant):
                raise NotFound("no such entry")
            newest = await self._store.checkpoint(log)
            if newest is None or found.leaf_index is None or found.leaf_index >= newest.size:
                return Proven(found, None)
            path = await tiling.path(self._store, log, found.leaf_index, newest.size)
            return Proven(found, Inclusion(newest, path))

    async def checkpoint(self, actor: Actor, log: str, size: int | None = None) -> StoredCheckpoint:
        """Raises NotFound, also to those who may read nothing of the log."""
        async with self._cases.reads.reading(actor):
            found = await self._store.checkpoint(log, size)
            if found is None or not _reads(await self._rights(actor), own=log == actor.tenant):
                raise NotFound("no such checkpoint")
            lines = await lines_of(self._store, log)
            return replace(found, note=found.note + "".join(lines.get(found.size, ())))

    async def consistency(self, actor: Actor, log: str, first: int, second: int) -> Consistency:
        """Between two sizes, which need not be those of checkpoints. Raises NotFound, Invalid."""
        newest = await self.checkpoint(actor, log)
        if second > newest.size:
            raise invalid("to", f"must be {newest.size} at most, the size of the newest checkpoint")
        if first > second:
            raise invalid("from", "must not be above `to`")
        async with self._cases.reads.reading(actor):
            first_root, second_root = [await tiling.root(self._store, log, size) for size in (first, second)]
            path = await tiling.steps(self._store, log, first, second)
        return Consistency(first=first, second=second, first_root=first_root, second_root=second_root, path=path)

    async def _rights(self, actor: Actor) -> Rights:
        """Asked after reading: nothing is shown by a policy that is older than it."""
        await self._policies.refresh()
        return self._ledger.rights(actor)


def _shows(rights: Rights, found: FoundEntry, own: bool) -> bool:
    if own and rights.shows(found.standing):
        return True
    return rights.oversees and not found.case_id


def _reads(rights: Rights, own: bool) -> bool:
    return not rights.blind if own else rights.oversees
