"""Check for moves within a parallel state that leave all of it: the regions beside begin anew, as SCXML has it."""

from collections.abc import Iterator

from app.domain.declaring.checks.state_tree import StateTree, has_history, transition_domain, without_history
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.places import at_state, at_transition
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import CaseType, Transition
from app.domain.values.near_names import quoted


def check_restarts(case_type: CaseType, source: Source, tree: StateTree) -> Iterator[Fault]:
    """Warnings with what would leave the other regions alone, and `internal` that does nothing. Needs known names."""
    for event, declared in case_type.events.items():
        for index, transition in enumerate(declared.transitions):
            here = at_transition(source, event, index)
            idle = _idle(transition, (*here, "internal"), source, tree) if transition.internal else None
            yield from [idle] if idle else _of_transition(event, transition, here, source, tree)
    for path, node in tree.nodes.items():
        if node.state.on_done and (outer := restarted(tree, path, node.state.on_done)):
            message = f"`on_done` of {quoted(path)} leaves all of {quoted(outer)}, whose other regions begin anew"
            place = (*at_state(path), "on_done")
            yield source.warning(place, message, f"let an event within {quoted(path)} lead there")


def _of_transition(event: str, transition: Transition, here: Path, source: Source, tree: StateTree) -> Iterator[Fault]:
    for start in transition.sources:
        if start == "*":
            continue
        outer = restarted(tree, start, transition.to, internal=transition.internal)
        if outer is not None:
            message = (
                f"{quoted(event)} from {quoted(start)} leaves all of {quoted(outer)}: its other regions begin anew"
            )
            yield source.warning((*here, "to"), message, _instead(tree, start, transition.to, outer))
            return


def restarted(tree: StateTree, start: str, target: str, *, internal: bool = False) -> str | None:
    """The parallel state that a move from `start` leaves, only to come back into one of its regions."""
    state, domain = without_history(target), transition_domain(tree, start, target, internal=internal)
    for path in reversed(list(tree.line(start))):
        left = domain is None or (path != domain and tree.contains(domain, path))
        if tree.nodes[path].parallel and left and path != state and tree.contains(path, state):
            return path
    return None


def _instead(tree: StateTree, start: str, target: str, outer: str) -> str:
    """What the author probably meant: to move within the region of the target."""
    state = without_history(target)
    region = next(path for path in tree.nodes[outer].children if tree.contains(path, state))
    holder = next((path for path in _around(tree, state, region) if not tree.nodes[path].parallel), None)
    if has_history(target):
        holder = holder or state
    written = [f"from: {holder}", f"to: {target}", "internal: true"]
    if holder is None:  # the target is a region, or one within it
        holder, target = state, tree.nodes[state].initial or ""
        written = [*([] if start == holder else [f"from: {holder}"]), f"to: {target}", "internal: true"]
        if start != holder and tree.contains(holder, start):
            written = [f"to: {target}"]
    elif start == holder:
        written = ["internal: true"]
    if not target:
        return f"remove it: {quoted(state)} is active as long as {quoted(outer)} is"
    *several, last = map(quoted, written)
    words = f"{', '.join(several)} and {last}" if several else last
    return f"write {words}, which leaves them where they are"


def _around(tree: StateTree, state: str, region: str) -> list[str]:
    """The states of a region that hold another one, outermost first."""
    return [path for path in reversed(list(tree.ancestors(state))) if tree.contains(region, path)]


def _idle(transition: Transition, place: Path, source: Source, tree: StateTree) -> Fault | None:
    """The fault of an `internal` that changes nothing."""
    if transition.to == "=":
        return source.warning(place, "`internal` means nothing where a case stays", "remove it")
    starts = [path for path in tree.nodes if "." not in path] if transition.sources == ["*"] else transition.sources
    if any(transition_domain(tree, start, transition.to, internal=True) == start for start in starts):
        return None
    state = without_history(transition.to)
    parallel = next((path for path in starts if tree.nodes[path].parallel and tree.contains(path, state)), None)
    if parallel is None:
        message = f"`internal` does nothing: {quoted(state)} lies inside no state that the transition starts from"
        return source.warning(place, message, "remove it")
    message = f"{quoted(parallel)} is parallel, and every transition from it leaves it, `internal` or not"
    regions = tree.nodes[parallel].children
    start = next((path for path in regions if tree.contains(path, state)), regions[0])
    return source.warning(place, message, f"start from {quoted(start)}")
