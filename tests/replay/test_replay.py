"""A replay keeps the order within a case, asks again with the same keys, and counts every answer."""

import asyncio
import json
import zlib
from collections import defaultdict

import pytest

from app.services.replay import replay as replay_module
from app.services.replay.event_log import BadLine, read
from app.services.replay.replay import BATCH, BadAttempt, Stopped, TooMuch, TryAgain, replay


def line(case, event, **more):
    row = {"reference": case, "event": event, "actor": "user:ann", "roles": ["role:clerk"]}
    return json.dumps({**row, "at": "2026-03-02T09:00:00+01:00", **more})


def accepted(state):
    return {"status": 200, "case": {"state": state}, "receipt": {}}


def refused(status, code, detail="no"):
    return {"status": status, "problem": {"code": code, "detail": detail}}


class Service:
    """Answers every attempt by its event's name: `ok_STATE` moves the case there, anything else is a code."""

    def __init__(self):
        self.batches = []
        self.events_of = defaultdict(list)
        self.busy = set()
        self.most_in_flight = 0

    async def submit(self, attempts):
        references = {attempt["reference"] for attempt in attempts}
        assert not references & self.busy, "two requests carry the same case at once"
        self.busy |= references
        self.batches.append(attempts)
        in_flight = len(self.batches)
        await asyncio.sleep(0)
        self.most_in_flight = max(self.most_in_flight, len(self.batches) - in_flight + 1)
        self.busy -= references
        return [self.answer(attempt) for attempt in attempts]

    def answer(self, attempt):
        event = attempt["event"]
        self.events_of[attempt["reference"]].append(event)
        return accepted(event[3:]) if event.startswith("ok_") else refused(409, event)


def keys(service):
    return [attempt["idempotency_key"] for batch in service.batches for attempt in batch]


async def nobody_waits(seconds):
    raise AssertionError(f"waited {seconds} s")


async def replayed(lines, service, **more):
    return await replay(read("claim", lines), service.submit, **{"sleep": nobody_waits, **more})


async def test_no_event_overtakes_another_of_its_case():
    service = Service()
    lines = [line(f"c{case}", f"ok_s{step}") for step in range(30) for case in range(200)]
    report = await replayed(lines, service)
    assert report.accepted == 6000
    assert all(events == [f"ok_s{step}" for step in range(30)] for events in service.events_of.values())
    assert len(service.events_of) == 200


async def test_several_requests_are_in_flight_and_none_carries_more_than_the_service_takes():
    service = Service()
    await replayed([line(f"c{case}", "ok_new") for case in range(9000)], service)
    assert service.most_in_flight > 1
    assert max(len(batch) for batch in service.batches) == BATCH


async def test_one_lane_keeps_the_whole_log_in_order():
    service = Service()
    lines = [line(f"c{n % 7}", "ok_new", reason=str(n)) for n in range(50)]
    await replayed(lines, service, lanes=1)
    assert [a["reason"] for batch in service.batches for a in batch] == [str(n) for n in range(50)]


async def test_a_refused_event_leaves_the_final_state_as_it_was():
    service = Service()
    lines = [line("a", "ok_new"), line("a", "ok_paid"), line("a", "wrong_state"), line("b", "denied")]
    told = (await replayed(lines, service)).to_json()
    assert (told["accepted"], told["refused"]) == (2, {"denied": 1, "wrong_state": 1})
    assert told["final_states"] == {"paid": 1}
    assert (told["events"], told["cases"], told["references"]) == (4, 1, 2)
    assert told["by_event"]["wrong_state"] == {"accepted": 0, "refused": {"wrong_state": 1}}
    assert told["refusals"][0] == {"line": 3, "reference": "a", "event": "wrong_state", "code": "wrong_state"} | {
        "detail": "no"
    }


async def test_the_first_hundred_refusals_are_those_that_stand_first_in_the_log():
    report = await replayed([line(f"c{n}", "denied") for n in range(5000)], Service())
    assert [refusal["line"] for refusal in report.to_json()["refusals"]] == list(range(1, 101))


async def test_a_case_that_the_actor_may_not_read_ends_in_an_unknown_state():
    async def submit(attempts):
        return [{"status": 200, "receipt": {}} for _ in attempts]

    report = await replay(read("claim", [line("a", "open")]), submit)
    assert report.final_states == {"unknown": 1}


async def test_the_same_log_gives_the_same_keys_and_equal_lines_of_a_case_differ():
    first, second, other = Service(), Service(), Service()
    lines = [line("a", "ok_new"), line("a", "ok_new"), line("b", "ok_new")]
    await replayed(lines, first)
    await replayed(lines, second, lanes=1)
    await replay(read("incident", lines), other.submit)
    assert sorted(keys(first)) == sorted(keys(second))
    assert len({*keys(first), *keys(other)}) == 6


def test_a_line_becomes_an_attempt_on_behalf_of_its_actor_at_its_time():
    (event,) = read("claim", [line("a", "open", data={"x": 1}, payload={"note": "n"}, reason="r")])
    assert event.attempt == {
        "case_type": "claim",
        "reference": "a",
        "event": "open",
        "idempotency_key": event.attempt["idempotency_key"],
        "occurred_at": "2026-03-02T08:00:00.000000Z",
        "on_behalf_of": {"actor": "user:ann", "roles": ["role:clerk"]},
        "data": {"x": 1},
        "payload": {"note": "n"},
        "reason": "r",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "log:2: is not JSON"),
        ("[]", "log:2: is not a JSON object"),
        (line("a", "e", reference=""), "log:2: needs `reference`"),
        (line("a", "e", roles="role:x"), "log:2: needs `roles`"),
        (line("a", "e", roles=["clerk"]), "log:2: needs `roles`"),
        (line("a", "e", actor="ann"), "log:2: has an `actor` that is not written as user:NAME: 'ann'"),
        (line("a", "Approve it"), "log:2: has an `event` that is no event's name: 'Approve it'"),
        (line("a", "e", at="2026-03-02T09:00:00"), "log:2: `at` must be an RFC 3339 time with an offset"),
        (line("a", "e", at="yesterday"), "log:2: `at` must be an RFC 3339 time"),
        (line("a", "e", data=[1]), "log:2: has a `data` that is not an object"),
        (line("a", "e", payload={"x": float("nan")}), "log:2: is not JSON: NaN"),
        (line("a", "\ud800"), "log:2: is not JSON"),
        (line("a", "e", whom="b"), "log:2: has the unknown field `whom`"),
    ],
)
def test_a_bad_line_is_named_with_its_fault(text, message):
    with pytest.raises(BadLine, match="log:2") as caught:
        list(read("claim", [line("a", "open"), text]))
    assert str(caught.value).startswith(message)


async def test_a_bad_line_ends_the_replay_after_the_lines_before_it():
    service = Service()
    report = await replayed([line("a", "ok_new"), line("a", "ok_paid"), "{", line("a", "ok_gone")], service)
    assert report.stopped.startswith("log:3: is not JSON")
    assert service.events_of == {"a": ["ok_new", "ok_paid"]}
    assert report.final_states == {"paid": 1}


async def test_blank_lines_are_skipped_and_an_empty_log_is_no_fault():
    assert (await replayed(["\n", ""], Service())).to_json()["events"] == 0


class Moody(Service):
    """Says something else first, then behaves."""

    def __init__(self, *moods):
        super().__init__()
        self.moods = list(moods)
        self.tried = []

    async def submit(self, attempts):
        self.tried.append([attempt["idempotency_key"] for attempt in attempts])
        mood = self.moods.pop(0) if self.moods else None
        if isinstance(mood, Exception):
            raise mood
        return [mood for _ in attempts] if mood else await super().submit(attempts)


async def test_what_got_no_answer_is_sent_again_with_the_same_keys():
    service, waits = Moody(TryAgain("busy"), TryAgain("busy", after=7.0)), []

    async def sleep(seconds):
        waits.append(seconds)

    report = await replayed([line("a", "ok_new")], service, sleep=sleep)
    assert report.accepted == 1
    assert service.tried[0] == service.tried[1] == service.tried[2]
    assert waits == [0.5, 7.0]


async def test_an_attempt_that_another_request_is_deciding_is_asked_again():
    service, waits = Moody(refused(409, "idempotency_in_flight")), []

    async def sleep(seconds):
        waits.append(seconds)

    report = await replayed([line("a", "ok_new")], service, sleep=sleep)
    assert (report.accepted, report.events, len(waits)) == (1, 1, 1)


async def test_it_gives_up_on_a_service_that_never_answers_and_keeps_what_was_done():
    class Dying(Service):
        async def submit(self, attempts):
            if self.batches:
                raise TryAgain("no answer")
            return await super().submit(attempts)

    async def sleep(seconds):
        pass

    report = await replayed([line("a", "ok_new"), line("a", "ok_paid")], Dying(), sleep=sleep)
    assert report.stopped == "gave up after 8 tries: no answer"
    assert report.final_states == {"new": 1}


async def test_a_batch_that_finds_no_place_waits_as_long_as_others_of_the_replay_get_on(monkeypatch):
    monkeypatch.setattr(replay_module, "BATCH", 1)
    late, early = sorted("abcdefgh", key=lambda name: zlib.crc32(name.encode()) % 2)[:: len("abcdefgh") - 1]

    class Full(Service):
        async def submit(self, attempts):
            if attempts[0]["reference"] == late and len(self.batches) < 30:
                raise TryAgain("no place")
            return await super().submit(attempts)

    async def sleep(seconds):
        await asyncio.sleep(0)

    lines = [line(early, "ok_new"), line(late, "ok_new"), *(line(early, "ok_paid") for _ in range(40))]
    report = await replayed(lines, Full(), lanes=2, sleep=sleep)
    assert (report.stopped, report.accepted) == (None, 42)


async def test_a_body_that_is_too_large_is_sent_in_halves():
    class Small(Service):
        async def submit(self, attempts):
            if len(attempts) > 100:
                raise TooMuch
            return await super().submit(attempts)

    service = Small()
    lines = [line("a", f"ok_s{n}") for n in range(2500)]
    report = await replayed(lines, service)
    assert report.accepted == 2500
    assert service.events_of["a"] == [f"ok_s{n}" for n in range(2500)]


async def test_a_caller_who_may_not_import_is_stopped_after_one_attempt():
    service = Moody(refused(403, "denied", "acting for others needs case:admin on claim."))
    report = await replayed([line(f"c{n}", "ok_new") for n in range(5000)], service)
    assert "Use a token with role:admin" in report.stopped
    assert len(service.tried) == 1


async def test_an_attempt_that_the_service_cannot_read_is_named_by_its_line():
    class Strict(Service):
        async def submit(self, attempts):
            for index, attempt in enumerate(attempts):
                if len(attempt["reference"]) > 255:
                    raise BadAttempt(index, "reference is too long")
            return await super().submit(attempts)

    lines = [line("a", "ok_new"), line("a", "ok_paid"), line("r" * 300, "ok_new")]
    report = await replayed(lines, Strict(), lanes=1)
    assert report.stopped == "log:3: reference is too long"


async def test_an_event_that_the_policy_denies_does_not_stop_the_replay():
    report = await replayed([line("a", "denied"), line("b", "ok_new")], Service())
    assert report.stopped is None
    assert report.accepted == 1


async def test_a_stop_in_one_lane_ends_all_lanes():
    class Revoked(Service):
        async def submit(self, attempts):
            if len(self.batches) == 3:
                raise Stopped("answered 401")
            return await super().submit(attempts)

    service = Revoked()
    report = await replayed([line(f"c{n}", "ok_new") for n in range(20000)], service)
    assert report.stopped == "answered 401"
    assert report.events == sum(len(batch) for batch in service.batches) < 20000
