"""What would have to be otherwise for a refused event to be allowed: alternatives, each of which is enough.

Found by supposing: another person, one more role, another state; what is then left are conditions on the case.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from app.domain.case import ANYONE, Json
from app.domain.clause import truth_of
from app.domain.could_fire import payload_tells
from app.domain.four_eyes import four_eyes_reasons
from app.domain.machine import Arc
from app.domain.situation import Situation, relative_roles
from app.domain.supposing import as_subject, in_state, with_role

MOST_WAYS = 8
MOST_ROLES = 12
MOST_ACTORS = 3
SOMEBODY_ELSE = "user:somebody-else"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that has to be so. `met` says that it is already, and has to stay so while the others change.

    `code` is that of a reason; `detail` holds `role`, `state`, `condition` and `holds`, `guard`, or who it takes:
    `subject` (None: anybody else) with `roles`.
    """

    code: str
    remedy: str
    detail: dict[str, Json] = field(default_factory=dict)
    met: bool = False


Way: TypeAlias = tuple[Change, ...]
World: TypeAlias = tuple[Way, Situation]


def ways(here: Situation) -> tuple[Way, ...]:
    """The smallest sets of changes, at most MOST_WAYS; none where nothing allows the event on this case."""
    assert here.case is not None
    if here.machine.graph.closed(here.case.states):
        return ()
    found: list[Way] = []
    for changes, supposed in _worlds(here):
        found += [way for rest in _conditions(supposed) if (way := _told((*changes, *rest)))]
    return tuple(islice(_smallest(found), MOST_WAYS))


def _told(way: Way) -> Way:
    """What is met is told only where data have to change, which could undo it."""
    if any(not change.met and change.code in ("rule", "guard") for change in way):
        return way
    return tuple(change for change in way if not change.met)


def _smallest(found: Iterable[Way]) -> Iterator[Way]:
    kept: list[set[str]] = []
    for way in sorted(found, key=lambda way: sum(not change.met for change in way)):
        needed = {f"{change.code} {change.detail}" for change in way if not change.met}
        if not any(other <= needed for other in kept):
            kept.append(needed)
            yield way


def _worlds(here: Situation) -> Iterator[World]:
    for by_state, elsewhere in _states(here):
        for by_person, person in _persons(elsewhere):
            for by_role, able in _roles(person):
                yield (*by_state, *by_person, *by_role), able


def _states(here: Situation) -> Iterator[World]:
    assert here.case is not None
    if here.machine.candidates(here.case.states, here.event):
        yield (), here
        return
    for state in sorted(here.machine.arcs.get(here.event, {})):
        change = Change("state", f"the case has to be {state}", {"state": state})
        yield (change,), in_state(here, state)


def _persons(here: Situation) -> Iterator[World]:
    """The caller; somebody who has nothing to do with the case; those who fired what only they may go on with."""
    assert here.case is not None
    yield (), here
    roles = here.roles - relative_roles(here.case, here.around, here.attempt.acting)
    told: dict[str, Json] = {"subject": None, "roles": sorted(roles - {ANYONE})}
    yield (
        (Change("four_eyes", "somebody else with the same roles has to do it", told),),
        as_subject(here, SOMEBODY_ELSE, roles),
    )
    if _barred(here, roles):
        told = {"subject": None, "roles": []}
        change = Change("four_eyes", "somebody else has to do it, without the roles that may not", told)
        yield (change,), as_subject(here, SOMEBODY_ELSE)
    only = {event for arc in _arcs(here) for event in arc.only_actor_of}
    acted = {subject for event in only for subject in here.around.acted.get(event, ())}
    for subject in sorted(acted - {here.attempt.acting})[:MOST_ACTORS]:
        told = {"subject": subject, "roles": sorted(roles - {ANYONE})}
        change = Change("four_eyes", f"{subject} has to do it, with the same roles", told)
        yield (change,), as_subject(here, subject, roles)


def _barred(here: Situation, roles: frozenset[str]) -> bool:
    """Whether a line denies the event to a role that the caller has, so that the same roles help nobody."""
    assert here.case is not None
    clauses = here.policy.clauses(here.attempt.tenant, here.case.case_type, here.event)
    return any(clause.eft == "deny" and clause.role in roles - {ANYONE} for clause in clauses)


def _roles(here: Situation) -> Iterator[World]:
    assert here.case is not None
    yield (), here
    could = here.policy.who_could(here.attempt.tenant, here.case.case_type, here.event)
    for role in [role for role in could if role not in here.roles][:MOST_ROLES]:
        supposed = with_role(here, role)
        if supposed is not None:
            yield (Change("role", f"it takes {role}", {"role": role}),), supposed


def _conditions(here: Situation) -> Iterator[Way]:
    arcs = list(_of_arcs(here))
    for by_policy in _of_policy(here) if arcs else ():
        for by_arc in arcs:
            if _can_be(by_policy):
                yield (*by_policy, *by_arc)


def _of_policy(here: Situation) -> Iterator[Way]:
    """What the lines that concern these roles ask for: of those that deny all, of those that allow one."""
    assert here.case is not None
    clauses = here.policy.clauses(here.attempt.tenant, here.case.case_type, here.event)
    mine = {(clause.eft, clause.when) for clause in clauses if clause.role in here.roles}
    if ("deny", "") in mine:
        return
    denied = tuple(_rule(here, when, holds=False) for eft, when in sorted(mine) if eft == "deny")
    if ("allow", "") in mine:
        yield denied
        return
    for eft, when in sorted(mine):
        if eft == "allow":
            yield (*denied, _rule(here, when, holds=True))


def _of_arcs(here: Situation) -> Iterator[Way]:
    for arc in _arcs(here):
        if not four_eyes_reasons(here, arc):
            yield () if arc.guard is None else (_guard(here, arc),)


def _rule(here: Situation, when: str, *, holds: bool) -> Change:
    truth = truth_of(when, here.view)
    met = truth.error is None and truth.value is holds
    remedy = f"`{when}` has to hold" if holds else f"`{when}` must be known not to hold"
    return Change("rule", remedy, {"condition": when, "holds": holds}, met)


def _guard(here: Situation, arc: Arc) -> Change:
    assert arc.guard is not None
    met = not payload_tells(arc.guard) and arc.guard.is_true(here.view)
    return Change("guard", f"`{arc.guard.text}` has to hold", {"guard": arc.guard.text}, met)


def _can_be(way: Way) -> bool:
    wanted: dict[str, bool] = {}
    return all(
        wanted.setdefault(change.detail["condition"], change.detail["holds"]) is change.detail["holds"]
        for change in way
        if change.code == "rule"
    )


def _arcs(here: Situation) -> Sequence[Arc]:
    assert here.case is not None
    return [arc for arcs in here.machine.candidates(here.case.states, here.event) for arc in arcs]
