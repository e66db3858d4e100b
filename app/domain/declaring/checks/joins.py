"""Follow completions: what is done as soon as it is entered, and whether joins alone lead round in a circle."""

from app.domain.declaring.checks.state_tree import DEEP_HISTORY, HISTORY, StateTree, has_history, without_history


def never_rests(start: str, tree: StateTree) -> bool:
    """Whether joins alone lead from this state back to it, each state being entered by default.

    What a history brings back is another question (rests.py).
    """
    seen: set[str] = set()
    path: str | None = start
    while path is not None and path not in seen:
        seen.add(path)
        target = tree.nodes[path].state.on_done or "="
        path = done_on_entry(target, tree) if target in tree.nodes else None
    return path == start


def may_chain(tree: StateTree) -> bool:
    """Whether one join may lead to the next without an event, because of what it enters or of what is remembered."""
    targets = [node.state.on_done for node in tree.nodes.values() if node.state.on_done]
    return any(
        has_history(to) or done_on_entry(to, tree) is not None for to in targets if without_history(to) in tree.nodes
    )


def remembers_itself(path: str, tree: StateTree) -> bool:
    """Whether a state that is done comes back as it was: shallow history enters the regions of a parallel one anew."""
    node = tree.nodes[path]
    return node.state.on_done in (
        (f"{path}{DEEP_HISTORY}",) if node.parallel else (f"{path}{HISTORY}", f"{path}{DEEP_HISTORY}")
    )


def done_on_entry(target: str, tree: StateTree) -> str | None:
    """The innermost state with `on_done` that is done as soon as the target is entered."""
    active = tree.configuration(target)
    return next((path for leaf in sorted(active) for path in tree.ancestors(leaf) if _joins(path, active, tree)), None)


def _joins(path: str, active: frozenset[str], tree: StateTree) -> bool:
    return tree.nodes[path].state.on_done is not None and _is_done(path, active, tree)


def _is_done(path: str, active: frozenset[str], tree: StateTree) -> bool:
    node = tree.nodes[path]
    if node.parallel:
        return all(_is_done(region, active, tree) for region in node.children)
    return (
        node.state.final and path in active
        if node.atomic
        else any(child in active and tree.nodes[child].state.final for child in node.children)
    )
