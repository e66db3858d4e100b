"""Read cases: one, a page, what may be fired on it, its log. Nobody learns of a case that is not theirs."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Protocol

from app.domain.case.attempt import Actor, Attempt
from app.domain.case.case import Case
from app.domain.case.search_query import terms
from app.domain.clocks.after_event import Clocks
from app.domain.deciding.decide import no_such_case
from app.domain.deciding.decide_verb import decide
from app.domain.deciding.outcome import Refusal
from app.domain.deciding.situation import AUDIT, OnCase
from app.domain.explaining.explain import possible
from app.domain.values.data_size import bytes_of
from app.domain.values.errors import invalid
from app.domain.verbs.registry import possible_acts
from app.services.cases.cursors import cursor_of, place_of, position
from app.services.cases.standing import standing
from app.services.cases.views import Page, Possible, Shown, Wanted
from app.services.cases.visibility import scoped
from app.services.definitions.definitions import Definitions
from app.services.definitions.known_names import check_known
from app.services.desk.working_copy import states_of
from app.services.entries.identity import new_salt
from app.services.fairness.limits import USUAL
from app.services.fairness.long_reads import Reads
from app.services.fairness.places import Places
from app.services.fairness.slices import Slices
from app.services.policy.policies import Policies
from app.services.store.case_query import FILTERS, ORDERS, CaseQuery
from app.services.store.cases import CaseLists, CaseReads
from app.services.store.definitions import StoredDefinitions
from app.services.store.search import CaseCount, Searched, Searching
from app.services.store.stored import CaseKey, StoredEntry, Visible

MOST_COUNTED = 1_000
MOST_BYTES = 8 * 2**20
"""Of the data of all cases of a page."""


class CaseStore(CaseReads, CaseLists, Searching, StoredDefinitions, Protocol): ...


class Cases:
    """Reading takes no lock; the policy is the one in force when the read began."""

    def __init__(
        self,
        store: CaseStore,
        definitions: Definitions,
        policies: Policies,
        slices: Slices,
        searches: int = USUAL.searches,
        reads: int = USUAL.reads,
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._policies = policies
        self._slices = slices
        self._searches = Places(searches, "searches")
        self.reads = Reads(reads)

    async def read(self, actor: Actor, case_id: str) -> Case:
        return (await self.show(actor, case_id)).case

    async def show(self, actor: Actor, case_id: str) -> Shown:
        """Raises NotFound, also for a case that the actor may not read."""
        here = await self.situation(actor, case_id)
        return Shown(here.case, here.clocks, standing(here))

    async def find(self, actor: Actor, wanted: Wanted) -> Page:
        """A page of the cases that the actor may read, with a cursor to the next. Raises Unavailable where so many
        searches of the caller or the tenant are under way that others would wait for them."""
        wide = wanted.q is not None or wanted.count
        with self._searches.taking((actor.tenant, actor.id)) if wide else nullcontext():
            return await self._found(actor, wanted)

    async def _found(self, actor: Actor, wanted: Wanted) -> Page:
        query = await self._query(actor, wanted)
        searched = terms(wanted.q) if wanted.q is not None else ()
        most = MOST_COUNTED if wanted.count else None
        found = await (self._store.search(query, searched, most) if searched else self._listed(query, most))
        items = await self._fitting(actor, found.cases[: wanted.limit])
        beyond = place_of(items[-1], wanted.sort) if len(found.cases) > len(items) else found.stopped_at
        if not items and beyond is None and wanted.cursor is None:
            names = wanted.case_type, wanted.state, wanted.team, wanted.assignee, wanted.creator
            check_known(self._definitions, *names)
        clocks = await self._clocks(actor, [case.id for case in items if not (wanted.at_rest and case.due_at)])
        return Page(items, cursor_of(beyond, wanted.sort) if beyond else None, clocks, found.count)

    async def _clocks(self, actor: Actor, case_ids: Sequence[str]) -> Mapping[str, Clocks]:
        stored = await self._store.clocks(actor.tenant, case_ids) if case_ids else {}
        return {case_id: states_of(clocks) for case_id, clocks in stored.items()}

    async def counts(self, actor: Actor, each: Sequence[Wanted]) -> Sequence[CaseCount]:
        """How many cases of each that the actor may read there are, exactly up to MOST_COUNTED. By words nothing is
        counted here."""
        visible = await self.visible(actor)
        return await self._store.counts([_asked(actor, wanted, visible) for wanted in each], MOST_COUNTED)

    async def _fitting(self, actor: Actor, cases: Sequence[Case]) -> Sequence[Case]:
        """Those that an answer has room for, from the first on and one at least."""
        left = MOST_BYTES
        async with self._slices.of((actor.tenant, actor.id), small=True) as turn:
            for place, case in enumerate(cases):
                left -= bytes_of(case.data)
                if left < 0 and place:
                    return cases[:place]
                await turn.give()
        return cases

    async def _listed(self, query: CaseQuery, most: int | None) -> Searched:
        found = await self._store.cases(query)
        return Searched(found, count=None if most is None else await self._store.count(query, most))

    async def visible(self, actor: Actor) -> Visible:
        """Which cases the actor may read, by the policy in force now."""
        await self._policies.refresh()
        return self.visible_here(actor)

    def visible_here(self, actor: Actor) -> Visible:
        """The same by the policy as it is known here, which whatever was just read has brought up to date."""
        roles = self._policies.engine.closure(actor.tenant, actor.id, actor.roles)
        return scoped(self._policies.engine.visible(actor.tenant, actor.id, roles), actor.scope)

    async def possible(self, actor: Actor, case_id: str, explain: bool) -> Possible:
        """The events that the actor may fire now; with `explain` also the others and why not."""
        return (await self.asked(actor, case_id, explain))[1]

    async def asked(self, actor: Actor, case_id: str, explain: bool = False) -> tuple[OnCase, Possible]:
        """The same, and what it is about. Raises NotFound as `show` does."""
        here = await self.situation(actor, case_id)
        async with self._slices.of((actor.tenant, actor.id), small=True) as turn:
            found = await turn.taking(possible(here, explain))
        return here, replace(found, acts=possible_acts(here))

    async def log(
        self, actor: Actor, case_id: str, denied: bool, after: int | str | None, limit: int
    ) -> Sequence[StoredEntry]:
        """A page of the case's chain, or of its refused attempts."""
        async with self.reads.reading(actor):
            await self.check_log(actor, case_id)
            return await self._store.entries(actor.tenant, case_id, denied=denied, after=after, limit=limit)

    async def check_log(self, actor: Actor, case_id: str) -> OnCase:
        """Raises NotFound unless the actor may read the case, or audit it."""
        here = await self._here(actor, case_id)
        if here is None or not (here.readable or here.decide(AUDIT).allowed):
            raise no_such_case()
        return here

    async def situation(self, actor: Actor, case_id: str) -> OnCase:
        """What a decision of this actor on the case is about. Raises NotFound as `show` does."""
        here = await self._here(actor, case_id)
        if here is None or not here.readable:
            raise no_such_case()
        return here

    async def would_refuse(self, attempt: Attempt) -> bool:
        """Whether the desk would refuse an attempt of a built-in verb, were it asked now."""
        if attempt.case_id is None or attempt.verb is None:
            return True
        here = await self._here(attempt.actor, attempt.case_id)
        return here is None or isinstance(decide(replace(here, attempt=attempt), attempt.verb), Refusal)

    async def _query(self, actor: Actor, wanted: Wanted) -> CaseQuery:
        """For one more than a page has, which says whether there is another."""
        if wanted.sort not in ORDERS:
            raise invalid("sort", f"must be one of {', '.join(ORDERS)}")
        return _asked(actor, wanted, await self.visible(actor))

    async def _here(self, actor: Actor, case_id: str) -> OnCase | None:
        found = await self._store.case(CaseKey(actor.tenant, case_id=case_id))
        if found is None:
            return None
        await self._policies.catch_up(found.policy_version)
        await self._definitions.learn(self._store, [found.case.definition])
        machine = self._definitions.of(found.case.definition)
        return OnCase(
            machine=machine,
            policy=self._policies.engine,
            attempt=Attempt(actor=actor, event=None, entry_id="", new_case_id="", request_id="", case_id=case_id),
            at=found.at,
            new_salt=new_salt,
            case=found.case,
            around=found.surroundings,
            clocks=states_of(found.clocks),
        )


def _asked(actor: Actor, wanted: Wanted, visible: Visible) -> CaseQuery:
    return CaseQuery(
        tenant=actor.tenant,
        visible=visible,
        **{name: getattr(wanted, name) for name in FILTERS},
        sort=wanted.sort,
        teams=wanted.teams,
        changed_after=wanted.changed_after,
        limit=wanted.limit + 1,
        after=position(wanted.cursor, wanted.sort) if wanted.cursor else None,
    )
