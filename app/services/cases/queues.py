"""The queues that everybody has: what is theirs, their teams', nobody's and overdue, and how many cases each holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from app.domain.case.attempt import Actor
from app.domain.values.names import TEAM
from app.domain.values.rfc3339 import parse_rfc3339
from app.services.cases.cases import Cases
from app.services.cases.views import Wanted
from app.services.cases.visibility import EVERY
from app.services.definitions.definitions import Definitions
from app.services.policy.policies import Policies
from app.services.store.case_query import FILTERS
from app.services.store.saved_views import Shows
from app.services.store.search import CaseCount

ADMIN = "role:admin"
MOST_NAMED = 5
MINE, TEAM_QUEUE, UNASSIGNED, OVERDUE = QUEUES = ("mine", "team", "unassigned", "overdue")
SETS: Final[Mapping[str, frozenset[str]]] = {
    MINE: frozenset({"open", "assignee", "unassigned"}),
    TEAM_QUEUE: frozenset({"open"}),
    UNASSIGNED: frozenset({"open", "assignee", "unassigned"}),
    OVERDUE: frozenset({"open", "overdue"}),
}
"""The filters that a queue says itself."""


@dataclass(frozen=True, slots=True)
class Readable:
    """Of the case types that are `known`: of which somebody may read all, and of which some cases."""

    whole: frozenset[str] = frozenset()
    some: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()


class Queues:
    """Each holds open cases that the caller may read, as lists show them."""

    def __init__(self, cases: Cases, policies: Policies, definitions: Definitions) -> None:
        self._cases = cases
        self._policies = policies
        self._definitions = definitions

    def teams(self, actor: Actor) -> frozenset[str]:
        """Whoever has `role:north` works in `team:north`: nothing else says yet who is in a team."""
        roles = self._policies.engine.closure(actor.tenant, actor.id, actor.roles)
        named = (f"team:{role.partition(':')[2]}" for role in roles)
        return frozenset(team for team in named if TEAM.fullmatch(team))

    def readable(self, actor: Actor) -> Readable:
        """By the policy as it is known here: whoever asks has read cases just now."""
        visible, known = self._cases.visible_here(actor), frozenset(self._definitions.names)
        if visible.denied_all:
            return Readable()
        whole = known if visible.all_types else known & visible.types
        some = visible.types.union(*visible.by_role.values())
        denied = visible.denied_types
        return Readable(whole - denied, (known if visible.all_types or EVERY in some else known & some) - denied, known)

    def administrators(self, actor: Actor) -> Sequence[str]:
        """Some of those to whom the policy gives the right to give rights, by name."""
        engine = self._policies.engine
        return sorted(islice(engine.holders(actor.tenant, engine.including(frozenset({ADMIN}))), MOST_NAMED))

    def wanted(self, actor: Actor, shows: Shows, **paging: Any) -> Wanted:
        """What a view asks for when this caller looks at it; `paging` are further fields of Wanted."""
        filters = {name: value for name, value in shows.filters.items() if name in (*FILTERS, "q")}
        if isinstance(due_before := filters.get("due_before"), str):
            paging = {"due_before": parse_rfc3339(due_before), **paging}
            del filters["due_before"]
        return Wanted(**{"sort": shows.sort, **filters, **self._of(actor, shows.queue), **paging})

    async def counts(self, actor: Actor) -> Mapping[str, CaseCount]:
        """By queue. All at once, and exactly up to as many as lists count."""
        wanted = [self.wanted(actor, Shows(queue)) for queue in QUEUES]
        return dict(zip(QUEUES, await self._cases.counts(actor, wanted), strict=True))

    async def count(self, actor: Actor, wanted: Wanted) -> CaseCount:
        """How many cases all pages have together. It takes no place of a search: a page is opened all the time."""
        [found] = await self._cases.counts(actor, [wanted])
        return found

    def _of(self, actor: Actor, queue: str | None) -> Mapping[str, Any]:
        match queue:
            case "mine":
                return {"open": True, "assignee": actor.id}
            case "team":
                return {"open": True, "teams": self.teams(actor)}
            case "unassigned":
                return {"open": True, "unassigned": True}
            case "overdue":
                return {"open": True, "overdue": True}
        return {}
