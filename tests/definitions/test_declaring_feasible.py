"""`check` finds clocks that declare what can never happen, and is silent where it might."""

import pytest

from tests.declaring import claim, told

STATES = """\
draft: {}
review: {initial: first, states: {first: {}, second: {}}}
checks:
  parallel: true
  on_done: approved
  states:
    budget: {initial: open, states: {open: {}, ok: {final: true}}}
    fraud: {initial: open, states: {open: {}, ok: {final: true}}}
waiting: {}
lost: {}
approved: {}
paid: {final: true}
"""
EVENTS = """\
submit: {from: draft, to: review}
pass_on: {from: review.first, to: review.second}
check: {from: review.second, to: checks}
clear_budget: {from: checks.budget.open, to: checks.budget.ok}
clear_fraud: {from: checks.fraud.open, to: checks.fraud.ok}
ask: {from: [review, checks], to: waiting}
answer: {from: waiting, to: "checks.$deep_history"}
send_back: {from: waiting, to: review}
lose: {from: waiting, to: lost}
pay: {from: approved, to: paid}
mark: {from: [draft, review], to: "="}
note: {from: "*", to: "="}
"""
RUN = "start: {enters: review}, stop: {enters: approved}"


def of(*clocks: str) -> list[str]:
    """What is told of clocks `one`, `two`: the first one's line is 1."""
    names = ("one", "two", "three")
    written = "\n".join(f"{name}: {{{clock}}}" for name, clock in zip(names, clocks, strict=False))
    text = claim(STATES, EVENTS, written, opening="{open: draft}")
    first = text[: text.index("slas:")].count("\n") + 1
    found = (each for each in told(text) if "nothing leaves `lost`" not in each)
    return [f"{int(line) - first} {rest}" for line, _, rest in (each.partition(" ") for each in found)]


def fires(event: str, keys: str = RUN) -> list[str]:
    return of(f"{keys}, target: 8h, steps: [{{at: 100%, fire: {event}}}]")


CANNOT = "1 warning: `{}` cannot be fired from where a case is while the clock runs"


@pytest.mark.parametrize("event", ["pass_on", "check", "clear_fraud", "ask", "answer", "lose", "mark", "note"])
def test_an_event_that_starts_from_where_the_clock_runs_can_be_fired(event):
    assert fires(event) == []


@pytest.mark.parametrize("event", ["submit", "pay"])
def test_an_event_that_starts_before_the_clock_or_after_it_cannot_be_fired(event):
    assert fires(event) == [CANNOT.format(event)]


@pytest.mark.parametrize(
    ("keys", "event"),
    [
        ("start: {enters: waiting}, stop: {leaves: waiting}", "check"),
        ("start: {enters: review.second}, stop: {leaves: review}", "clear_budget"),
        ("start: {enters: paid}, cancel: {when: case.urgency > 1}", "note"),
        ("start: {enters: approved}, stop: {in: paid}", "ask"),
        ("start: {enters: review}, stop: {enters: approved}, pause: {in: waiting}", "answer"),
        ("start: {enters: review}, stop: {enters: [waiting, approved]}", "answer"),
        ("start: {enters: checks}, stop: {leaves: checks}, pause: {in: waiting}", "answer"),
    ],
)
def test_what_ends_or_pauses_a_clock_leaves_it_nothing_to_fire_there(keys, event):
    assert fires(event, keys) == [CANNOT.format(event)]


@pytest.mark.parametrize(
    ("keys", "event"),
    [
        ("start: {enters: review}, stop: {enters: approved, when: case.urgency > 1}", "pay"),
        ("start: {enters: review}, stop: {event: pay}", "pay"),
        ("start: {event: note}, stop: {enters: approved}", "submit"),
        ("start: {enters: review}, stop: {enters: approved}, pause: {in: waiting}, pause_max: 1d", "answer"),
        ("start: {enters: waiting}, stop: {leaves: waiting, event: lose}", "check"),
        ("start: {enters: waiting}, stop: {leaves: waiting}, pause: {in: waiting}", "answer"),
        ("start: {enters: checks}, stop: {enters: checks.fraud.ok}", "clear_budget"),
        ("start: {enters: checks.budget}, stop: {leaves: checks.budget}", "clear_fraud"),
        ("start: {enters: review.first}, stop: {enters: review}", "check"),
    ],
)
def test_what_may_happen_is_not_told(keys, event):
    assert fires(event, keys) == []


def test_stop_of_a_periodic_clock_ends_a_cycle_and_not_the_clock():
    keys = "kind: periodic, every: 1d, start: {enters: review}, stop: {enters: approved}, cancel: {in: paid}"
    assert of(f"{keys}, steps: [{{at: 100%, fire: pay}}]") == []


def test_a_pause_in_a_state_that_nothing_leaves_is_told():
    trap = "1 warning: the clock is paused in `lost`, which nothing leaves"
    assert of(f"{RUN}, target: 8h, pause: {{in: [waiting, lost]}}") == [trap]
    assert of(f"{RUN}, target: 8h, pause: {{in: paid}}") == [trap.replace("lost", "paid")]
    assert of(f"{RUN}, target: 8h, pause: {{in: lost}}, pause_max: 1d") == []


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("reset: {event: open}", "`reset` waits for `open`, which cannot be fired while the clock is on"),
        ("reset: {event: [submit, pay]}", "`reset` waits for `submit` or `pay`, which cannot be fired while the clock"),
        ("reset: {leaves: review, enters: review.second}", "`review` cannot be left while `review.second` is entered"),
        ("reset: {leaves: review, in: review}", "`review` cannot be left while `review` is active"),
        ("reset: {enters: waiting, in: checks}", "`waiting` and `checks` are never active at once"),
        ("pause: {in: waiting}, resume: {event: check}", "`resume` waits for `check`, which cannot be fired while the"),
    ],
)
def test_a_condition_that_can_never_hold_is_told(condition, message):
    [only] = of(f"{RUN}, target: 8h, {condition}")
    assert only.startswith(f"1 warning: {message}")


@pytest.mark.parametrize(
    "condition",
    [
        "reset: {event: [pay, ask]}",
        "reset: {enters: checks.budget.ok, in: checks.fraud.ok}",
        "reset: {enters: review, in: review.second}",
        "reset: {leaves: review.first, in: review}",
        "pause: {in: waiting}, resume: {event: note}",
        "pause: {in: checks.budget}, resume: {event: clear_fraud}",
    ],
)
def test_a_condition_that_may_hold_is_not_told(condition):
    assert of(f"{RUN}, target: 8h, {condition}") == []


LATE = "{} warning: `{}` runs only while `{}` does, and allows more time: "
INNER = "start: {enters: checks}, stop: {leaves: checks}"


def test_a_clock_within_another_one_that_allows_more_time_is_told_with_both():
    assert of(f"{RUN}, target: 8h", f"{INNER}, target: 2d") == [LATE.format(2, "two", "one") + "48h within 8h"]
    assert of(f"{INNER}, target: 8h30m", f"{RUN}, target: 8h") == [LATE.format(1, "one", "two") + "8h30m within 8h"]


def test_two_clocks_of_one_run_are_told_of_the_longer_one():
    keys = "start: {event: note}, stop: {event: pay}"
    assert of(f"{keys}, target: 8h", f"{keys}, target: 9h") == [LATE.format(2, "two", "one") + "9h within 8h"]


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (f"{RUN}, target: 8h", f"{INNER}, target: 8h"),
        (f"{RUN}, target: 8h", f"{INNER}, target: 9h, calendar: office_de"),
        (f"{RUN}, target: 8h", f"{INNER}, target: 9h, start_at: data.on"),
        (f"{RUN}, target: 8h, pause: {{in: waiting}}", f"{INNER}, target: 9h"),
        (f"{RUN}, target: 8h, reset: {{event: note}}", f"{INNER}, target: 9h"),
        (f"{RUN}, target: 8h, reopen: restart", f"{INNER}, target: 9h"),
        (f"{RUN}, target: 8h, reopen: ignore", f"{INNER}, target: 9h"),
        (f"{RUN}, target: [{{when: case.urgency > 1, is: 4h}}, {{is: 9h}}]", f"{INNER}, target: 9h"),
        (f"{RUN}, target: 8h", "start: {enters: draft}, stop: {enters: approved}, target: 9h"),
        (f"{RUN}, target: 8h", "start: {enters: checks}, stop: {enters: paid}, target: 9h"),
        (f"{RUN}, target: 8h, cancel: {{event: ask}}", f"{INNER}, target: 9h"),
        ("start: {enters: checks.fraud}, stop: {leaves: checks.fraud}, target: 8h", f"{INNER}, target: 9h"),
    ],
)
def test_a_clock_that_may_run_alone_or_otherwise_may_allow_more_time(outer, inner):
    assert of(outer, inner) == []


def test_what_is_wrong_already_is_not_told_again():
    assert fires("pay", "start: {enters: nowhere}, stop: {enters: approved}") == ["1 error: unknown state `nowhere`"]
