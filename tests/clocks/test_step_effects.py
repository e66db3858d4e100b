"""Whatever stands in a step besides its point and how it repeats is an effect, and each effect has its key there."""

from dataclasses import fields

import pytest

from app.domain.case.case import Case
from app.domain.deciding.step_effects import KEYS, STEP_EFFECTS, StepEffect, effects_of, events_fired
from app.domain.definition.case_type import Step
from app.domain.machine.machine import Machine
from tests.cases.test_could_fire import at
from tests.factories import BOB, a_case
from tests.machine.test_completions import loaded

MACHINE = Machine(loaded("a: {}\nend: {final: true}", "go: {from: a, to: end}"), "hash", 1)
VALUES = {
    "notify": "role:boss",
    "urgency": 20,
    "assign": "team:late",
    "webhook": "https://example.org/late",
    "fire": "mark_late",
}


def test_a_step_holds_its_point_how_it_repeats_and_effects():
    assert set(Step.model_fields) - {"at", "every", "max"} == set(KEYS)
    assert len(KEYS) == len(STEP_EFFECTS)


@pytest.mark.parametrize("effect", STEP_EFFECTS, ids=lambda effect: effect.key)
def test_an_effect_changes_what_it_says_of_a_case_and_nothing_else(effect: StepEffect):
    case = a_case(assignee=BOB)
    after = effect.case_after(at(MACHINE, case, None), case, VALUES[effect.key])
    changed = {part.name for part in fields(Case) if getattr(after, part.name) != getattr(case, part.name)}
    assert changed - {"version"} == set(effect.changes)


def test_a_step_does_what_it_has_a_value_for_and_fires_last():
    step = Step(at="100%", fire="mark_late", urgency=0, webhook="https://example.org/late")
    assert [(effect.key, value) for effect, value in effects_of(step)] == [
        ("urgency", 0),
        ("webhook", "https://example.org/late"),
        ("fire", "mark_late"),
    ]
    assert events_fired(step) == ["mark_late"]


def test_the_implicit_end_of_a_clock_does_nothing():
    assert effects_of(None) == []
