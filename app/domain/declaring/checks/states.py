"""Check the states of a case type: names that lead nowhere, states that cannot be, and states without a way."""

from collections.abc import Iterator
from typing import Final

from app.domain.declaring.checks.joins import never_rests
from app.domain.declaring.checks.reach import Moves, Reach
from app.domain.declaring.checks.restarts import check_restarts
from app.domain.declaring.checks.rests import check_rests
from app.domain.declaring.checks.state_tree import Node, StateTree, has_history, without_history
from app.domain.declaring.checks.traps import Traps
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.places import at_opening, at_state
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import CaseType
from app.domain.values.names import LONGEST_STATE
from app.domain.values.near_names import choose, quoted

MOST_ACTIVE: Final = 64


def check_states(case_type: CaseType, source: Source, tree: StateTree) -> Iterator[Fault]:
    """Each state by itself."""
    yield from _openings(case_type, source, tree)
    for node in tree.nodes.values():
        yield from _shape(node, source)
        yield from _initial(node, source)
        if node.state.on_done is not None:
            yield from _join(node, node.state.on_done, source, tree)
        if node.parent is None and tree.most_active(node.path) > MOST_ACTIVE:
            message = f"more than {MOST_ACTIVE} states of {quoted(node.path)} can be active at once"
            yield source.error(at_state(node.path), message, "use fewer parallel regions")
        elif node.parent is None and (longest := tree.longest_joined(node.path)) > LONGEST_STATE:
            message = f"the active states of {quoted(node.path)} may have {longest} characters, written together"
            yield source.error(at_state(node.path), message, f"shorten names: {LONGEST_STATE} are the most")


def check_reach(case_type: CaseType, source: Source, tree: StateTree) -> Iterator[Fault]:
    """All states together. Needs that every name is known."""
    yield from check_rests(case_type, source, tree)
    yield from check_restarts(case_type, source, tree)
    moves = Moves(case_type, tree)
    reach, traps = Reach(case_type, moves), Traps(moves)
    for path, node in tree.nodes.items():
        here = at_state(path)
        if path not in reach.states:
            if node.parent is None or node.parent in reach.states:
                yield source.warning(
                    here, f"no case ever comes to {quoted(path)}", "let an event lead there, or remove it"
                )
        elif _ends_in_nothing(node) and traps.holds(path):
            yield source.warning(here, f"nothing leaves {quoted(path)}", _way_out(node))
        elif node.state.on_done and not reach.can_finish(path):
            message = f"{quoted(path)} has `on_done`, but can never be done"
            yield source.error((*here, "on_done"), message, "let events lead to a final state of it (of each region)")
    for event, declared in case_type.events.items():
        sources = [state for transition in declared.transitions for state in transition.sources]
        if sources and "*" not in sources and reach.states.isdisjoint(sources):
            yield source.warning(
                ("events", event), f"{quoted(event)} can never fire", "no case comes to where it starts"
            )


def _openings(case_type: CaseType, source: Source, tree: StateTree) -> Iterator[Fault]:
    for event, state in case_type.opening.items():
        here = at_opening(source, event)
        if state not in tree.nodes:
            yield unknown_state(source, here, state, tree)
        elif tree.nodes[state].state.final and "." not in state:
            yield source.warning(
                here, f"{quoted(event)} opens a case that is closed at once", "open it in another state"
            )


def _shape(node: Node, source: Source) -> Iterator[Fault]:
    here = at_state(node.path)
    state, name = node.state, quoted(node.path)
    if state.final and not node.atomic:
        yield source.error((*here, "final"), f"{name} is final and has children", "make one of its children final")
    if state.final and state.on_done is not None:
        yield source.error((*here, "on_done"), f"{name} is final and has `on_done`", "give `on_done` to its parent")
    if state.parallel and len(node.children) < 2:
        yield source.error(
            (*here, "parallel"), f"{name} is parallel with fewer than two regions", "add regions to `states`"
        )
    if state.parallel and any(region.final for region in state.states.values()):
        yield source.error(
            (*here, "parallel"), f"a region of {name} is final", "give the region children, one of them final"
        )
    if node.atomic and not state.final and state.on_done is not None:
        yield source.error((*here, "on_done"), f"{name} has `on_done` but no children that could be done", "remove it")


def _initial(node: Node, source: Source) -> Iterator[Fault]:
    here = (*at_state(node.path), "initial")
    name, children = quoted(node.path), list(node.state.states)
    if node.state.initial is None:
        if children and not node.state.parallel:
            yield source.error(here, f"{name} does not say which child it begins in", f"add `initial: {children[0]}`")
    elif node.state.parallel:
        yield source.error(here, f"{name} is parallel and enters all its regions", "remove `initial`")
    elif node.state.initial not in children:
        message = f"{name} begins in {quoted(node.state.initial)}, which is no child of it"
        yield source.error(here, message, choose(node.state.initial, children, "children"))


def _join(node: Node, target: str, source: Source, tree: StateTree) -> Iterator[Fault]:
    here = (*at_state(node.path), "on_done")
    if target == "=":
        yield source.error(here, f"{quoted(node.path)} would be done for ever", "name the state to go to")
        return
    fault = check_target(source, here, target, tree)
    if fault:
        yield fault
    elif never_rests(node.path, tree):
        message = f"`on_done` of {quoted(node.path)} leads back to it without an event"
        yield source.error(here, message, "lead to a state that waits for an event")


def check_target(source: Source, here: Path, target: str, tree: StateTree) -> Fault | None:
    """A fault where a target names no state, or the history of one that remembers nothing."""
    state = without_history(target)
    if target == "=":
        return None
    if state not in tree.nodes:
        return unknown_state(source, here, state, tree)
    if has_history(target) and tree.nodes[state].atomic:
        return source.error(here, f"{quoted(state)} has no children to remember", f"write {quoted(state)}")
    return None


def unknown_state(source: Source, here: Path, state: str, tree: StateTree) -> Fault:
    inner = [path for path in tree.nodes if path.endswith(f".{state}")]
    remedy = f"write {quoted(inner[0])}" if len(inner) == 1 else choose(state, tree.nodes, "states")
    return source.error(here, f"unknown state {quoted(state)}", remedy)


def _ends_in_nothing(node: Node) -> bool:
    return node.atomic and not (node.state.final and node.parent is None)


def _way_out(node: Node) -> str:
    if node.state.final:
        return f"give {quoted(node.parent)} `on_done`, or let an event leave it"
    return "let an event leave it, or make it `final: true`"
