"""`check` finds clocks that name what is not there, or whose parts do not fit together."""

import pytest

from tests.declaring import checked, claim, told

STATES = "a: {}\nb: {final: true}"
DATA = "type: object\nproperties: {on: {type: string}, urgent: {type: boolean}, count: {type: integer}}"
EVENTS = "go: {from: a, to: b}\nstay: {from: a, to: '=', payload: {type: object, properties: {note: {type: string}}}}"
PERIODIC = {"kind": "periodic", "target": None, "every": "24h", "stop": "{event: stay}", "cancel": "{enters: b}"}
DUE = {"kind": "due_at", "target": None}
SOUND = {"start": "{enters: a}", "stop": "{enters: b}", "target": "8h", "calendar": "office_de"}


def of(**keys: str | None) -> list[str]:
    clock = {key: value for key, value in (SOUND | keys).items() if value is not None}
    written = "{" + ", ".join(f"{key}: {value}" for key, value in clock.items()) + "}"
    return told(claim(STATES, EVENTS, slas=f"d: {written}", data=DATA))


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"calendar": "always"},
        {"calendar": "{follow: team}"},
        {"pause": "{in: a}", "pause_max": "5d", "resume": "{event: stay}"},
        {"target": "[{when: data.urgent, is: 1h}, {is: 8h}]"},
        {"kind": "due_at", "target": None, "due": '{business_days: 2, at: "16:00", cutoff: "15:00"}'},
        {"kind": "due_at", "target": None, "due": "{field: data.on}"},
        PERIODIC | {"sequence": "sequential"},
        {"pause": "{event: stay}", "resume": "{event: stay}"},
        {"pause": "{event: stay}", "pause_max": "1d"},
        {"pause": "{when: data.urgent}"},
        {"reset": "{event: stay, when: payload.note == 'again' && case.urgency > 1 && now > case.opened_at}"},
        {"reset": "{event: [stay, go], when: payload.note == 'again'}"},
        {"steps": "[{at: 50%, assign: user:ann}, {at: 60%, assign: team:late}, {at: 70%, assign: '[creator]'}]"},
        {"steps": "[{at: 9%, webhook: 'https://hooks.example/late?x=1'}, {at: 0%, urgency: 1}, {at: -8h, urgency: 1}]"},
        {"start_at": "data.on"},
        {"steps": "[{at: +4h, every: 4h, max: 3, urgency: 20}, {at: 50%, notify: role:boss}, {at: -1h, fire: go}]"},
    ],
)
def test_a_sound_clock_is_told_nothing(keys):
    assert of(**keys) == []


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"start": "{enters: z}"}, "error: unknown state `z`"),
        ({"stop": "{leaves: [a, z]}"}, "error: unknown state `z`"),
        ({"start": "{event: goo}"}, "error: unknown event `goo`"),
        ({"start": "{}"}, "error: `start` says nothing"),
        ({"start": "{when: data.urgnet}"}, "error: "),
        ({"start_at": "data.of"}, "error: unknown field `data.of`"),
        ({"calendar": "office_fr"}, "error: there is no calendars/office_fr.yaml"),
        ({"target": "[{is: 1h, calendar: nowhere}]"}, "error: there is no calendars/nowhere.yaml"),
        ({"target": None}, "error: a clock of kind `elapsed` lacks `target`"),
        ({"every": "1d"}, "error: `every` means nothing to a clock of kind `elapsed`"),
        ({"sequence": "sequential"}, "error: only a periodic clock has a `sequence`"),
        ({"pause_max": "1d"}, "error: `pause_max` without `pause`"),
        ({"stop": None}, "warning: the clock never stops"),
        ({"target": "0h"}, "error: `0h` is not a duration between a second and ten years"),
        ({"target": "99999999999d"}, "error: `99999999999d` is not a duration between a second and ten years"),
        ({"target": "[{is: 1h}, {is: 2h, when: data.urgent}]"}, "warning: an earlier target always holds"),
        ({"target": "[{is: 2h, when: data.urgent}]"}, "warning: perhaps no target holds"),
        ({"kind": "due_at", "target": None, "due": "{at: '16:00'}"}, "error: `due` has no way to count"),
        (
            {"kind": "due_at", "target": None, "due": "{business_days: 2, calendar_days: 2}"},
            "error: `due` has `business_days` and `calendar_days`",
        ),
        (DUE | {"due": "{business_days: -2}"}, "error: no clock is due before it starts"),
        (DUE | {"due": "{field: data.on, business_days: -3661}"}, "error: `business_days` is more than ten years"),
        (DUE | {"due": "{calendar_days: 2, from_closed: next}"}, "error: `from_closed` belongs to `business_days`"),
        (DUE | {"due": "{business_days: 2, if_closed: next}"}, "error: a business day is not closed"),
        (DUE | {"due": "{field: data.on, at: '16:00'}"}, "warning: `at` means nothing to the moment of a field"),
        (
            {"calendar": "always", "target": "8bh"},
            "error: `8bh` counts by business hours or days, and the clock runs round the clock",
        ),
        (
            {"calendar": None, "steps": "[{at: -2bd, urgency: 1}]"},
            "error: `-2bd` counts by business hours or days, and the clock runs round the clock",
        ),
        (
            {"pause": "{event: stay}", "pause_max": "8bh"},
            "error: a pause ends after hours that pass, worked or not",
        ),
        (
            {"kind": "due_at", "target": None, "due": "{business_days: 2, at: '25:00'}"},
            "error: `25:00` is no time of day",
        ),
        (
            {"kind": "due_at", "target": None, "due": "{calendar_days: 2, cutoff: '15:00'}"},
            "error: `cutoff` belongs to `business_days`",
        ),
        ({"steps": "[{at: 50%}]"}, "error: the step does nothing"),
        ({"steps": "[{at: 50%, fire: goo}]"}, "error: unknown event `goo`"),
        ({"steps": "[{at: 50%, fire: open}]"}, "error: unknown event `open`"),
        ({"steps": "[{at: +1h, max: 3, urgency: 1}]"}, "error: `max` without `every`"),
        ({"steps": "[{at: 50%, every: 1h, urgency: 1}]"}, "error: only a step after due repeats"),
        ({"steps": "[{at: 50%, notify: boss}]"}, "warning: `boss` names nobody"),
        ({"steps": "[{at: 50%, assign: boss}]"}, "error: `boss` names nobody"),
        ({"steps": "[{at: 50%, assign: role:boss}]"}, "error: `role:boss` is nobody in particular"),
        ({"steps": "[{at: 50%, webhook: 'http://x.example/'}]"}, "error: `http://x.example/` is no https address"),
        ({"steps": "[{at: 50%, webhook: 'https:///late'}]"}, "error: `https:///late` is no https address"),
        ({"steps": "[{at: 50%, webhook: 'https://x:y/'}]"}, "error: `https://x:y/` is no https address"),
        ({"steps": "[{at: 50%, webhook: 'https://x y/'}]"}, "error: `https://x y/` is no https address"),
        ({"steps": "[{at: 50%, webhook: 'https://[/'}]"}, "error: `https://[/` is no https address"),
        ({"steps": "[{at: 50%, webhook: 'https://a:b@x/'}]"}, "error: the address holds a password or a user"),
        (
            {"steps": "[{at: 50%, urgency: 9}, {at: 50%, urgency: 9}]"},
            "warning: the step says the same as the one on line 10",
        ),
        ({"steps": "[{at: 101%, urgency: 9}]"}, "warning: `101%` lies after due"),
        ({"steps": "[{at: -9h, urgency: 9}]"}, "warning: `-9h` lies before the start"),
        ({"start_at": "data.count"}, "error: `data.count` is integer, and no moment"),
        (DUE | {"due": "{field: data.count}"}, "error: `data.count` is integer, and no moment"),
        (DUE | {"due": "{field: data.of}"}, "error: unknown field `data.of`"),
        (DUE | {"due": "{business_days: 3661}"}, "error: `business_days` is more than ten years"),
        (DUE | {"due": "{calendar_days: 99999999}"}, "error: `calendar_days` is more than ten years"),
        (PERIODIC | {"stop": None}, "warning: nothing ends a cycle of the clock"),
        (PERIODIC | {"cancel": None}, "warning: the clock never ends by itself"),
        (PERIODIC | {"reopen": "resume"}, "error: `reopen` means nothing to a periodic clock"),
        ({"pause": "{event: stay}"}, "error: nothing ends the pause, which lasts until `resume`"),
        ({"pause": "{leaves: a}"}, "error: nothing ends the pause, which lasts until `resume`"),
        ({"reset": "{when: data.count}"}, "error: the result is integer, not true or false"),
        ({"reset": "{when: \"data.urgent == 'yes'\"}"}, "error: data.urgent == 'yes' is never true"),
        ({"reset": "{event: go, when: payload.note == 'x'}"}, "error: the event declares no payload"),
        ({"reset": "{event: stay, when: payload.noet == 'x'}"}, "error: payload.noet is not declared"),
    ],
)
def test_what_does_not_fit_is_named_on_its_line(keys, message):
    [told_of] = of(**keys)
    assert told_of.startswith(f"10 {message}")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"steps": "[{at: -2d, urgency: 1}]", "target": "72h"},
            "`-2d` is 48 hours of working time on `office_de`, which are 6 days of 8 hours",
        ),
        ({"target": "1d"}, "`1d` is 24 hours of working time on `office_de`, which are 3 days of 8 hours"),
        (
            {"target": "2d4h", "calendar": "{follow: team}"},
            "`2d4h` is 48 hours of working time on the calendar of the team, which are 6 days of 8 hours",
        ),
        (
            {"target": "[{when: data.urgent, is: 5d, calendar: always}, {is: 1d, calendar: office_de}]"}
            | {"calendar": "always"},
            "`1d` is 24 hours of working time on `office_de`, which are 3 days of 8 hours",
        ),
        (
            DUE | {"due": "{business_days: 2}", "steps": "[{at: +4h, every: 1d, urgency: 1}]"},
            "`1d` is 24 hours of working time on `office_de`, which are 3 days of 8 hours",
        ),
    ],
)
def test_days_on_a_business_calendar_are_told_with_what_they_are(keys, message):
    assert of(**keys) == [f"10 warning: {message}"]


@pytest.mark.parametrize(
    "keys",
    [
        {"target": "5d", "calendar": "always", "steps": "[{at: -2d, urgency: 1}]"},
        {"target": "5d", "calendar": None},
        {"target": "[{when: data.urgent, is: 5d, calendar: always}, {is: 9h}]"},
        {"pause": "{event: stay}", "pause_max": "5d"},
        DUE | {"due": "{business_days: 2}"},
        DUE | {"due": "{field: data.on, business_days: -2, from_closed: previous, at: start}"},
        DUE | {"due": "{field: data.on, if_closed: previous}"},
        {"target": "16bh", "steps": "[{at: -1bd, urgency: 1}, {at: +1bd, urgency: 2}, {at: -4bh, urgency: 3}]"},
    ],
)
def test_days_round_the_clock_and_hours_of_work_are_told_nothing(keys):
    assert of(**keys) == []


def test_days_on_a_business_calendar_are_told_with_the_hours_to_write():
    clock = "d: {start: {enters: a}, stop: {enters: b}, target: 2d4h30m, calendar: office_de}"
    [fault] = checked(claim(STATES, EVENTS, slas=clock, data=DATA))
    assert fault.remedy == "write `20h30m` for 2 days of 8 hours, or `48h` where that is meant"
