"""Nested, parallel and history behaviour equals that of an independent SCXML implementation."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statemachine.io import load
from statemachine.orderedset import OrderedSet

from app.domain.definition.case_type import CaseType, State
from app.domain.machine.completing import NeverRests
from app.domain.machine.graph import Graph
from app.domain.machine.machine import Machine, Resting
from tests.lengths import length
from tests.scxml import as_scxml, path_of

EVENTS = ("a", "b", "c", "d")


class Oracle:
    """python-statemachine, with the document order that its own selection leaves as a TODO."""

    def __init__(self, document: str) -> None:
        chart = load(document, format="scxml")
        self._place = lambda state: document.index(f'id="{state.id}"')
        for state in chart.states_map.values():
            state.document_order = self._place(state)
        self._chart = chart()

    def send(self, event: str) -> None:
        self._chart.configuration = OrderedSet(sorted(self._chart.configuration, key=self._place))
        self._chart.send(event)

    def leaves(self) -> set[str]:
        active = {path_of(state.id) for state in self._chart.configuration}
        return {path for path in active if not any(other.startswith(f"{path}.") for other in active)}


@st.composite
def states(draw: st.DrawFn, depth: int) -> dict[str, Any]:
    kind = draw(st.sampled_from(["atomic", "compound", "parallel"] if depth else ["atomic"]))
    if kind == "atomic":
        return {}
    if kind == "compound":
        return draw(compounds(depth))
    regions = {f"r{n}": draw(compounds(depth - 1)) for n in range(draw(st.integers(2, 3)))}
    return {"parallel": True, "states": regions}


@st.composite
def compounds(draw: st.DrawFn, depth: int) -> dict[str, Any]:
    names = [f"s{n}" for n in range(draw(st.integers(1, 3)))]
    children: dict[str, Any] = {name: draw(states(max(depth - 1, 0))) for name in names}
    if draw(st.booleans()):
        children["end"] = {"final": True}
    return {"initial": draw(st.sampled_from(names)), "states": children}


@st.composite
def case_types(draw: st.DrawFn, guards: tuple[str, ...] = ("true", "false")) -> CaseType:
    top: dict[str, Any] = {f"t{n}": draw(states(3)) for n in range(draw(st.integers(2, 3)))}
    if draw(st.booleans()):
        top["done"] = {"final": True}
    plain = {name: State.model_validate(state) for name, state in top.items()}
    every = Graph(plain).states
    composite = [path for path, state in every.items() if state.states]
    sources = [path for path, state in every.items() if not state.final]
    histories = [f"{path}.${kind}" for path in composite for kind in ("history", "deep_history")]
    targets = st.sampled_from([*every, *histories, "="])
    for path in composite:
        if draw(st.integers(0, 2)) == 0:
            _at(top, path)["on_done"] = draw(st.sampled_from([*sources, *histories]))
    transition = st.fixed_dictionaries(
        {"from": st.sampled_from([*sources, "*"]), "to": targets},
        optional={"when": st.sampled_from(guards), "internal": st.booleans()},
    )
    events = {name: {"transitions": draw(st.lists(transition, min_size=1, max_size=5))} for name in EVENTS}
    opening = {"open": draw(st.sampled_from(sources))}
    return CaseType.model_validate({"case_type": "random", "opening": opening, "states": top, "events": events})


@settings(max_examples=length(60, 400), deadline=None)
@given(case_type=case_types(), events=st.lists(st.sampled_from(EVENTS), max_size=12))
def test_random_machines_reach_the_configurations_that_scxml_demands(case_type: CaseType, events: list[str]) -> None:
    machine = Machine(case_type, "hash", 1)
    try:
        here = machine.opened("open")
    except NeverRests:
        assume(False)  # completions that never rest are refused by `check`
    oracle = Oracle(as_scxml(case_type, "open"))
    assert set(here.configuration) == oracle.leaves()
    for event in events:
        if here.closed:
            return
        try:
            here = fired(machine, here, event) or here
        except NeverRests:
            assume(False)
        oracle.send(event)
        assert set(here.configuration) == oracle.leaves(), event


@pytest.mark.parametrize("order", list(permutations(("visa", "tax", "goods"))))
def test_the_regions_join_whichever_comes_last(order: tuple[str, ...]) -> None:
    """SCXML's algorithm joins only where a region of the outermost parallel state comes last; its text does not."""
    region = {"initial": "open", "states": {"open": {}, "ok": {"final": True}}}
    papers = {"parallel": True, "states": {"visa": region, "tax": region}}
    legs = {"parallel": True, "on_done": "arrived", "states": {"papers": papers, "goods": region}}
    places = {"visa": "legs.papers.visa", "tax": "legs.papers.tax", "goods": "legs.goods"}
    events = {name: {"transitions": [{"from": f"{place}.open", "to": f"{place}.ok"}]} for name, place in places.items()}
    declared = {"case_type": "trip", "opening": {"open": "legs"}, "states": {"legs": legs, "arrived": {}}}
    machine = Machine(CaseType.model_validate({**declared, "events": events}), "hash", 1)
    here = machine.opened("open")
    for event in order:
        here = fired(machine, here, event) or here
    assert here.state == "arrived"


def fired(machine: Machine, here: Resting, event: str) -> Resting | None:
    """Where a case rests after an event; None where no transition takes it."""
    arcs = machine.select(
        here.configuration, here.memory, event, lambda arc: arc.guard is None or arc.guard.text == "true"
    )
    return machine.rest(here.configuration, here.memory, arcs) if arcs else None


def _at(top: dict[str, Any], path: str) -> dict[str, Any]:
    names = path.split(".")
    state: dict[str, Any] = top[names[0]]
    for name in names[1:]:
        state = state["states"][name]
    return state
