"""Whatever a simulation is asked, it is answered or what is wrong is named: it never fails on our side."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fake_services import Fakes, api

WORDS = ["start", "8h", "0h", "1s", "9999999d", "always", "100%", "9999%", "+1h", "-1h", "24:00", "99:99", "mon", "é"]
TIMES = ["2026-04-02T15:30:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00Z"]
NUMBERS = st.one_of(st.integers(-1, 10**18), st.floats(allow_nan=False, allow_infinity=False))
ODD = st.one_of(st.none(), st.booleans(), NUMBERS, st.sampled_from(["", *WORDS, *TIMES]))
DOINGS = ["start", "pause", "resume", "retarget", "handover", "stop", "cancel", "reset", "reopen"]
VERBS = st.sampled_from(
    ["start", "pause", "resume", "retarget", "handover", "stop", "cancel", "reset", "reopen", "fly"]
)
DAYS = st.sampled_from(["mon", "mon-sun", "sun-mon", "noday", "2026-02-30", "2026-04-03", "0001-01-01", "9999-12-31"])
HOURS = st.sampled_from(["00:00-24:00", "22:00-30:00", "09:00-17:00", "24:00-48:00", "09:00-08:00", "00:60-01:00"])


def some(keys: str, **known: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Anything, or an object with some of these keys and anything in them."""
    parts = {**dict.fromkeys(keys.split(), ODD), **{key: st.one_of(ODD, of) for key, of in known.items()}}
    return st.one_of(ODD, st.fixed_dictionaries({}, optional=parts))


HOURS_BY_DAY = st.dictionaries(DAYS, st.one_of(ODD, st.lists(HOURS, max_size=3)), max_size=3)
CALENDARS = some(
    "title applies_from",
    zone=st.sampled_from(["UTC", "Europe/London", "Pacific/Apia", "Europe", "no"]),
    weekly=st.one_of(HOURS_BY_DAY, st.just({"mon-fri": ["09:00-17:00"]})),
    closed=st.lists(DAYS, max_size=3),
    override=HOURS_BY_DAY,
    holidays=some("subdivision", country=st.sampled_from(["DE", "de", "GB", "Germany", "__doc__", "registry"])),
)
CLOCKS = some(
    "target due_at every pause_max retarget reopen sequence case_type name start title",
    calendar=CALENDARS,
    due=some("business_days calendar_days at cutoff field"),
    steps=st.lists(some("at every max urgency notify"), max_size=3),
)
MOMENT = st.fixed_dictionaries(
    {"at": st.one_of(ODD, st.sampled_from(TIMES)), "do": VERBS},
    optional={**dict.fromkeys(["start_at", "target", "due_at", "mode", "reason", "max"], ODD), "calendar": CALENDARS},
)
LIVES = st.lists(VERBS, max_size=5).map(lambda verbs: [{"at": TIMES[0], "do": do, "target": "8h"} for do in verbs])


@pytest.fixture(scope="module")
def client():
    with api(Fakes()) as client:
        yield client


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    clock=st.one_of(CLOCKS, some("due_at every retarget reopen", target=st.just("8h"))),
    calendar=CALENDARS,
    moments=st.one_of(ODD, st.lists(MOMENT, max_size=4), LIVES),
    now=ODD,
)
def test_odd_input_never_fails_on_our_side(client, clock, calendar, moments, now):
    body = {"clock": clock, "calendar": calendar, "moments": moments, "now": now}
    answer = client.post("/api/v1/sla/simulate", json=body)
    assert answer.status_code in {200, 422}, (answer.text, body)
    assert answer.status_code == 200 or answer.json()["errors"]
