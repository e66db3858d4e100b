"""Completions come to rest: `check` finds what leads round in a circle, and no attempt goes round for ever."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.declaring.checks.rests import check_rests
from app.domain.declaring.checks.state_tree import StateTree
from app.domain.declaring.reading.load import load_case_type
from app.domain.declaring.reading.yaml_source import Source
from app.domain.definition.case_type import CaseType
from app.domain.machine.completing import NeverRests
from app.domain.machine.machine import Machine, Resting
from app.services.policy.policies import PolicySource
from app.services.store.ports import Store
from app.services.store.stored import PolicyFile, PolicyLine
from tests.declaring import FILE, checked, claim, told
from tests.house import ALICE, code, declaring, fire, fired, opened, running
from tests.lengths import length
from tests.machine.test_semantics import EVENTS, case_types
from tests.machine.test_semantics import fired as after

STEPS = "states: {x: {}, y: {final: true}}"
SELF = f"a: {{initial: x, on_done: a.$history, {STEPS}}}\nend: {{final: true}}"
EACH_OTHER = (
    f"a: {{initial: x, on_done: b.$history, {STEPS}}}\nb: {{initial: x, on_done: a.$history, {STEPS}}}\n"
    "end: {final: true}"
)
BOTH = "transitions: [{from: a.x, to: a.y}, {from: b.x, to: b.y}]"
REGIONS = f"p: {{initial: x, {STEPS}}}, q: {{initial: x, {STEPS}}}"
DEEP = f"a: {{parallel: true, on_done: a.$deep_history, states: {{{REGIONS}}}}}\nend: {{final: true}}"
REGION = DEEP.replace("on_done: a.$deep_history, ", "").replace("p: {", "p: {on_done: a.$deep_history, ")
ONE_BY_ONE = "p: {from: a.p.x, to: a.p.y}\nq: {from: a.q.x, to: a.q.y}\nstop: {from: a, to: end}"
PAUSED = (
    f"a: {{initial: x, on_done: b, {STEPS}}}\nb: {{initial: y, on_done: a.$history, {STEPS}}}\nend: {{final: true}}"
)


@pytest.mark.parametrize(
    ("states", "events", "line", "after"),
    [
        (SELF, "go: {from: a.x, to: a.y}\nstop: {from: a, to: end}", 4, "since what it remembers is done"),
        (SELF.replace("$h", "$deep_h"), "go: {from: a.x, to: a.y}\nstop: {from: a, to: end}", 4, "remembers is done"),
        (EACH_OTHER, f"go: {{{BOTH}}}\nstop: {{from: [a, b], to: end}}", 4, "after `open`, `go`, `go`"),
        (DEEP, ONE_BY_ONE, 4, "remembers is done"),
        (REGION, ONE_BY_ONE, 4, "after `open`, `p`"),
        (PAUSED, "go: {from: a.x, to: a.y}\nstop: {from: [a, b], to: end}", 5, "after `open`, `go`"),
    ],
)
def test_a_completion_that_leads_back_to_what_is_done_is_refused(
    states: str, events: str, line: int, after: str
) -> None:
    [fault] = [one for one in checked(claim(states, events)) if "on_done" in one.message]
    assert (fault.line, fault.severity) == (line, "error")
    assert "leads back to it without an event" in fault.message
    assert fault.message.endswith(after)


def test_a_circle_behind_more_ways_than_anybody_looks_at_is_found_at_the_end_of_one() -> None:
    regions = ", ".join(f"r{n}: {{initial: w, states: {{w: {{}}, x: {{}}, y: {{final: true}}}}}}" for n in range(7))
    states = EACH_OTHER.replace(f"a: {{initial: x, on_done: b.$history, {STEPS}}}", "").replace("a.$h", "a.$deep_h")
    states = f"a: {{parallel: true, on_done: b.$history, states: {{{regions}}}}}{states}"
    steps = [(f"{way}{n}", way, to, n) for n in range(7) for way, to in ("wx", "xy")]
    events = [f"{name}: {{from: a.r{n}.{way}, to: a.r{n}.{to}}}" for name, way, to, n in steps]
    stays = [f'n{n}: {{from: "*", to: "="}}' for n in range(50)]
    [fault] = checked(
        claim(states, "\n".join([*events, *stays, "go: {from: b.x, to: b.y}", "stop: {from: a, to: end}"]))
    )
    assert fault.message.startswith("`on_done` of `a` leads back to it without an event, after ...,")


@pytest.mark.parametrize(
    ("states", "events"),
    [
        # the shallow history of parallel regions enters each of them anew
        (DEEP.replace("$deep_history", "$history"), ONE_BY_ONE),
        # what b remembers is never done: b is left before
        (
            f"a: {{initial: x, on_done: b.$history, {STEPS}}}\nb: {{initial: x, states: {{x: {{}}, z: {{}}}}}}\n"
            "end: {final: true}",
            "go: {from: a.x, to: a.y}\nback: {from: b, to: a}\nin: {from: b.x, to: b.z}\nstop: {from: b, to: end}",
        ),
        # its beginning is done, but nobody comes to it before it remembers something else
        (
            f"a: {{initial: x, on_done: b.$history, {STEPS}}}\nb: {{initial: y, on_done: a, {STEPS}}}\n"
            "c: {}\nend: {final: true}",
            "in: {from: c, to: b.x}\nout: {from: b, to: a}\ngo: {from: a.x, to: a.y}\nstop: {from: [a, b], to: end}\n"
            "do: {from: b.x, to: b.y}",
        ),
    ],
)
def test_a_completion_that_comes_to_rest_is_told_nothing(states: str, events: str) -> None:
    opening = "{open: c}" if "c: {}" in states else "{open: a}"
    assert [line for line in told(claim(states, events, opening=opening)) if "on_done" in line] == []


@settings(max_examples=length(30, 60), deadline=None)
@given(case_type=case_types(), events=st.lists(st.sampled_from(EVENTS), max_size=12))
def test_no_attempt_on_what_check_let_pass_goes_round_for_ever(case_type: CaseType, events: list[str]) -> None:
    machine = Machine(case_type, "hash", 1)
    try:
        here = machine.opened("open")
        for event in events:
            here = here if here.closed else after(machine, here, event) or here
    except NeverRests:
        assert list(check_rests(case_type, Source(FILE, {}, {}), StateTree(case_type)))


def test_sixty_regions_that_come_back_finished_are_at_rest() -> None:
    """Each of them is finished once more, and none of them moves."""
    names = [f"r{number}" for number in range(60)]
    regions = ", ".join(f"{name}: {{initial: x, {STEPS}}}" for name in names)
    done = ", ".join(f"{{from: a.{name}.x, to: a.{name}.y}}" for name in names)
    events = f"go: {{transitions: [{done}]}}\nhold: {{from: a, to: h}}\nback: {{from: h, to: a.$deep_history}}"
    here = _walked(f"a: {{parallel: true, states: {{{regions}}}}}\nh: {{}}", events, "go", "hold", "back")
    assert here.configuration == tuple(f"a.{name}.y" for name in names)


def test_a_chain_of_completions_may_be_as_long_as_there_are_states() -> None:
    chain = [f"s{n}: {{initial: x, states: {{x: {{final: true}}}}, on_done: s{n + 1}}}" for n in range(120)]
    states = "\n".join([f"a: {{initial: x, {STEPS}, on_done: s0}}", *chain, "s120: {}"])
    assert _walked(states, "go: {from: a.x, to: a.y}", "go").state == "s120"


async def test_a_case_that_stands_on_an_older_version_is_told_why_the_event_cannot_be_taken(store: Store) -> None:
    """What `check` let pass before answers 409 with a reason, and the list of events as well."""
    events = "go: {from: a.x, to: a.y}\nstop: {from: a, to: end}"
    lines = [
        PolicyLine(kind="p", role="*", tenant="*", obj="claim", act=act, eft="allow") for act in ("*", "case:read")
    ]
    found = declaring(claim=loaded(SELF, events))
    anybody = PolicySource(PolicyFile("claim.csv", "0" * 64), lines)
    async with running(store, replace(found, policies=[*found.policies, anybody])) as house:
        case_id = await opened(house, by=ALICE, case_type="claim", event="open", data={})
        refused = await fire(house, case_id, "go", ALICE)
        assert code(refused) == "wrong_state"
        assert refused.error.reasons[0].message.startswith("cannot go now: `on_done` of a would lead round in a circle")
        possible = await house.cases.possible(ALICE, case_id, explain=True)
        assert [one.event for one in possible.events] == ["stop"]
        assert [one.reasons[0].code for one in possible.refused] == ["state"]
        assert (await fired(house, case_id, "stop", ALICE))["state"] == "end"


def loaded(states: str, events: str) -> CaseType:
    case_type = load_case_type(claim(states, events), FILE).case_type
    assert case_type is not None
    return case_type


def _walked(states: str, events: str, *fires: str) -> Resting:
    machine = Machine(loaded(states, events), "hash", 1)
    here = machine.opened("open")
    for event in fires:
        here = after(machine, here, event) or here
    return here
