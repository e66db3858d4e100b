"""`check` finds transitions that lead nowhere, start nowhere, hide each other, or ask for nobody."""

import pytest

from tests.declaring import checked, claim, told

STATES = """
a: {}
b:
  initial: x
  states: {x: {}, y: {}}
c: {final: true}
"""
WAY = "way: {from: a, to: b}\nend: {from: b, to: c}\nturn: {from: b.x, to: b.y}"


def of(events: str) -> list[str]:
    return told(claim(STATES, f"{WAY}\n{events}"))


def test_these_events_are_sound():
    assert of("note: {from: '*', to: '='}") == []


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("{from: z, to: b}", "13 error: unknown state `z`"),
        ("{from: [a, z], to: b}", "13 error: unknown state `z`"),
        ("{from: a, to: z}", "13 error: unknown state `z`"),
        ("{from: a, to: z.$history}", "13 error: unknown state `z`"),
        ("{from: a, to: a.$history}", "13 error: `a` has no children to remember"),
        ("{from: [], to: a}", "13 error: `from` is an empty list"),
        ("{from: c, to: a}", "13 error: `c` is final, and nothing leaves a final state"),
        ("{from: a, to: b, unless_actor_of: [sbmit]}", "13 error: unknown event `sbmit`"),
        ("{from: a, to: b, only_actor_of: [ends]}", "13 error: unknown event `ends`"),
        ("{from: a, to: b, unless_actor_of: {events: [sbmit], since: a}}", "13 error: unknown event `sbmit`"),
        ("{from: a, to: b, only_actor_of: {events: [open], since: aa}}", "13 error: unknown state `aa`"),
        (
            "{from: a, to: b, unless_actor_of: [open], only_actor_of: [open]}",
            "13 warning: nobody can be who `only_actor_of` asks for and `unless_actor_of` bars",
        ),
    ],
)
def test_a_name_that_is_not_there_is_named_on_its_line(event, message):
    assert of(f"go: {event}") == [message]


def test_opening_events_count_for_four_eyes():
    assert of("go: {from: a, to: b, unless_actor_of: [open, way]}") == []


def test_a_child_named_without_its_parent_is_found():
    [fault] = checked(claim(STATES, f"{WAY}\ngo: {{from: y, to: c}}"))
    assert fault.remedy == "write `b.y`"


def test_an_event_that_starts_where_no_case_comes_can_never_fire():
    states = STATES + "d: {}\n"
    assert told(claim(states, f"{WAY}\ngo: {{from: d, to: c}}")) == [
        "9 warning: no case ever comes to `d`",
        "14 warning: `go` can never fire",
    ]


@pytest.mark.parametrize(
    ("first", "second", "hidden"),
    [
        ("{from: a, to: b}", "{from: a, to: c}", True),
        ("{from: a, to: b}", "{from: a, to: c, when: 'false'}", True),
        ("{from: a, to: b, when: 'true'}", "{from: a, to: c, when: 'true'}", True),
        ("{from: '*', to: c}", "{from: a, to: b}", True),
        ("{from: [a, b], to: c}", "{from: b, to: b.y}", True),
        ("{from: a, to: b, when: 'true'}", "{from: a, to: c}", False),
        ("{from: a, to: b, unless_actor_of: [open]}", "{from: a, to: c}", False),
        ("{from: b, to: c}", "{from: b.x, to: b.y}", False),
        ("{from: '*', to: c}", "{from: b.x, to: b.y}", False),
        ("{from: a, to: b}", "{from: '*', to: c}", False),
    ],
)
def test_a_transition_behind_an_unconditional_one_is_shadowed(first, second, hidden):
    told_of = of(f"go:\n  transitions:\n    - {first}\n    - {second}")
    assert [line for line in told_of if "runs first" in line] == (
        ["16 warning: an earlier transition of `go` always runs first"] if hidden else []
    )


def test_a_transition_that_is_hidden_in_one_of_its_states_says_in_which():
    told_of = of("go:\n  transitions:\n    - {from: a, to: b}\n    - {from: [a, b], to: c}")
    assert told_of == ["16 warning: an earlier transition of `go` runs first in `a`"]
