"""A declaration that is not one is told so in sentences, on the line, with what to write instead."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.declaring.reading.expectations import EXPECTED
from app.domain.declaring.reading.load import load_case_type, load_stored
from app.domain.declaring.reading.places import TITLES, keys_of
from app.domain.definition.case_type import CaseType
from tests.declaring import CALENDARS, FILE, check_case_type, checked, claim, told
from tests.lengths import length

EVENT = "4 error: "


def of_event(written: str) -> list[str]:
    return told(f"case_type: claim\ninitial: a\nstates: {{a: {{}}}}\nevents: {{go: {written}}}\n")


def test_a_misspelt_key_is_answered_with_the_one_that_was_meant():
    [fault] = checked("case_type: claim\ninitial: a\nstates: {a: {}}\nevents:\n  go: {frm: a, to: a}\n")
    assert str(fault) == f"{FILE}:5: error: unknown key `frm` in an event; did you mean `from`?"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{title: Go}", "the event has no transitions, and opens no case"),
        ("{from: a}", "an event lacks the key `to`"),
        ("{from: a, to: a, when: ''}", "`when` cannot be an empty text"),
        ("{from: a, to: a, when: }", "`when` is empty"),
        ("{from: a, to: a, when: true}", "`when` cannot be `true`"),
        ("{from: 3, to: a}", "`from` cannot be `3`"),
        ("{from: [a, 3], to: a}", "`from` cannot be `3`"),
        ("{from: a, to: a!}", "`to` cannot be `a!`"),
        ("{from: a, to: a, unless_actor_of: go}", "`unless_actor_of` cannot be `go`"),
        ("{from: a, to: a, set: {amount: '1'}}", "`amount` is no data field"),
        ("{from: a, to: a, reason: yes}", "`reason` cannot be `yes`"),
        ("{from: a, to: a, payload: []}", "`payload` cannot be an empty list"),
        (
            "{from: a, to: a, transitions: [{from: a, to: a}]}",
            "the event has both `transitions` and keys of a single transition",
        ),
        ("{transitions: []}", "the event has no transitions, and opens no case"),
        ("{transitions: [12]}", "`12` stands where a transition belongs"),
        ("12", "`12` stands where an event belongs"),
    ],
)
def test_what_is_wrong_with_an_event_is_one_sentence(written, message):
    assert of_event(written) == [EVENT + message]


def test_a_word_for_yes_is_not_yes():
    assert told(claim("a: {}\nb: {final: yes}")) == ["5 error: `final` cannot be `yes`"]


def test_an_empty_state_is_told_how_to_be_one():
    [fault] = checked(claim("a:\nb: {}"))
    assert (fault.line, fault.remedy) == (4, "write `{}` for one without anything")


def test_names_are_lowercase():
    assert told(claim("a: {}\nB: {}")) == ["5 error: `B` is no name"]


def test_the_file_carries_the_name_of_the_case_type():
    loaded = load_case_type("case_type: other\ninitial: a\nstates: {a: {}}\n", FILE)
    assert [fault.message for fault in loaded.faults] == ["the file `claim` declares the case type `other`"]


def test_a_list_is_no_case_type():
    assert told("- a\n- b\n") == ["1 error: the file holds no mapping"]


def test_initial_is_short_for_opening_and_not_both():
    short = load_case_type("case_type: claim\ninitial: a\nstates: {a: {}}\n", FILE).case_type
    assert short is not None
    assert short.opening == {"open": "a"}
    both = "case_type: claim\ninitial: a\nopening: {open: a}\nstates: {a: {}}\n"
    assert told(both) == ["2 error: the case type has both `initial` and `opening`"]


def test_a_transition_inline_means_the_same_as_in_a_list():
    inline = load_case_type(claim("a: {}\nb: {}", "go: {from: a, to: b}"), FILE).case_type
    listed = load_case_type(claim("a: {}\nb: {}", "go: {transitions: [{from: a, to: b}]}"), FILE).case_type
    assert inline is not None
    assert listed is not None
    assert inline.hash() == listed.hash()


def test_what_is_stored_is_what_was_loaded():
    loaded = load_case_type(claim("a: {}\nb: {final: true}", "go: {from: [a], to: b, when: 'true'}"), FILE).case_type
    assert isinstance(loaded, CaseType)
    stored = load_stored(loaded.canonical())
    assert (stored, stored.hash()) == (loaded, loaded.hash())


def test_the_order_of_names_is_kept_and_part_of_what_a_file_means():
    first, second = "zeta: {initial: o, states: {o: {}}}", "alpha: {initial: o, states: {o: {}}}"
    loaded, turned = (
        load_case_type(claim(f"a: {{parallel: true, states: {{{one}, {other}}}}}", ""), FILE).case_type
        for one, other in ((first, second), (second, first))
    )
    assert loaded is not None
    assert turned is not None
    stored = load_stored(loaded.canonical())
    assert list(stored.states["a"].states) == list(loaded.states["a"].states) == ["zeta", "alpha"]
    assert loaded.hash() != turned.hash()


def test_the_order_of_keys_and_comments_mean_nothing():
    one, other = (
        load_case_type(claim("a: {}\nb: {}", text), FILE).case_type
        for text in ("go: {from: a, to: b}", "go: {to: b, from: a} # and back")
    )
    assert one is not None
    assert other is not None
    assert one.hash() == other.hash()


def test_every_field_has_words_for_what_it_takes():
    for model in TITLES:
        said_of_all = {"title", "description", "initial", "include"}
        assert set(EXPECTED[model.__name__]) - said_of_all == set(keys_of((model,))) - said_of_all


WORDS = st.sampled_from(
    ["a", "b", "a.b", "=", "*", "a.$history", "1h", "50%", "true", "data.x", "role:x"]
    + [key for model in TITLES for key in keys_of((model,))]
)
SCALARS = WORDS | st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text(max_size=4)


def _nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=4)


VALUES = st.recursive(SCALARS, _nested, max_leaves=25)
PARTS = st.fixed_dictionaries(
    {"case_type": st.just("claim"), "opening": st.just({"open": "a"})},
    optional={
        "states": st.dictionaries(WORDS, VALUES, max_size=3),
        "events": st.dictionaries(WORDS, VALUES, max_size=3),
        "slas": st.dictionaries(WORDS, VALUES, max_size=3),
        "data": VALUES,
    },
)


@settings(max_examples=length(75, 150), deadline=None)
@given(VALUES | PARTS)
def test_whatever_stands_in_a_file_leads_to_faults_and_never_to_an_error(value):
    loaded = load_case_type(json.dumps(value, ensure_ascii=False), FILE)
    faults = check_case_type(loaded, calendars=CALENDARS)
    assert loaded.case_type is not None or faults
    assert all(fault.message and fault.remedy and "\n" not in str(fault) for fault in faults)


@settings(max_examples=length(75, 150), deadline=None)
@given(st.text(max_size=60))
def test_whatever_text_a_file_is_leads_to_faults_and_never_to_an_error(text):
    assert load_case_type(text, FILE).faults
