"""The case and its caller as they could be for an event: in another state, somebody else, with one more role."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from app.domain.case.attempt import ANYONE
from app.domain.deciding.four_eyes import four_eyes_reasons
from app.domain.deciding.situation import OnCase, relative_roles
from app.domain.definition import titles
from app.domain.explaining.hypotheticals import as_subject, in_state, with_role
from app.domain.explaining.smallest_changes import Change, SmallestChanges, Way
from app.domain.machine.machine import Arc
from app.domain.values.json import Json

MOST_CHANGES = 3
"""The state, the person, and the role."""
MOST_ROLES = 12
MOST_ACTORS = 3
SOMEBODY_ELSE = "user:somebody-else"

World: TypeAlias = tuple[Way, OnCase, list[Arc]]


@dataclass
class SupposedState:
    """A state that takes the event; None where the case is in one already."""

    given: OnCase
    state: str | None = None

    @cached_property
    def changes(self) -> Way:
        if self.state is None:
            return ()
        named = titles.of_state(self.given.machine.case_type, self.state)
        return (Change("state", f"the case has to be {named}", {"state": self.state}),)

    @cached_property
    def here(self) -> OnCase:
        return in_state(self.given, self.state) if self.state else self.given

    @cached_property
    def arcs(self) -> list[Arc]:
        found = self.here.machine.candidates(self.here.case.states, self.here.event)
        return [arc for arcs in found for arc in arcs]

    def persons(self, size: int) -> "list[SupposedPerson]":
        """Those whom four eyes lets take one of the transitions, for which no more changes are needed than `size`."""
        missing = size - len(self.changes)
        return [] if missing < 0 else self._caller if missing == 0 else [*self._caller, *self._others]

    @cached_property
    def _caller(self) -> "list[SupposedPerson]":
        return list(_able(self, [((), self.here)]))

    @cached_property
    def _others(self) -> "list[SupposedPerson]":
        return list(_able(self, _others(self)))


@dataclass
class SupposedPerson:
    """Who would fire it, and the transitions that four eyes leaves them."""

    changes: Way
    here: OnCase
    arcs: list[Arc]


class Worlds:
    """Supposed one by one: neither a state nor a person is looked at before it is its turn."""

    def __init__(self, here: OnCase) -> None:
        self._here = here
        self._roles = here.policy.who_could(here.attempt.tenant, here.case.case_type, here.event)

    def of(self, size: int, found: SmallestChanges) -> Iterator[World | None]:
        """The worlds with so many changes, but those of which fewer changes are enough, with what is open there; None
        after each state."""
        for place in self._places:
            for person in place.persons(size):
                changes = (*place.changes, *person.changes)
                if len(changes) == size and not found.covers(changes):
                    yield changes, person.here, person.arcs
                if len(changes) == size - 1:
                    yield from self._with_roles(changes, person, found)
            yield None

    def _with_roles(self, changes: Way, person: SupposedPerson, found: SmallestChanges) -> Iterator[World]:
        for role in [role for role in self._roles if role not in person.here.roles][:MOST_ROLES]:
            by_role = (*changes, Change("role", f"it takes {role}", {"role": role}))
            supposed = None if found.covers(by_role) else with_role(person.here, role)
            if supposed is not None:
                yield by_role, supposed, person.arcs

    @cached_property
    def _places(self) -> list[SupposedState]:
        here = self._here
        if here.machine.candidates(here.case.states, here.event):
            return [SupposedState(here)]
        return [SupposedState(here, state) for state in sorted(here.machine.arcs.get(here.event, {}))]


def _able(place: SupposedState, persons: Iterable[tuple[Way, OnCase]]) -> Iterator[SupposedPerson]:
    for changes, here in persons:
        if arcs := [arc for arc in place.arcs if not four_eyes_reasons(here, arc)]:
            yield SupposedPerson(changes, here, arcs)


def _others(place: SupposedState) -> Iterator[tuple[Way, OnCase]]:
    """Somebody who has nothing to do with the case; those who fired what only they may go on with."""
    here = place.here
    roles = here.roles - relative_roles(here.case, here.around, here.attempt.acting)
    detail: dict[str, Json] = {"subject": None, "roles": sorted(roles - {ANYONE})}
    yield (
        (Change("four_eyes", "somebody else with the same roles has to do it", detail),),
        as_subject(here, SOMEBODY_ELSE, roles),
    )
    if _barred(here, roles):
        detail = {"subject": None, "roles": []}
        change = Change("four_eyes", "somebody else has to do it, without the roles that may not", detail)
        yield (change,), as_subject(here, SOMEBODY_ELSE)
    only = {event for arc in place.arcs for event in arc.only_actor_of}
    acted = {subject for event in only for subject in here.around.acted.get(event, ())}
    for subject in sorted(acted - {here.attempt.acting})[:MOST_ACTORS]:
        detail = {"subject": subject, "roles": sorted(roles - {ANYONE})}
        change = Change("four_eyes", f"{subject} has to do it, with the same roles", detail)
        yield (change,), as_subject(here, subject, roles)


def _barred(here: OnCase, roles: frozenset[str]) -> bool:
    """Whether a line denies the event to a role that the caller has, so that the same roles help nobody."""
    lines = here.policy.line_terms(here.attempt.tenant, here.case.case_type, here.event)
    return any(line.eft == "deny" and line.role in roles - {ANYONE} for line in lines)
