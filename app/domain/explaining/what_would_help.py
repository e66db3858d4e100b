"""What would have to be otherwise for a refused event to be allowed: alternatives, each of which is enough.

Found by supposing: another person, one more role, another state; what is then left are conditions on the case. Few
changes are supposed before many, so that no more is looked at than is told.
"""

from collections.abc import Generator, Iterator

from app.domain.deciding.situation import OnCase
from app.domain.explaining.could_fire import entry_tells
from app.domain.explaining.smallest_changes import Change, SmallestChanges, Way
from app.domain.explaining.worlds import MOST_CHANGES, Worlds
from app.domain.machine.machine import Arc
from app.domain.policy.line_terms import truth_of

__all__ = ["Change", "Way", "what_would_help"]


def what_would_help(here: OnCase) -> Generator[None, None, tuple[Way, ...]]:
    """The smallest sets of changes, at most MOST_WAYS; none where nothing allows the event on this case. Yields where
    others may have a turn."""
    found = SmallestChanges()
    if here.machine.graph.closed(here.case.states):
        return ()
    worlds = Worlds(here)
    for size in range(MOST_CHANGES + 1):
        found.begin(size)
        for world in worlds.of(size, found):
            yield
            for way in _of_world(*world) if world else ():
                found.add(way)
            if found.enough:
                return found.smallest
    found.end()
    return found.smallest


def _of_world(changes: Way, supposed: OnCase, arcs: list[Arc]) -> Iterator[Way]:
    ways = (_to_show((*changes, *rest)) for rest in _conditions(supposed, arcs))
    return (way for way in ways if way)


def _to_show(way: Way) -> Way:
    """What is met is told only where data have to change, which could undo it."""
    if any(not change.met and change.code in ("rule", "guard") for change in way):
        return way
    return tuple(change for change in way if not change.met)


def _conditions(here: OnCase, arcs: list[Arc]) -> Iterator[Way]:
    by_arcs: list[Way] = [() if arc.guard is None else (_guard(here, arc),) for arc in arcs]
    for by_policy in _of_policy(here):
        for by_arc in by_arcs:
            if _can_be(by_policy):
                yield (*by_policy, *by_arc)


def _of_policy(here: OnCase) -> Iterator[Way]:
    """What the lines that concern these roles ask for: of those that deny all, of those that allow one."""
    lines = here.policy.line_terms(here.attempt.tenant, here.case.case_type, here.event)
    mine = {(line.eft, line.when) for line in lines if line.role in here.roles}
    if ("deny", "") in mine:
        return
    denied = tuple(_rule(here, when, holds=False) for eft, when in sorted(mine) if eft == "deny")
    if ("allow", "") in mine:
        yield denied
        return
    for eft, when in sorted(mine):
        if eft == "allow":
            yield (*denied, _rule(here, when, holds=True))


def _rule(here: OnCase, when: str, *, holds: bool) -> Change:
    truth = truth_of(when, here.view)
    met = truth.error is None and truth.value is holds
    remedy = f"`{when}` has to hold" if holds else f"`{when}` must be known not to hold"
    return Change("rule", remedy, {"condition": when, "holds": holds}, met)


def _guard(here: OnCase, arc: Arc) -> Change:
    assert arc.guard is not None
    met = not entry_tells(here, arc.guard) and arc.guard.is_true(here.view)
    return Change("guard", f"`{arc.guard.text}` has to hold", {"guard": arc.guard.text}, met)


def _can_be(way: Way) -> bool:
    wanted: dict[str, bool] = {}
    return all(
        wanted.setdefault(change.detail["condition"], change.detail["holds"]) is change.detail["holds"]
        for change in way
        if change.code == "rule"
    )
