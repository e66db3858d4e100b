"""`stateward replay` says what it did, and its exit code says whether it could."""

import argparse
import asyncio
import gzip
import json
import os
import signal
from contextlib import asynccontextmanager

import httpx
import pytest

from app.commands.arguments import replay as add_arguments
from app.commands.replay.over_http import over_http
from app.commands.replay.replay import run
from app.commands.replay.telling import progress
from app.commands.terminal.failing import CommandFailed
from app.main import main
from app.services.replay.event_log import LoggedEvent
from app.services.replay.replay import BadAttempt, Stopped, TooMuch, TryAgain
from app.services.replay.report import Report

LINES = [
    {"reference": "a", "event": "open", "actor": "user:ann", "roles": [], "at": "2026-03-02T09:00:00Z", "data": {}},
    {"reference": "a", "event": "jump", "actor": "user:ann", "roles": [], "at": "2026-03-02T10:00:00Z"},
]
ANSWER_OF = {
    "open": {"status": 201, "case": {"state": "new"}, "receipt": {}},
    "jump": {"status": 409, "problem": {"code": "wrong_state", "detail": "cannot jump"}},
}


class InProcess:
    """Stands for the composition root: opens a submit for a tenant."""

    def __init__(self):
        self.tenants = []

    @asynccontextmanager
    async def __call__(self, tenant):
        self.tenants.append(tenant)

        async def submit(attempts):
            return [ANSWER_OF[attempt["event"]] for attempt in attempts]

        yield submit


def log(path, lines=LINES):
    text = "".join(json.dumps(line) + "\n" for line in lines)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return str(path)


async def stateward_replay(*words, in_process=None):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return await run(parser.parse_args([*words, "--case-type", "claim"]), in_process or InProcess(), no_back_test)


async def no_back_test():
    raise AssertionError("nobody asked for one")


@pytest.mark.parametrize("name", ["log.jsonl", "log.jsonl.gz"])
async def test_a_refused_event_is_told_and_is_not_a_failure(tmp_path, capsys, name):
    told, in_process = tmp_path / "report.json", InProcess()
    code = await stateward_replay(
        log(tmp_path / name), "--tenant", "acme", "--report", str(told), in_process=in_process
    )
    out, err = capsys.readouterr()
    assert (code, err, in_process.tenants) == (0, "", ["acme"])
    assert out.startswith("2 events of 1 cases in ")
    assert "wrong_state" in out
    report = json.loads(told.read_text())
    assert (report["accepted"], report["refused"], report["final_states"]) == (1, {"wrong_state": 1}, {"new": 1})


async def test_a_bad_line_fails_with_one_sentence_that_names_file_and_line(tmp_path, capsys):
    path = log(tmp_path / "log.jsonl", [LINES[0], {**LINES[1], "at": "soon"}])
    assert await stateward_replay(path) == 1
    out, err = capsys.readouterr()
    assert "accepted           1" in out
    assert err.count("\n") == 1
    assert f"{path}:2: `at` must be an RFC 3339 time" in err


async def test_a_broken_archive_is_a_bad_line(tmp_path, capsys):
    path = tmp_path / "log.jsonl.gz"
    path.write_text("no archive")
    assert await stateward_replay(str(path)) == 1
    assert f"{path}:1: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["missing.jsonl"], "there is no file missing.jsonl"),
        (["FILE", "--url", "http://127.0.0.1:1"], "--url needs --token"),
        (["FILE", "--token", "t"], "--token belongs to --url"),
        (["FILE", "--url", "localhost", "--token", "t"], "--url is the address of a service"),
        (["FILE", "--lanes", "0"], "--lanes is a number"),
        (["FILE", "--until", "2026-12-31"], "--until and --breaches belong to --clock log"),
        (["FILE", "--clock", "log", "--url", "http://127.0.0.1:1", "--token", "t"], "leave out --url"),
        (["FILE", "--clock", "log", "--breaches", "no/such/folder.csv"], "--breaches is a file in a folder"),
    ],
)
async def test_wrong_usage_is_told_in_one_sentence(tmp_path, capsys, words, sentence):
    path = log(tmp_path / "log.jsonl")
    assert await stateward_replay(*[path if word == "FILE" else word for word in words]) == 2
    assert sentence in capsys.readouterr().err


class Answers(httpx.AsyncBaseTransport):
    """A service that gives one answer and remembers what it was asked."""

    def __init__(self, response):
        self.response = response
        self.request = None

    async def handle_async_request(self, request):
        self.request = request
        if isinstance(self.response, Exception):
            raise self.response
        return self.response


async def submitted(response):
    service = Answers(response)
    async with over_http("http://service", "secret", service) as submit:
        return service, await submit([{"event": "open"}])


async def test_attempts_go_to_the_batch_call_with_the_token():
    service, results = await submitted(httpx.Response(200, json={"results": [{"status": 201}]}))
    assert results == [{"status": 201}]
    assert service.request.url.path == "/api/v1/events"
    assert service.request.headers["Authorization"] == "Bearer secret"
    assert json.loads(service.request.content) == {"attempts": [{"event": "open"}]}


@pytest.mark.parametrize("answer", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.Response(502)])
async def test_an_outage_may_be_tried_again(answer):
    with pytest.raises(TryAgain):
        await submitted(answer)


async def test_the_service_says_how_long_to_wait():
    with pytest.raises(TryAgain) as caught:
        await submitted(httpx.Response(503, headers={"Retry-After": "5"}, json={"detail": "no database"}))
    assert caught.value.after == 5
    assert "no database" in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (httpx.Response(401, json={"detail": "The token has expired."}), "has expired. Give a valid --token"),
        (httpx.Response(403), "role:admin"),
        (httpx.Response(404), "Give the address of a Stateward service"),
        (httpx.Response(200, text="<html>"), "is this a Stateward service?"),
    ],
)
async def test_an_answer_that_will_not_change_stops_the_replay(answer, sentence):
    with pytest.raises(Stopped) as caught:
        await submitted(answer)
    assert sentence in str(caught.value)


async def test_the_attempt_that_cannot_be_read_is_told_apart():
    faults = [{"field": "attempts.7.reference", "message": "should be shorter"}]
    with pytest.raises(BadAttempt, match=r"^reference should be shorter$") as caught:
        await submitted(httpx.Response(422, json={"detail": "not valid", "errors": faults}))
    assert caught.value.index == 7


async def test_a_body_that_is_too_large_is_told_apart():
    with pytest.raises(TooMuch):
        await submitted(httpx.Response(413))


class ToldToStop(InProcess):
    """After the first answer this process gets a signal, and no further answer comes."""

    def __init__(self, number):
        super().__init__()
        self.number = number

    @asynccontextmanager
    async def __call__(self, tenant):
        async def submit(attempts):
            if attempts[0]["event"] == "open":
                return [ANSWER_OF["open"]]
            os.kill(os.getpid(), self.number)
            await asyncio.Event().wait()
            return []

        yield submit


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_who_is_told_to_stop_says_where_it_stands_and_writes_the_report(tmp_path, capsys, number, code):
    told = tmp_path / "report.json"
    words = (log(tmp_path / "log.jsonl"), "--report", str(told))
    assert await stateward_replay(*words, in_process=ToldToStop(number)) == code
    out, err = capsys.readouterr()
    assert out.startswith("1 events of 1 cases in ")
    assert f"told to stop by {number.name}" in err
    report = json.loads(told.read_text())
    assert (report["accepted"], report["stopped"]) == (1, err.removeprefix("stateward replay: ").strip())


class Known(httpx.AsyncBaseTransport):
    """A service that has two case types."""

    async def handle_async_request(self, request):
        assert request.method == "GET"
        return httpx.Response(200, json={"items": [{"case_type": "claim"}, {"case_type": "incident"}]})


async def test_a_mistyped_case_type_is_refused_before_the_first_line():
    with pytest.raises(CommandFailed, match="clam is not a case type; did you mean claim") as failed:
        async with over_http("http://service", "secret", Known(), "clam"):
            pass
    assert failed.value.code == 2


@pytest.mark.parametrize("name", ["log.jsonl", "log.jsonl.gz"])
async def test_a_byte_order_mark_and_a_space_between_day_and_time_are_no_faults(tmp_path, capsys, name):
    text = "\ufeff" + json.dumps({**LINES[0], "at": "2011-10-11 13:42:22+02:00"}) + "\n"
    data = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    assert await stateward_replay(str(tmp_path / name)) == 0
    assert capsys.readouterr().err == ""


async def test_a_file_is_looked_at_as_a_whole_before_anything_is_sent(tmp_path, capsys):
    path, in_process = log(tmp_path / "log.jsonl", [{**LINES[0], "at": "soon"}, *LINES, {"event": "x"}]), InProcess()
    assert await stateward_replay(path, "--check", in_process=in_process) == 1
    out, err = capsys.readouterr()
    assert [line.split(" ")[0] for line in err.splitlines()] == [f"{path}:1:", f"{path}:4:"]
    assert (out, in_process.tenants) == ("4 lines, 2 of them with a fault; nothing was sent\n", [])
    assert await stateward_replay(log(tmp_path / "log.jsonl"), "--check") == 0


def test_what_the_service_could_not_read_is_found_by_looking_at_the_file(tmp_path, capsys):
    path = log(tmp_path / "log.jsonl", [{**LINES[0], "reference": "r" * 256}])
    assert main(["replay", path, "--case-type", "claim", "--check"]) == 1
    assert f"{path}:1: reference " in capsys.readouterr().err


def test_where_there_is_no_terminal_a_line_says_now_and_then_how_far_it_is(capsys):
    clock = iter([0.0, 1.0, 11.0, 12.0])
    report, show = Report(), progress(400, lambda: next(clock))
    for number in range(100):
        report.add(
            LoggedEvent(place="log:1", number=1, reference=f"r{number}", event="open", attempt={}), ANSWER_OF["open"]
        )
    for _ in range(3):
        show(report)
    assert capsys.readouterr().err == "100 of 400 events (25 %), 0 refused, 9/s, 33 s left\n"


def test_a_refusal_in_the_report_names_the_field():
    errors = [{"field": "data.amount", "message": "Is missing."}]
    report = Report()
    problem = {"code": "invalid", "detail": "data.amount: is missing.", "errors": errors}
    report.add(
        LoggedEvent(place="log:1", number=1, reference="a", event="open", attempt={}),
        {"status": 422, "problem": problem},
    )
    assert report.to_json()["refusals"][0]["errors"] == errors
