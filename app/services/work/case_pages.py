"""What the page of a case shows: one read of the case, and then, beside each other, its history and its work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.domain.case.attempt import Actor
from app.domain.case.case import Case
from app.domain.clocks.after_event import Clocks
from app.domain.deciding.situation import OnCase
from app.domain.definition.case_type import CaseType
from app.domain.definition.views import Views
from app.domain.diagram.travelled import Travelled
from app.domain.explaining.explain import Possible, why_not, widely
from app.domain.values.errors import Reason
from app.domain.verbs.roles import givable
from app.services.cases.cases import Cases
from app.services.cases.standing import standing
from app.services.cases.who_can import WhoCan
from app.services.definitions.definitions import Definitions
from app.services.store.history import Back, LastSet
from app.services.store.ports import Store
from app.services.store.stored import StoredEntry
from app.services.store.work import StoredAttachment, StoredComment, StoredLink

SPAN = 1_000
"""Entries that are looked at for one page of the history, however few are found among them."""
LOOKED_BACK = 2_000
"""Entries that are looked at for who gave a field its value."""
MOST_LINKS = 100
MOST_NAMES = 1_000


@dataclass(frozen=True)
class OpenCase:
    """A case as one reader stands to it, and what they may do with it now; `views` are those of its case type now."""

    here: OnCase
    possible: Possible
    views: Views | None = None

    @property
    def case(self) -> Case:
        return self.here.case

    @property
    def clocks(self) -> Clocks:
        return self.here.clocks

    @property
    def declared(self) -> CaseType:
        return self.here.machine.case_type

    @property
    def roles(self) -> Sequence[tuple[str, str]]:
        """(subject, role) of everybody who stands to the case, its creator and its assignee first."""
        return standing(self.here)

    @property
    def givable_roles(self) -> Sequence[str]:
        return sorted(givable(self.here))

    @property
    def acts(self) -> frozenset[str]:
        """The names of the built-in verbs that the case takes from the reader now."""
        return frozenset(act.verb for act in self.possible.acts)

    @cached_property
    def widely(self) -> OnCase:
        """For much that is asked at once: the reader's roles, and what is seen, are looked for once."""
        return widely(self.here)

    @property
    def barred(self) -> Sequence[str]:
        """The events that the reader may not fire now, in the order of the YAML."""
        able = {event.event for event in self.possible.events}
        return [name for name in self.declared.events if name not in able]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A page of the history: entries of these kinds (all where none is named) below a `case_seq`, and with `denied`
    refused attempts before an entry id."""

    kinds: frozenset[str] = frozenset()
    chain: bool = True
    denied: bool = True
    below: int | None = None
    before: str | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True)
class History:
    """Entries, the newest first, each kind of them in its own order; `below` and `before` are where the next page
    begins, both None on the last one."""

    entries: Sequence[StoredEntry]
    below: int | None = None
    before: str | None = None
    more: bool = False


class CasePages:
    """Each takes what `opened` gave, so that the case is read and the reader judged once."""

    def __init__(self, store: Store, definitions: Definitions, cases: Cases, who_can: WhoCan) -> None:
        self._store = store
        self._definitions = definitions
        self._cases = cases
        self._who_can = who_can

    async def opened(self, actor: Actor, case_id: str) -> OpenCase:
        """Raises NotFound, also for a case that the actor may not read."""
        here, possible = await self._cases.asked(actor, case_id)
        declared = here.machine.case_type
        return OpenCase(here, possible, self._definitions.views(declared.case_type) or declared.views)

    def why(self, opened: OpenCase, event: str) -> tuple[Reason, ...]:
        return why_not(opened.widely.asking(event))

    async def who_could(self, opened: OpenCase, event: str, most: int) -> tuple[Sequence[str], bool]:
        return await self._who_can.people(opened.here, event, most)

    async def names(self, tenant: str, subjects: Sequence[str]) -> Mapping[str, str]:
        """The names of those that are known, in one read."""
        return await self._store.people_named(tenant, subjects[:MOST_NAMES]) if subjects else {}

    async def people(self, tenant: str, limit: int) -> Sequence[tuple[str, str]]:
        """(subject, name) of those who are known and can sign in."""
        found = await self._store.people(tenant, None, limit)
        return [(one.subject, one.name) for one in found if one.disabled_at is None]

    async def history(self, opened: OpenCase, wanted: Wanted) -> History:
        case, below = opened.case, opened.case.seq + 1 if wanted.below is None else wanted.below
        least = max(below - SPAN, 0)
        chain: Sequence[StoredEntry] = ()
        denied: Sequence[StoredEntry] = ()
        if wanted.chain:
            back = Back(
                tenant=case.tenant,
                case_id=case.id,
                below=below,
                least=least,
                limit=wanted.limit + 1,
                kinds=wanted.kinds,
            )
            chain = await self._store.chain_back(back)
        if wanted.denied:
            denied = await self._store.denied_back(case.tenant, case.id, wanted.before, wanted.limit + 1)
        return _merged(chain, denied, wanted, below, least if wanted.chain else 0)

    async def last_set(self, opened: OpenCase, paths: Sequence[str], below: int | None = None) -> Sequence[LastSet]:
        """Who gave fields their values, at last or before a `case_seq`; as far as one looks back."""
        case = opened.case
        beyond = case.seq + 1 if below is None else below
        return await self._store.last_set(case.tenant, case.id, paths, beyond, max(beyond - LOOKED_BACK, 0))

    async def travelled(self, opened: OpenCase) -> Travelled:
        """The way that the case has come, as far as one looks back."""
        case = opened.case
        moves = await self._store.moves(case.tenant, case.id, max(case.seq - LOOKED_BACK, 0))
        return Travelled(frozenset(moves))

    async def comments(self, opened: OpenCase, below: int | None, limit: int) -> Sequence[StoredComment]:
        return await self._store.comments_back(opened.case.tenant, opened.case.id, below, limit)

    async def comment(self, opened: OpenCase, comment_id: str) -> StoredComment | None:
        """One of this case, as it reads now."""
        first = await self._store.comment(opened.case.tenant, comment_id)
        if first is None or first.case_id != opened.case.id:
            return None
        return next(iter(await self.comments(opened, first.case_seq + 1, 1)), None)

    async def files(self, opened: OpenCase, after: int | None, limit: int) -> Sequence[StoredAttachment]:
        return await self._store.attachments(opened.case.tenant, opened.case.id, after, limit)

    async def file(self, opened: OpenCase, attachment_id: str) -> StoredAttachment | None:
        return await self._store.attachment(opened.case.tenant, opened.case.id, attachment_id)

    async def links(self, opened: OpenCase, actor: Actor) -> Sequence[StoredLink]:
        """Those to cases that the reader may read."""
        visible = await self._cases.visible(actor)
        return (await self._store.links(opened.case.tenant, opened.case.id, visible))[:MOST_LINKS]


def _merged(
    chain: Sequence[StoredEntry], denied: Sequence[StoredEntry], wanted: Wanted, below: int, least: int
) -> History:
    """The newest of both, each in its own order: a chain is ordered by its numbers, refusals by their ids."""
    taken: list[StoredEntry] = []
    c = d = 0
    while len(taken) < wanted.limit and (c < len(chain) or d < len(denied)):
        if d == len(denied) or (c < len(chain) and chain[c].entry_id >= denied[d].entry_id):
            taken.append(chain[c])
            c += 1
        else:
            taken.append(denied[d])
            d += 1
    # where few of the kind are found in the span, the next page looks beyond it
    exhausted = c == len(chain) and len(chain) <= wanted.limit
    next_below = least if exhausted else (chain[c - 1].case_seq if c else below)
    next_before = denied[d - 1].entry_id if d else wanted.before
    more = c < len(chain) or d < len(denied) or (wanted.chain and exhausted and least > 0)
    return History(taken, next_below, next_before, more)
