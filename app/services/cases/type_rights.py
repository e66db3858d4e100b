"""Which case types somebody has to do with, and who may fire their events, as the policy says without a case."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.case.attempt import ANYONE, Actor
from app.domain.definition.case_type import CaseType
from app.domain.policy.line_terms import Allowance, allowance, by_role, terms_of
from app.services.cases.opening_rights import may_open
from app.services.cases.visibility import EVERY, scoped
from app.services.definitions.definitions import Definitions
from app.services.fairness.slices import Slices
from app.services.policy.policies import Policies
from app.services.store.stored import Visible


@dataclass(frozen=True, slots=True)
class Doer:
    """A role that may do something: `role:clerk`, `[creator]`, or `*` for everybody; `sometimes` where conditions of
    the policy decide, by the case or by who it is."""

    role: str
    sometimes: bool


class TypeRights:
    def __init__(self, definitions: Definitions, policies: Policies, slices: Slices) -> None:
        self._definitions = definitions
        self._policies = policies
        self._slices = slices

    async def readable(self, actor: Actor) -> Sequence[str]:
        """The case types in force of which the actor may read some case, or open one; in the order of their names."""
        await self._policies.refresh()
        return [
            machine.case_type.case_type
            for machine in self._definitions.all()
            if self._concerns(actor, machine.case_type)
        ]

    async def reads(self, actor: Actor, name: str) -> bool:
        """The same of one, also of a case type that is not declared any more."""
        await self._policies.refresh()
        current = self._definitions.current.get(name)
        return self._reads(actor, name) or (current is not None and bool(self._openings(actor, current.case_type)))

    async def openings(self, actor: Actor, name: str) -> Sequence[str]:
        """The events by which the actor may open a case of this type, conditions aside."""
        await self._policies.refresh()
        current = self._definitions.current.get(name)
        return self._openings(actor, current.case_type) if current else []

    async def doers(self, actor: Actor, name: str, events: Iterable[str]) -> Mapping[str, Sequence[Doer]]:
        """By event, whom the actor's tenant lets fire it on cases of a type, or open one by it."""
        await self._policies.refresh()
        found: dict[str, Sequence[Doer]] = {}
        async with self._slices.of((actor.tenant, actor.id), small=True) as turn:
            for event in dict.fromkeys(events):
                found[event] = self._doers(actor.tenant, name, event)
                await turn.give()
        return found

    def _concerns(self, actor: Actor, case_type: CaseType) -> bool:
        return self._reads(actor, case_type.case_type) or bool(self._openings(actor, case_type))

    def _reads(self, actor: Actor, name: str) -> bool:
        engine = self._policies.engine
        roles = engine.closure(actor.tenant, actor.id, actor.roles)
        return _covers(scoped(engine.visible(actor.tenant, actor.id, roles), actor.scope), name)

    def _openings(self, actor: Actor, case_type: CaseType) -> list[str]:
        engine, name = self._policies.engine, case_type.case_type
        roles = engine.closure(actor.tenant, actor.id, actor.roles)
        return [
            event
            for event in case_type.opening
            if may_open(engine, actor.tenant, roles, name, event)
            and (actor.scope is None or actor.scope.covers(name, event))
        ]

    def _doers(self, tenant: str, name: str, event: str) -> list[Doer]:
        engine = self._policies.engine
        lines = by_role(engine.line_terms(tenant, name, event))
        found = []
        for role in engine.who_could(tenant, name, event):
            has = engine.closure(tenant, "", frozenset({role}), own=False) | {role}
            given = allowance(terms_of(lines, has))
            if given is not Allowance.NEVER:
                found.append(Doer(role, given is Allowance.CONDITIONAL))
        everybody = [doer for doer in found if doer.role == ANYONE and not doer.sometimes]
        return everybody or found


def _covers(visible: Visible, name: str) -> bool:
    """Whether there may be a case of a type that is visible."""
    if visible.denied_all or name in visible.denied_types:
        return False
    return (
        visible.all_types or name in visible.types or any({EVERY, name} & types for types in visible.by_role.values())
    )
