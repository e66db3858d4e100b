"""`check` finds states that are not there, cannot be, cannot be reached, or cannot be left."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.declaring import checked, claim, told
from tests.lengths import length

NESTED = """
a: {}
b:
  initial: x
  states: {x: {}, y: {final: true}}
  on_done: c
c: {final: true}
"""
PARALLEL = """
a: {}
b:
  parallel: true
  on_done: c
  states:
    p: {initial: x, states: {x: {}, y: {final: true}}}
    q: {initial: x, states: {x: {}, y: {final: true}}}
c: {final: true}
"""


def test_a_sound_case_type_is_told_nothing():
    assert told(claim(NESTED, "go: {from: a, to: b}\ndo: {from: b.x, to: b.y}")) == []
    events = "go: {from: a, to: b}\ndo: {from: b.p.x, to: b.p.y}\ndu: {from: b.q.x, to: b.q.y}"
    assert told(claim(PARALLEL, events)) == []


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ("a: {states: {x: {}}}", "4 error: `a` does not say which child it begins in"),
        ("a: {initial: z, states: {x: {}}}", "4 error: `a` begins in `z`, which is no child of it"),
        ("a: {initial: x}", "4 error: `a` begins in `x`, which is no child of it"),
        ("a: {parallel: true, states: {x: {}}}", "4 error: `a` is parallel with fewer than two regions"),
        ("a: {parallel: true}", "4 error: `a` is parallel with fewer than two regions"),
        (
            "a: {parallel: true, initial: x, states: {x: {}, y: {}}}",
            "4 error: `a` is parallel and enters all its regions",
        ),
        ("a: {parallel: true, states: {x: {}, y: {final: true}}}", "4 error: a region of `a` is final"),
        ("a: {final: true, initial: x, states: {x: {}}}", "4 error: `a` is final and has children"),
        ("a: {final: true, on_done: b}\nb: {}", "4 error: `a` is final and has `on_done`"),
        ("a: {on_done: b}\nb: {}", "4 error: `a` has `on_done` but no children that could be done"),
        ("a: {initial: x, states: {x: {final: true}}, on_done: z}", "4 error: unknown state `z`"),
        ("a: {initial: x, states: {x: {final: true}}, on_done: =}", "4 error: `a` would be done for ever"),
        ("b: {}", "2 error: unknown state `a`"),
        ("a: {final: true}", "2 warning: `open` opens a case that is closed at once"),
        ("a: {}\nb: {}", "5 warning: no case ever comes to `b`"),
        ("a: {}", "4 warning: nothing leaves `a`"),
        (
            "a: {initial: x, states: {x: {}, y: {final: true}}, on_done: b}\nb: {}",
            "4 error: `a` has `on_done`, but can never be done",
        ),
    ],
)
def test_a_state_that_cannot_be_is_named(states, message):
    assert message in told(claim(states))


@pytest.mark.parametrize(
    "states",
    [
        "a: {initial: x, states: {x: {final: true}}, on_done: a}",
        "a: {initial: x, states: {x: {final: true}}, on_done: b}\n"
        "b: {initial: y, states: {y: {final: true}}, on_done: a}",
        "a: {initial: x, states: {x: {final: true}, y: {}}, on_done: a.x}",
    ],
)
def test_joins_that_lead_round_in_a_circle_are_refused(states):
    assert any("leads back to it without an event" in line for line in told(claim(states)))


def test_a_join_that_waits_for_an_event_on_its_way_round_is_allowed():
    states = "a: {initial: x, states: {x: {}, y: {final: true}}, on_done: a}"
    assert told(claim(states, "go: {from: a.x, to: a.y}")) == []


def test_a_join_waits_for_every_region():
    events = "go: {from: a, to: b}\ndo: {from: b.p.x, to: b.p.y}\nno: {from: b, to: a}"
    assert "6 error: `b` has `on_done`, but can never be done" not in told(claim(PARALLEL, events))
    assert "7 error: `b` has `on_done`, but can never be done" in told(claim(PARALLEL, events))


def test_a_final_child_without_a_join_is_a_trap():
    states = "a: {initial: x, states: {x: {}, y: {final: true}}}"
    assert told(claim(states, "go: {from: a.x, to: a.y}")) == ["4 warning: nothing leaves `a.y`"]


def test_an_event_that_stays_leaves_nothing():
    assert told(claim("a: {}", 'note: {from: "*", to: "="}')) == ["4 warning: nothing leaves `a`"]


@pytest.mark.parametrize(
    ("states", "events"),
    [
        ("a: {}\nb: {final: true}", 'go: {from: "*", to: b}'),
        ("a: {initial: x, states: {x: {}}}\nb: {final: true}", "go: {from: a, to: b}"),
        (
            PARALLEL,
            "go: {from: a, to: b}\ndo: {from: b.p.x, to: c}\nda: {from: b.p, to: b.p.y, internal: true}\n"
            "du: {from: b.q, to: b.q.y, internal: true}",
        ),
        (NESTED, "go: {from: a, to: b.$history}\ndo: {from: b.x, to: b.y}"),
        (
            "a: {}\nb: {initial: x, states: {x: {}, y: {initial: p, states: {p: {}, q: {}}}}}",
            "go: {from: a, to: b.y.q}\nno: {from: b, to: a}\nre: {from: a, to: b.$history}",
        ),
    ],
)
def test_no_warning_is_given_about_what_can_be_reached_and_left(states, events):
    assert [line for line in told(claim(states, events)) if "`b.x`" not in line] == []


def test_shallow_history_enters_the_remembered_child_from_its_beginning():
    states = "a: {}\nb: {initial: y, states: {y: {initial: p, states: {p: {}, q: {}}}}}"
    with_history = "go: {from: a, to: b.y.q}\nno: {from: b, to: a}\nre: {from: a, to: b.$history}"
    without = "go: {from: a, to: b.y.q}\nno: {from: b, to: a}"
    assert told(claim(states, with_history)) == []
    assert told(claim(states, without)) == ["5 warning: no case ever comes to `b.y.p`"]


def test_more_regions_than_a_state_can_name_are_refused():
    regions = ", ".join(f"r{number}: {{}}" for number in range(65))
    states = f"a: {{parallel: true, states: {{{regions}}}}}"
    assert told(claim(states)) == ["4 error: more than 64 states of `a` can be active at once"]


def test_active_states_that_are_too_long_written_together_are_refused():
    regions = ", ".join(f"r{number}{'x' * 90}: {{}}" for number in range(11))
    states = f"a: {{parallel: true, states: {{{regions}}}}}"
    assert told(claim(states)) == ["4 error: the active states of `a` may have 1045 characters, written together"]


@pytest.mark.parametrize(("longest", "refused"), [(100, False), (101, True)])
def test_a_name_has_up_to_a_hundred_characters(longest: int, refused: bool) -> None:
    name = "b" * longest
    faults = told(claim(f"a: {{}}\n{name}: {{final: true}}", f"go: {{from: a, to: {name}}}"))
    assert any("error" in fault for fault in faults) is refused


def test_only_the_outermost_of_what_is_unreachable_is_named():
    assert told(claim(NESTED, "go: {from: a, to: c}")) == ["5 warning: no case ever comes to `b`"]


NAMES = st.sampled_from(["a", "b", "c"])
STATES = st.recursive(
    st.fixed_dictionaries({}, optional={"final": st.booleans(), "on_done": NAMES}),
    lambda inner: st.fixed_dictionaries(
        {"states": st.dictionaries(NAMES, inner, min_size=1, max_size=3)},
        optional={"initial": NAMES, "parallel": st.booleans(), "on_done": NAMES},
    ),
    max_leaves=8,
)
PATHS = st.sampled_from(["a", "b", "c", "a.a", "a.b", "b.a", "b.b", "a.b.c", "a.a.a"])
TARGETS = PATHS | PATHS.map("{}.$history".format) | PATHS.map("{}.$deep_history".format) | st.just("=")
TRANSITIONS = st.fixed_dictionaries({"from": PATHS | st.just("*") | st.lists(PATHS, max_size=3), "to": TARGETS})


@settings(max_examples=length(100, 200), deadline=None)
@given(st.dictionaries(NAMES, STATES, min_size=1), st.dictionaries(NAMES, TRANSITIONS, max_size=3))
def test_any_graph_is_checked_to_its_end(states, events):
    for fault in checked(json.dumps({"case_type": "claim", "initial": "a", "states": states, "events": events})):
        assert fault.line == 1
