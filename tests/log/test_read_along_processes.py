"""Read along with real processes: all of it, once and in order, across two of them, a stop and a restart."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from app.http.sign_in.own_tokens import mint
from tests.databases import Database
from tests.running import SECRET, stateward
from tests.sequenced import check_the_order

WRITERS, CLAIMS = 16, 6
WHOLE = WRITERS * CLAIMS
HALF = WHOLE // 2
CLAIM = {"case_type": "expense_claim", "event": "submit", "data": {"amount_cents": 100, "currency": "EUR"}}


def signed_in(user, *roles):
    return {"authorization": f"Bearer {mint(SECRET, 'acme', user, roles, 24 * 3600)}"}


ADMIN = signed_in("root", "admin")


def write(url, number, count):
    with httpx.Client(timeout=30) as client:
        for _ in range(count):
            answer = client.post(f"{url}/api/v1/cases", json=CLAIM, headers=signed_in(f"user{number}"))
            assert answer.status_code == 201, answer.text


def ids(url, after, until=WHOLE):
    """The ids and kinds of events of a stream, until so many cases were opened or until the stream ends."""
    cursor = {"Last-Event-ID": str(after)}
    found, seen = [], None
    with httpx.stream("GET", f"{url}/api/v1/stream", headers=ADMIN | cursor, timeout=30) as answer:
        for line in answer.iter_lines():
            if line.startswith("id: "):
                seen = int(line.removeprefix("id: "))
            elif line.startswith("data: "):
                found.append((seen, json.loads(line.removeprefix("data: "))["entry"]["kind"]))
                if openings(found) == until:
                    break
    return found


def feed(url, until=WHOLE):
    """The same of pages, each waited for, from the first to the last one."""
    found, after = [], -1
    with httpx.Client(timeout=40) as client:
        while openings(found) < until:
            query = {"after": after, "wait": 30, "limit": 7}
            page = client.get(f"{url}/api/v1/audit", params=query, headers=ADMIN).json()
            found += [(item["leaf_index"], item["entry"]["kind"]) for item in page["items"]]
            after = page["next_after"]
    while found and found[-1][1] != "opened":
        found.pop()
    return found


def openings(found):
    return sum(kind == "opened" for _, kind in found)


@pytest.fixture
def serving(database: Database, tmp_path: Path):
    """Start a process of the service on the database."""
    with ExitStack() as stack:

        def start(name):
            folder = tmp_path / name
            folder.mkdir()
            settings = {"jwt_secret": SECRET, "database_url": database.url}
            return stack.enter_context(stateward(folder, "serve", "--port", "0", **settings))

        yield start


async def test_nothing_is_skipped_or_told_twice_across_two_processes_and_a_restart(serving, database):
    with ThreadPoolExecutor(WRITERS + 3) as pool:
        one, two = pool.map(serving, ("one", "two"))
        lasting, broken = pool.submit(ids, one.url, -1), pool.submit(ids, two.url, -1)
        paged = pool.submit(feed, one.url)
        first = [pool.submit(write, (one, two)[n % 2].url, n, CLAIMS // 2) for n in range(WRITERS)]
        [writer.result() for writer in first]
        assert two.stop(signal.SIGTERM) == 0
        before = broken.result()
        second = [pool.submit(write, one.url, n, CLAIMS // 2) for n in range(WRITERS)]
        again = serving("again")
        rest = pool.submit(ids, again.url, before[-1][0] if before else -1, WHOLE - openings(before))
        [writer.result() for writer in second]
        assert lasting.result() == paged.result() == before + rest.result()
        assert [index for index, _ in lasting.result()] == list(range(len(lasting.result())))
    assert two.errors.read_text() == ""
    assert await check_the_order(database) >= WHOLE


@pytest.mark.parametrize(("workers", "number"), [("1", signal.SIGTERM), ("2", signal.SIGINT)])
def test_a_stop_ends_streams_and_waiting_polls_and_is_no_error(tmp_path, workers, number):
    with stateward(tmp_path, "serve", "--port", "0", "--workers", workers, jwt_secret=SECRET) as service:
        with ExitStack() as stack, ThreadPoolExecutor(4) as pool:
            polls = [pool.submit(feed, service.url, 0) for _ in range(2)]
            streams = [
                stack.enter_context(httpx.stream("GET", f"{service.url}/api/v1/stream", headers=ADMIN, timeout=30))
                for _ in range(8)
            ]
            lines = [stream.iter_lines() for stream in streams]
            assert [next(one) for one in lines] == [":"] * 8
            assert service.stop(number) == 0
            ended = [list(one) for one in lines]
            assert [(one[:2], one[-1]) for one in ended] == [(["id: -1", ""], "")] * 8  # and perhaps who reads
            assert [poll.result() for poll in polls] == [[], []]
        assert service.errors.read_text() == ""
