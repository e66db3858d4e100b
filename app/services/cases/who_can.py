"""Who could fire an event on a case as it stands now: people, and roles that would be enough for a newcomer."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.domain.case.attempt import Actor
from app.domain.deciding.situation import ADMIN, OnCase
from app.domain.definition.meant import unknown_event
from app.domain.explaining.could_fire import Could, could_fire
from app.domain.explaining.hypotheticals import as_subject, with_role
from app.domain.values.errors import Denied, invalid
from app.services.cases.cases import Cases
from app.services.desk.queue import caller_of
from app.services.entries.identity import new_id
from app.services.fairness.slices import Slices
from app.services.policy.requests import Able, WhoCanFire
from app.services.store.policy import PolicyEngine

MOST_JUDGED = 200


class WhoCan:
    """It takes `case:admin` on the case type, for the answer tells the roles of other people, and `case:read`."""

    def __init__(self, cases: Cases, engine: PolicyEngine, slices: Slices) -> None:
        self._cases = cases
        self._slices = slices
        self._engine = engine

    async def fire(self, actor: Actor, case_id: str, event: str, after: str | None, limit: int) -> WhoCanFire:
        """The subjects after `after`, in the order of their names. Raises NotFound, Denied and Invalid.

        A subject is judged by its `g` lines and by how it stands to the case, not by tokens that it may have.
        """
        here = await self._cases.situation(actor, case_id)
        verdict = here.decide(ADMIN)
        if not verdict.allowed:
            raise Denied(f"who may fire something is told to those with {ADMIN}", reasons=verdict.reasons)
        if not here.machine.knows(event):
            raise invalid("event", unknown_event(here.machine.case_type, event))
        here = replace(here, attempt=replace(here.attempt, event=event), wide=True)
        version, able = await self._at_one_version(here, after or "", limit + 1)
        more = able[limit - 1].name if len(able) > limit else None
        return WhoCanFire(
            case_id=here.case.id,
            event=event,
            version=version,
            subjects=able[:limit],
            roles=await self._roles(here),
            after=more,
        )

    async def people(self, here: OnCase, event: str, most: int) -> tuple[Sequence[str], bool]:
        """Those who could fire an event on the case as it stands, for the page of one who may read it: at most so many,
        and whether there are more. Of many only the first MOST_JUDGED are judged."""
        here = replace(here, attempt=replace(here.attempt, event=event), wide=True)
        found: list[str] = []
        async with self._slices.of(caller_of(here.attempt), small=True) as turn:
            subjects = sorted(self._subjects(here, "") - {here.attempt.acting})
            for subject in subjects[:MOST_JUDGED]:
                await turn.give()
                if could_fire(as_subject(here, subject)) is not Could.NO:
                    found.append(subject)
                if len(found) > most:
                    break
        return found[:most], len(found) > most or len(subjects) > MOST_JUDGED

    async def _at_one_version(self, here: OnCase, after: str, most: int) -> tuple[int, list[Able]]:
        while True:
            version = self._engine.version
            able = await self._able(here, after, most)
            if version == self._engine.version:
                return version, able

    async def _able(self, here: OnCase, after: str, most: int) -> list[Able]:
        able: list[Able] = []
        async with self._slices.of(caller_of(here.attempt), small=True) as turn:
            for subject in sorted(self._subjects(here, after)):
                if len(able) == most:
                    break
                await turn.give()
                able += _judged(subject, as_subject(here, subject))
        return able

    def _subjects(self, here: OnCase, after: str) -> set[str]:
        """Those whom the policy may let do it: with a role that some line names, or any where none is needed."""
        could = frozenset(self._engine.who_could(here.attempt.tenant, here.case.case_type, here.event))
        members = self._engine.holders(here.attempt.tenant, could)
        given = (here.case.creator, here.case.assignee, *here.around.roles)
        acted = (subject for subjects in here.around.acted.values() for subject in subjects)
        return {
            subject
            for subject in (*members, *given, *acted)
            if subject and subject.startswith("user:") and subject > after
        }

    async def _roles(self, here: OnCase) -> list[Able]:
        """Each role alone, held by somebody who has nothing to do with the case yet."""
        newcomer = as_subject(here, f"user:{new_id()}")
        found: list[Able] = []
        async with self._slices.of(caller_of(here.attempt), small=True) as turn:
            for role in self._engine.who_could(here.attempt.tenant, here.case.case_type, here.event):
                await turn.give()
                found += _judged(role, with_role(newcomer, role))
        return found


def _judged(name: str, here: OnCase | None) -> Iterable[Able]:
    could = could_fire(here) if here else Could.NO
    return () if could is Could.NO else (Able(name, "payload" if could is Could.WITH_PAYLOAD else None),)
