"""The limits of the benchmark write what an event writes, and its table says what was measured."""

import asyncio
import json
import shutil
from collections import Counter
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from app.commands.opening.declared import read_folders
from app.db import open_store
from app.db.connections.engines import database_url, sqlite_engine
from bench import __main__ as command
from bench import limits, load, sqlite_loop
from bench.clients import Clients
from bench.harness import Bench, Row, percentile
from bench.seeded import EVENT
from bench.servers import MACHINES, POLICIES, Postgres, programs
from bench.table import table
from tests.databases import Database
from tests.house import actor, applied, attempt, opening, rows, running, tried
from tests.naive_log import read_log

CLERK = actor("alice", "clerk")
TABLES = {
    "postgres": "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'case_words%'",
}
CASE = "SELECT * FROM cases WHERE reference = '1'"
LAST_ENTRY = "SELECT * FROM audit_entry WHERE kind = 'transition' ORDER BY entry_id DESC LIMIT 1"
LAST_VALUES = f"SELECT v.* FROM audit_payload v JOIN ({LAST_ENTRY}) e USING (tenant, entry_id)"


@asynccontextmanager
async def benchmarked(database: Database):
    """A house with the case type of the benchmark, and one case, opened by reference as the seed does."""
    found = read_folders(MACHINES, POLICIES)
    assert not found.errors
    async with running(open_store(database.url), found) as house:
        answer = await tried(house, opening(CLERK, "bench", "open", data={"amount": 1}, reference="1"))
        yield house, applied(answer)["id"]


async def fire(house, case_id):
    applied(await tried(house, attempt(CLERK, EVENT["event"], case_id, payload=EVENT["payload"])))


async def counts(database):
    names = [row["name"] for row in await rows(database, TABLES[database.kind])]
    return Counter({name: (await rows(database, f"SELECT count(*) AS n FROM {name}"))[0]["n"] for name in names})


async def written(database, write):
    """What `write` did: rows per table, the changed columns of the case, and the shape of its entry and values."""
    before, [case] = await counts(database), await rows(database, CASE)
    await write()
    [after], [entry] = await rows(database, CASE), await rows(database, LAST_ENTRY)
    changed = {name for name in case if case[name] != after[name]}
    values = [shape(row) for row in await rows(database, LAST_VALUES)]
    return await counts(database) - before, changed, shape(entry), values


def shape(row):
    """Type and size of every column."""
    return {name: (type(value), len(value) if isinstance(value, str | bytes) else None) for name, value in row.items()}


async def entry_length(database):
    [entry] = await rows(database, LAST_ENTRY)
    return len(entry["entry"])


async def test_pgbench_writes_the_rows_of_an_event(postgres, postgres_server):
    async with benchmarked(postgres) as (house, case_id):
        ours = await written(postgres, lambda: fire(house, case_id))
        server = Postgres(postgres_server.folder, programs(), 0, "stateward_app")
        name, length = postgres.url.partition("@/")[2].partition("?")[0], await entry_length(postgres)

        async def limit():
            await asyncio.to_thread(limits.run_pgbench, server, name, 1, length, 1, "-t", "1")

        assert await written(postgres, limit) == ours
    assert sum(ours[0].values()) == 3


async def test_the_loop_on_sqlite_writes_the_rows_of_an_event(tmp_path, sqlite_template):
    file = shutil.copy(sqlite_template, tmp_path / "stateward.db")
    database = Database("sqlite", f"sqlite+aiosqlite:///{file}", "")
    async with benchmarked(database) as (house, case_id):
        ours = await written(database, lambda: fire(house, case_id))
        length = await entry_length(database)

        async def limit():
            connection = sqlite_loop.opened(str(file))
            sqlite_loop.write_event(connection, case_id, length)
            connection.close()

        assert await written(database, limit) == ours
    assert sum(ours[0].values()) == 3


async def test_the_loop_on_sqlite_is_as_durable_as_the_service(tmp_path):
    file = tmp_path / "stateward.db"
    engine = sqlite_engine(database_url(f"sqlite:///{file}"))
    async with engine.connect() as ours:
        served = {name: (await ours.execute(text(f"PRAGMA {name}"))).scalar() for name in sqlite_loop.PRAGMAS}
    await engine.dispose()
    connection = sqlite_loop.opened(str(file))
    assert {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in sqlite_loop.PRAGMAS} == served
    connection.close()


async def test_the_log_of_what_the_benchmark_fires_verifies(database):
    async with benchmarked(database) as (house, case_id):
        for _ in range(3):
            await fire(house, case_id)
    log = await read_log(database)
    log.check_hashes()
    chain = log.chain("acme", case_id)
    log.check_chain(chain)
    assert [entry["target"] for entry in chain] == ["one", "two", "one", "two"]


async def test_the_limit_on_postgres_is_refused_what_the_service_is_refused(postgres, postgres_server):
    server = Postgres(postgres_server.folder, programs(), 0, "stateward_app")
    name = postgres.url.partition("@/")[2].partition("?")[0]
    async with benchmarked(postgres) as (house, case_id):
        await fire(house, case_id)
    with pytest.raises(RuntimeError, match="permission denied"):
        server.run("SET ROLE stateward_service; UPDATE audit_entry SET entry = ''", name, server.login)
    assert "role=stateward_service" in limits.SERVICE_ROLE


def test_a_file_of_requests_reads_as_it_was_written(tmp_path):
    requests = [load.request(80, "token", "/events", {"attempts": [EVENT] * count}) for count in (1, 3)]
    assert load.read(load.write(tmp_path / "requests", requests)) == requests


@asynccontextmanager
async def answering(*answers):
    """A server that gives these answers in turn, over and over; what it was asked."""
    asked = []

    async def answer(reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                asked.append(head + await reader.readexactly(length))
                status, body = answers[len(asked) % len(answers)]
                writer.write(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body))
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        server.close()


@pytest.mark.parametrize(
    ("answers", "share"),
    [
        ([(200, b"{}")], 0),
        ([(200, b"{}"), (409, b"{}")], 0.5),
        ([(200, b'{"results":[{"status":409,"problem":{}}]}')], 1),
    ],
)
async def test_our_generator_counts_every_answer_that_is_no_success(answers, share):
    async with answering(*answers) as (port, asked):
        clients = Clients([load.request(port, "token", "/events", {}, keyed=True)], load.KEY)
        count, bad, *_ = await clients.run(port, connections=3, seconds=0.2)
    assert count == len(asked) > 3
    assert abs(bad - share * count) <= 1
    keys = {each.partition(b"Idempotency-Key: ")[2].partition(b"\r\n")[0] for each in asked}
    assert len(keys) == count


@pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed, so the benchmark does not use it")
@pytest.mark.parametrize("body", [b"{}", b'{"results":[{"problem":{}}]}'])
async def test_wrk_counts_refused_attempts_of_a_batch(tmp_path, body):
    async with answering((200, body)) as (port, asked):
        file = load.write(tmp_path / "requests", [load.request(port, "token", "/events", {"attempts": [EVENT]})])
        sending = asyncio.to_thread(load.load, port, file, 2, 1)
        if b"problem" in body:
            with pytest.raises(Exception, match="refused"):
                await sending
        else:
            seen = await sending
            assert (seen.generator, seen.events) == ("wrk", 1)
            assert asked


def a_row(ours, limit, target, **values):
    return Row("what", ours, limit, "/s", target, **values)


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (a_row(50, 100, 0.5), True),
        (a_row(49, 100, 0.5), False),
        (a_row(4, 1, 4, at_least=False), True),
        (a_row(4.1, 1, 4, at_least=False), False),
        (a_row(1, 100, None), True),
    ],
)
def test_a_row_is_met_where_its_ratio_keeps_to_the_target(row, met):
    assert row.met is met


def test_a_percentile_is_a_sample():
    assert [percentile([3, 1, 2, 4], share) for share in (0, 0.5, 0.99, 1)] == [1, 3, 4, 4]


def test_figures_are_taken_in_turns(tmp_path, capsys):
    turns = []
    bench = Bench(tmp_path, None, rounds=2)
    seen = bench.interleaved(a=lambda: turns.append("a") or len(turns), b=lambda: turns.append("b") or len(turns))
    assert turns == ["a", "b", "a", "b"]
    assert seen == {"a": [1, 3], "b": [2, 4]}


def test_the_table_is_aligned_and_says_what_was_missed():
    lines = table([a_row(2400.4, 4800, 0.5), a_row(0.5, 1, 1, note="slow")]).splitlines()
    assert len({len(line) for line in lines[:4]}) == 1
    assert [line.split("|")[-2].strip() for line in lines[:4]] == ["met", "---", "yes", "NO"]
    assert "2,400/s" in lines[2]
    assert lines[-1] == "- what: slow"


@pytest.mark.parametrize(("ours", "code"), [(1, 0), (0.1, 1)])
def test_the_run_fails_where_a_target_is_missed(tmp_path, capsys, monkeypatch, ours, code):
    monkeypatch.setitem(command.GROUPS, "postgres", lambda bench: [a_row(ours, 1, 0.5)])
    assert command.main(["postgres", "--json", str(tmp_path / "rows.json")]) == code
    [row] = json.loads((tmp_path / "rows.json").read_text())["rows"]
    assert (row["ratio"], row["met"]) == (ours, not code)
    assert "what" in capsys.readouterr().out


def test_a_loop_that_measured_nothing_is_no_figure(tmp_path, sqlite_template):
    file = shutil.copy(sqlite_template, tmp_path / "stateward.db")
    with pytest.raises(limits.Unusable, match="empty"):
        limits.loop(file, 100, 0.1, 0.1)
