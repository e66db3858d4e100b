"""Check the events of a case type: the states and events they name, and transitions that others hide."""

from collections.abc import Iterator

from app.domain.declaring.checks.state_tree import StateTree
from app.domain.declaring.checks.states import check_target, unknown_state
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.places import at_transition
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import Actors, ActorsSince, CaseType, Transition, events_of, since_of
from app.domain.values.near_names import choose, quoted


def check_events(case_type: CaseType, source: Source, tree: StateTree) -> Iterator[Fault]:
    known = [*case_type.events, *case_type.opening]
    for event, declared in case_type.events.items():
        if not declared.transitions and event not in case_type.opening:
            message = "the event has no transitions, and opens no case"
            yield source.error(("events", event), message, "give it `from` and `to`, or `transitions`")
        for index, transition in enumerate(declared.transitions):
            here = at_transition(source, event, index)
            yield from _sources(transition, here, source, tree)
            fault = check_target(source, (*here, "to"), transition.to, tree)
            if fault:
                yield fault
            yield from _four_eyes(transition, here, source, known, tree)
        yield from _shadowed(event, declared.transitions, source)


def _sources(transition: Transition, here: Path, source: Source, tree: StateTree) -> Iterator[Fault]:
    if transition.from_ == []:
        yield source.error((*here, "from"), "`from` is an empty list", "name the states it starts from")
    for index, state in enumerate(transition.sources):
        place = (*here, "from", index) if isinstance(transition.from_, list) else (*here, "from")
        if state == "*":
            continue
        if state not in tree.nodes:
            yield unknown_state(source, place, state, tree)
        elif tree.nodes[state].state.final:
            yield source.error(
                place, f"{quoted(state)} is final, and nothing leaves a final state", _leave_instead(state)
            )


def _leave_instead(state: str) -> str:
    parent, _, _ = state.rpartition(".")
    return f"start from {quoted(parent)}, or give that `on_done`" if parent else "remove it here, or `final` there"


def _four_eyes(
    transition: Transition, here: Path, source: Source, known: list[str], tree: StateTree
) -> Iterator[Fault]:
    for key in ("unless_actor_of", "only_actor_of"):
        actors: Actors = getattr(transition, key)
        place: Path = (*here, key, "events") if isinstance(actors, ActorsSince) else (*here, key)
        for index, event in enumerate(events_of(actors)):
            if event not in known:
                yield source.error((*place, index), f"unknown event {quoted(event)}", choose(event, known, "events"))
        since = since_of(actors)
        if since is not None and since not in tree.nodes:
            yield unknown_state(source, (*here, key, "since"), since, tree)
    unless, only = transition.unless_actor_of, transition.only_actor_of
    if events_of(only) and since_of(unless) == since_of(only) and {*events_of(unless)}.issuperset(events_of(only)):
        message = "nobody can be who `only_actor_of` asks for and `unless_actor_of` bars"
        yield source.warning((*here, "only_actor_of"), message, "remove one of the two")


def _shadowed(event: str, transitions: list[Transition], source: Source) -> Iterator[Fault]:
    """Transitions that an earlier one of the same state and with the same or no condition always precedes."""
    settled: set[tuple[str, str | None]] = set()
    for index, transition in enumerate(transitions):
        hidden = [state for state in transition.sources if _is_settled(state, transition.when, settled)]
        if hidden:
            what = (
                "always runs first" if len(hidden) == len(transition.sources) else f"runs first in {quoted(hidden[0])}"
            )
            here = at_transition(source, event, index)
            message = f"an earlier transition of {quoted(event)} {what}"
            yield source.warning(here, message, "put the one with the narrower condition first, or remove this one")
        if not transition.unless_actor_of and not transition.only_actor_of:
            settled.update((state, transition.when) for state in transition.sources)


def _is_settled(state: str, when: str | None, settled: set[tuple[str, str | None]]) -> bool:
    """ "*" stands for every top-level state, and inner states go before outer ones."""
    earlier = [state] if "." in state else [state, "*"]
    return any((each, guard) in settled for each in earlier for guard in (None, when))
