"""Sign what is new in the logs, and keep it outside: one process at a time, and never against what stands outside."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from app.domain.log.notes import BadNote, Checkpoint, UnknownKeys, VerifierKey, opened
from app.domain.values.names import SERVICE_TENANT
from app.services.log import tiling
from app.services.log.restored import has_departed
from app.services.log.signing import Place, PlaceUnusable, Published, Signing, origin_of
from app.services.log.signing_keys import KIND, MOST, KeyLife, KeyStore, lives, named, tell_exchange
from app.services.process.standing_still import TICK
from app.services.store.failures import Refused
from app.services.store.log_tree import Head, StoredCheckpoint, TreeStore

LEASE = 15.0
"""Seconds that one process signs alone; it asks anew for each portion."""
TENANTS = 200
"""Looked at in one statement, and signed and kept together."""
MOST_TOLD = 5
UNUSABLE = "no checkpoint is published or signed: "
UNSIGNED = "unsigned"
UNPUBLISHED = "unpublished"
PUBLISHED = "published"
log = logging.getLogger("stateward.checkpoints")


@dataclass(frozen=True, slots=True)
class Round:
    """What came of a look: how many checkpoints were signed, and what was refused, by tenant."""

    signed: int
    refused: Mapping[str, str]


@dataclass(slots=True)
class _Looking:
    """A round that is under way."""

    now: datetime
    known: Mapping[str, Published]
    ready: list[StoredCheckpoint] = field(default_factory=list)
    stored: set[str] = field(default_factory=set)
    """Tenants whose newest checkpoint is in the database and not outside."""
    refused: dict[str, str] = field(default_factory=dict)


class Inconsistent(Exception):
    """The log is not what was signed before; the message says how."""


class Checkpoints:
    """Without a key nothing is signed; without a place it is signed, and kept in the database alone."""

    def __init__(self, store: KeyStore, signing: Signing | None, place: Place | None) -> None:
        self._store = store
        self._signing = signing
        self._place = place
        self._me = str(uuid4())
        self._problem: str | None = None
        self._away = False
        self._lives: Mapping[str, KeyLife] = {}
        self.on_signed: Callable[[Round], None] = lambda done: None

    @property
    def manner(self) -> str:
        """As `readyz` says it."""
        if self._signing is None:
            return UNSIGNED
        return UNPUBLISHED if self._place is None or self._away else PUBLISHED

    async def warnings(self) -> Sequence[str]:
        """Why something is not signed, as whoever signs has told, or that nobody does."""
        if self._signing is None:
            return []
        problem, idle = await self._store.signing_stands()
        self._away = problem is not None and UNUSABLE in problem
        nobody = [f"nobody has looked for what to sign for {idle:.0f} seconds: {TICK}"] if idle > LEASE else []
        return [*([problem] if problem else []), *nobody]

    async def look(self) -> Round | None:
        """Sign the logs that have grown; None where that is somebody else's turn, or nobody's."""
        if self._signing is None:
            return None
        try:
            done = await self._round(self._signing)
        except PlaceUnusable as unusable:
            done = Round(0, {"": f"{UNUSABLE}{unusable}"})
        if done is not None:
            await self._tell(done)
        return done

    async def _round(self, signing: Signing) -> Round | None:
        self._lives = lives(await self._store.said(SERVICE_TENANT, KIND, MOST))
        revoked = [str(key) for key in signing.verifiers if self._is_revoked(named(key))]
        if revoked:
            says = f"the key {revoked[0]} was revoked: take it out, and set another one"
            return await self._nothing(says)
        signed, refused = 0, dict[str, str]()
        async for heads, now in self._heads():
            grown = [origin_of(signing.name, head.tenant) for head in heads if head.size != head.signed]
            looking = _Looking(now, await self._place.latest(grown) if self._place else {})
            for head in heads:
                await self._one(signing, head, looking)
            await self._keep(looking)
            signed += len(looking.ready)
            refused |= looking.refused
        return Round(signed, refused) if self._held else None

    def _is_revoked(self, key: str) -> bool:
        return key in self._lives and self._lives[key].revoked is not None

    async def _nothing(self, why: str) -> Round | None:
        """Said by the one whose turn it is."""
        held = await self._store.hold_signing(self._me, LEASE) is not None
        return Round(0, {"": f"no checkpoint is signed, because {why}"}) if held else None

    async def _heads(self) -> AsyncIterator[tuple[Sequence[Head], datetime]]:
        """Page by page, as long as it is this process's turn."""
        after, self._held = "", False
        while (now := await self._store.hold_signing(self._me, LEASE)) is not None:
            self._held = True
            heads = await self._store.heads(after, TENANTS)
            if heads:
                yield heads, now
            if len(heads) < TENANTS:
                return
            after = heads[-1].tenant

    async def _one(self, signing: Signing, head: Head, looking: _Looking) -> None:
        """Sign what a tenant has more than it had."""
        origin = origin_of(signing.name, head.tenant)
        last = looking.known.get(origin)
        try:
            if head.size == head.signed and not self._differs(head, last):
                return
            if not await tiling.keep_up(self._store, head.tenant, head.size):
                return  # next time
            before = await self._check(signing, head, last)
            await tell_exchange(self._store, head.tenant, before, signing.verifiers)
            checkpoint = Checkpoint(origin, head.size, await tiling.root(self._store, head.tenant, head.size))
            note = await signing.sign(checkpoint.text())
        except (Inconsistent, BadNote, Refused, KeyError) as wrong:
            looking.refused[head.tenant] = str(wrong)
        else:
            looking.ready.append(
                StoredCheckpoint(tenant=head.tenant, size=head.size, root=checkpoint.root, note=note, at=looking.now)
            )
            if head.size == head.signed:
                looking.stored.add(head.tenant)

    def _differs(self, head: Head, last: Published | None) -> bool:
        """Whether what stands outside is another than what was signed here."""
        if self._place is None or not self._place.tells_all:
            return False
        return last is None or last.checkpoint.size != head.size

    async def _check(self, signing: Signing, head: Head, last: Published | None) -> str | None:
        """The note that was signed before. Raises Inconsistent, or BadNote where what stands outside is signed by
        somebody else."""
        if last is not None:
            before, note = _checked(last, [*signing.verifiers, *self._revoked()]), last.note
        elif (stored := await self._store.checkpoint(head.tenant)) is not None:
            before, note = Checkpoint(origin_of(signing.name, head.tenant), stored.size, stored.root), stored.note
        else:
            return None
        if await follows(self._store, head, before) or await has_departed(self._store, head.tenant, before):
            return note
        raise Inconsistent(
            f"the log of {head.tenant} has {head.size} entries and does not begin with the {before.size} that were"
            " signed; where a backup was restored, say so with `stateward audit restored --reason ...`"
        )

    def _revoked(self) -> list[VerifierKey]:
        """Keys that may have signed what stands outside: whoever took one out in a hurry had no time for both."""
        return [VerifierKey.parse(one.public) for one in self._lives.values() if one.revoked and one.public]

    async def _keep(self, looking: _Looking) -> None:
        """Outside first: what is in the database may be looked at as published."""
        if not looking.ready:
            return
        if self._place is not None:
            await self._place.append([one.note for one in looking.ready], looking.now)
        try:
            await self._store.keep_checkpoints([one for one in looking.ready if one.tenant not in looking.stored])
        except Refused:
            log.info("somebody else signed meanwhile")

    async def _tell(self, done: Round) -> None:
        told = list(done.refused.items())
        problem = "; ".join(words for _, words in told[:MOST_TOLD])
        if len(told) > MOST_TOLD:
            problem += f"; and so for {len(told) - MOST_TOLD} more tenants"
        if (problem or None) != self._problem:
            self._problem = problem or None
            if problem:
                log.error("refused to sign: %s", problem)
            else:
                log.warning("checkpoints are signed again")
        if (problem or None) != (await self._store.signing_stands())[0]:
            await self._store.tell_signing(problem or None)
        self.on_signed(done)


def _checked(last: Published, keys: Sequence[VerifierKey]) -> Checkpoint:
    try:
        opened(last.note, keys)
    except UnknownKeys:
        raise Inconsistent(
            f"the checkpoint of {last.checkpoint.origin} that stands outside is signed by no key of"
            " STATEWARD_SIGNING_KEY, or of its command; while keys are exchanged, set both"
        ) from None
    return last.checkpoint


async def follows(store: TreeStore, head: Head, before: Checkpoint) -> bool:
    """Whether the log begins with what was signed before."""
    if before.size > head.size:
        return False
    return await tiling.root(store, head.tenant, before.size) == before.root
