"""The next case: found, locked and claimed at once, by as many as ask for one."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.dialects.sqlite import aiosqlite

from app.db.reads import queues
from app.domain.case.attempt import Actor
from app.domain.values.errors import Unavailable
from app.services.assembly import Assembly
from app.services.desk.answer import Answer
from app.services.store.failures import StoreUnavailable
from app.services.store.stored import Changed, PolicyChange, PolicyLine, Record, Visible
from app.services.store.work import Waiting
from app.services.work.next_case import MOST_PASSED, MOST_WITHDRAWN
from app.services.work.work import Wish
from tests.databases import Database
from tests.factories import TENANT, entry_of, told
from tests.house import (
    CASHIER,
    CLERK,
    SUPERVISOR,
    actor,
    another_process,
    applied,
    change,
    code,
    connect,
    entries,
    open_claim,
    open_incident,
    opening,
    policy_file,
    rows,
    state,
    submit,
    unguarded,
)
from tests.lengths import length
from tests.working import assign, claim, take_next

BLIND = [(one, act) for one in ("expense_claim", "incident") for act in ("case:claim", "triage")] + [
    ("incident", "case:read")
]
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
CARLA = actor("carla", "clerk")


async def waiting(house: Assembly, count: int) -> list[str]:
    """Claims that nobody has, the oldest first."""
    made = [opening() for _ in range(count)]
    await submit(house, *made)
    return [one.new_case_id for one in made]


async def shape(house: Assembly, case_id: str, **values: object) -> None:
    """Make a case wait as no verb can: with an urgency or a due moment that only clocks give."""
    case = await state(house, case_id)
    after = told(replace(case, seq=case.seq + 1, **values), case.last_hash, case.state)  # type: ignore[arg-type]
    async with house.store.transaction(TENANT) as tx:
        await tx.record(Record(cases=[Changed(case.seq, after)], entries=[entry_of(after)]))


async def given(house: Assembly, by: object = CLERK, wish: Wish = Wish(), **values: object) -> str | None:  # noqa: B008
    answer = await take_next(house, by, wish, **values)  # type: ignore[arg-type]
    return None if answer is None else str(applied(answer)["id"])


async def test_the_most_urgent_comes_first_then_what_is_due_then_the_oldest(house: Assembly) -> None:
    old, young, due_late, due_soon, urgent = await waiting(house, 5)
    await shape(house, due_late, due_at=NOW + timedelta(days=9))
    await shape(house, due_soon, due_at=NOW + timedelta(days=1))
    await shape(house, urgent, urgency=40)
    await shape(house, young, due_at=None)
    await shape(house, old, due_at=None)
    order = [await given(house) for _ in range(5)]
    assert order == [urgent, due_soon, due_late, old, young]
    assert await take_next(house, CLERK) is None


async def test_whoever_gets_a_case_has_it_and_the_log_says_so(house: Assembly, database: Database) -> None:
    [case_id] = await waiting(house, 1)
    answer = await take_next(house, CLERK)
    assert answer is not None
    assert (applied(answer)["assignee"], applied(answer)["version"]) == ("user:carl", 2)
    [entry] = await entries(database, "assigned")
    assert (entry["verb"], entry["entry_id"]) == ("claim", answer.receipt.entry_id if answer.receipt else None)
    assert (await state(house, case_id)).assignee == "user:carl"


async def test_closed_cases_and_those_that_somebody_has_do_not_wait(house: Assembly) -> None:
    mine, closed, assigned = await waiting(house, 3)
    await claim(house, mine, CARLA)
    await shape(house, closed, closed_at=NOW)
    await assign(house, assigned, SUPERVISOR, assignee="user:carla")
    assert await given(house) is None


async def test_a_team_and_a_case_type_narrow_the_queue(house: Assembly) -> None:
    agent = actor("ag", "agent", "clerk")
    first = await open_claim(house)
    incident = await open_incident(house)
    north = await open_claim(house)
    await assign(house, north, SUPERVISOR, team="team:north")
    assert await given(house, agent, Wish(team="team:south")) is None
    assert await given(house, agent, Wish(team="team:north", case_type="incident")) is None
    assert await given(house, agent, Wish(team="team:north")) == north
    assert await given(house, agent, Wish(case_type="incident")) == incident
    assert await given(house, agent) == first


async def test_who_may_not_claim_gets_none_and_a_revoked_right_binds_the_next_request(
    house: Assembly, database: Database
) -> None:
    await waiting(house, 2)
    assert await given(house, CASHIER) is None
    async with another_process(database) as other:
        assert await given(other) is not None
        source = policy_file("expense_claim")
        lines = [line for line in source.lines if line.act != "case:claim"]
        await house.policies.apply(replace(source, lines=lines))
        assert await given(other) is None


async def test_cases_that_one_may_read_but_not_claim_are_not_even_looked_at(house: Assembly) -> None:
    """More than are given up on one by one, where the policy refuses after all."""
    await waiting(house, MOST_WITHDRAWN + 5)
    incident = await open_incident(house)
    await shape(house, incident, due_at=None)  # it comes last
    assert await given(house, actor("both", "cashier", "agent")) == incident


async def test_cases_that_one_may_claim_but_not_read_are_not_even_looked_at(house: Assembly) -> None:
    blind = actor("blind", "blind")
    given_to_it = [
        PolicyLine(kind="p", role="role:blind", tenant=TENANT, obj=obj, act=act, eft="allow") for obj, act in BLIND
    ]
    async with house.store.transaction(TENANT) as tx:
        await tx.change_policy(PolicyChange(add=given_to_it))
    await waiting(house, MOST_WITHDRAWN + 5)
    incident = await open_incident(house)
    await shape(house, incident, due_at=None)  # it comes last
    assert await given(house, blind) == incident


async def test_a_skipped_case_is_passed_by_and_the_log_says_why(house: Assembly, database: Database) -> None:
    first, second = await waiting(house, 2)
    assert await given(house, skip={first: "my brother's"}) == second
    [entry] = await entries(database, "skipped")
    assert (entry["case_id"], list(entry["fields"])) == (first, ["/reason"])
    assert (await state(house, first)).version == 1


async def test_a_skip_that_is_refused_is_the_answer_and_nothing_is_claimed(house: Assembly) -> None:
    [case_id] = await waiting(house, 1)
    answer = await take_next(house, CLERK, skip={"0198c0de-0000-7000-8000-00000000ffff": "gone"})
    assert answer is not None
    assert code(answer) == "not_found"
    assert (await state(house, case_id)).assignee is None


async def test_a_key_gives_the_same_case_again(house: Assembly) -> None:
    await waiting(house, 2)
    first = await take_next(house, CLERK, key="k")
    again = await take_next(house, CLERK, key="k")
    assert first is not None
    assert again is not None
    assert (again.receipt, again.replayed) == (first.receipt, True)


@pytest.mark.parametrize("again", range(length(1, 3)))
async def test_fifty_callers_over_two_hundred_cases_get_each_once(
    house: Assembly, database: Database, again: int
) -> None:
    made = await waiting(house, 200)
    people = [actor(f"clerk{n}", "clerk") for n in range(50)]
    async with another_process(database) as other:

        async def one(who: Actor, process: Assembly) -> Answer | None:
            """Asked for again where the other process kept SQLite's one writer for too long."""
            while True:
                with suppress(StoreUnavailable):
                    return await take_next(process, who)

        async def work(who: Actor, process: Assembly) -> list[Answer]:
            return [answer for _ in range(4) if (answer := await one(who, process))]

        found = await asyncio.gather(*(work(who, (house, other)[n % 2]) for n, who in enumerate(people)))
    ids = [applied(answer)["id"] for answers in found for answer in answers]
    assert len(ids) == len(set(ids)) == 200
    assert set(ids) == set(made)
    assert await take_next(house, CLERK) is None
    kept = await rows(database, "SELECT count(*) AS n FROM cases WHERE assignee IS NULL")
    assert kept == [{"n": 0}]


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_nobody_waits_for_a_case_that_somebody_else_has_locked(house: Assembly, database: Database) -> None:
    ids = await waiting(house, 20)
    raw = await connect(database)
    transaction = raw.transaction()
    await transaction.start()
    await raw.fetch("SELECT 1 FROM cases WHERE id = ANY($1) FOR UPDATE", ids[:19])
    async with asyncio.timeout(30):
        assert await given(house) == ids[19]
        assert await given(house) is None
    await transaction.rollback()
    await raw.close()
    assert await given(house) == ids[0]


async def declined(house: Assembly, *lines: PolicyLine) -> None:
    async with house.store.transaction("*") as tx:
        await tx.change_policy(PolicyChange(add=lines))


def line(role: str, act: str, case_type: str = "expense_claim", when: str = "", eft: str = "allow") -> PolicyLine:
    return PolicyLine(kind="p", role=role, tenant="*", obj=case_type, act=act, when=when, eft=eft)


CLERK_OF_NOTHING = actor("nora", "onlooker")
ONLOOKING = [
    line("role:onlooker", act, one) for act in ("case:read", "case:claim") for one in ("expense_claim", "incident")
]


async def test_a_case_on_which_the_caller_can_fire_nothing_is_passed_by(house: Assembly) -> None:
    """However many of them wait in a state that is not theirs: they are left out together."""
    await declined(house, *ONLOOKING, line("role:onlooker", "start", "incident"))
    await waiting(house, 5 * MOST_WITHDRAWN)
    assert await given(house, CLERK_OF_NOTHING) is None
    incident = await open_incident(house)
    await shape(house, incident, due_at=None)  # it comes last
    assert await given(house, CLERK_OF_NOTHING) is None
    await declined(house, line("role:onlooker", "triage", "incident"))
    assert await given(house, CLERK_OF_NOTHING) == incident


async def test_what_the_assignee_may_fire_is_something_to_do(house: Assembly) -> None:
    [case_id] = await waiting(house, 1)
    await declined(house, *ONLOOKING)
    assert await given(house, CLERK_OF_NOTHING) is None
    await declined(house, line("[assignee]", "add_note"))
    assert await given(house, CLERK_OF_NOTHING) == case_id


async def test_cases_that_a_condition_bars_do_not_hide_the_one_behind_them(house: Assembly) -> None:
    """More than one request passes by: it says so, and the next one goes on behind them."""
    await declined(house, *ONLOOKING, line("role:onlooker", "triage", when="data.amount_cents == 7"))
    await waiting(house, MOST_PASSED + 5)
    behind = await open_claim(house, {"amount_cents": 7, "currency": "EUR"})
    await shape(house, behind, due_at=None)
    with pytest.raises(Unavailable, match="Ask again to look further"):
        await take_next(house, CLERK_OF_NOTHING)
    assert await given(house, CLERK_OF_NOTHING) == behind
    assert await given(house) is not None


async def test_a_case_behind_few_that_are_barred_is_found_at_once(house: Assembly) -> None:
    await declined(house, *ONLOOKING, line("role:onlooker", "triage", when="data.amount_cents == 7"))
    await waiting(house, 2 * MOST_WITHDRAWN + 3)
    behind = await open_claim(house, {"amount_cents": 7, "currency": "EUR"})
    await shape(house, behind, due_at=None)
    skipped = (await waiting(house, 1))[0]
    assert await given(house, CLERK_OF_NOTHING, skip={skipped: "not mine"}) == behind
    assert await given(house, CLERK_OF_NOTHING) is None


MANY = {
    "sqlite": "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 6000)",
    "postgres": "WITH n AS (SELECT generate_series(1, 6000) AS n)",
}


async def fill(database: Database, like: str) -> None:
    """Six thousand copies of a case, behind our back: half of them due, few in a team, some urgent."""
    names = [row["name"] for row in await rows(database, COLUMNS[database.kind])]
    other = {
        "id": "c.id || '-' || n.n",
        "due_at": "CASE n.n % 2 WHEN 0 THEN c.opened_at END",
        "team": "CASE n.n % 21 WHEN 0 THEN 'team:north' END",
        "urgency": "n.n % 5 * 20",
        "reference": "NULL",
    }
    values = ", ".join(other.get(name, f"c.{name}") for name in names)
    off = "SET session_replication_role = replica;" if database.kind == "postgres" else ""
    insert = f"INSERT INTO cases ({', '.join(names)})"
    many = MANY[database.kind]
    chosen = f"SELECT {values} FROM cases c, n WHERE c.id = '{like}'"
    await unguarded(database, "cases_refuses_insert_untold")
    await change(database, f"{off} {insert} {many} {chosen}" if off else f"{insert} {many} {chosen}")
    await change(database, "ANALYZE cases")


COLUMNS = {
    "sqlite": "SELECT name FROM pragma_table_info('cases')",
    "postgres": "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'cases'",
}
EVERYTHING = Visible(subject="user:carl", all_types=True)
SOME = Visible(
    subject="user:carl", types=frozenset({"expense_claim"}), by_role={"[creator]": frozenset({"expense_claim"})}
)


@pytest.mark.parametrize("due", [True, False])
@pytest.mark.parametrize("team", [None, "team:north"])
async def test_the_search_walks_the_index_of_those_who_wait_and_sorts_a_few_only(
    house: Assembly, database: Database, team: str | None, due: bool
) -> None:
    [case_id] = await waiting(house, 1)
    await fill(database, case_id)
    asked = Waiting(tenant="acme", readable=SOME, claimable=EVERYTHING, team=team)
    statements = [queues._queues(asked), queues._candidates(asked, [queues.Queue("expense_claim", 40)], due, 16)]
    told = [await plan(database, statement) for statement in statements]
    indexes = (
        ["cases_waiting_in_team", "cases_open_in_team"] if team else ["cases_waiting", "cases_of_nobody"]
    )  # where few of the open ones are somebody's, the two are as good
    assert all(any(index in steps for index in indexes) for steps in told), told
    assert not any(word in steps for steps in told for word in ("Seq Scan on cases", "SCAN cases", "Bitmap")), told
    async with house.store.transaction(TENANT) as tx:
        assert await tx.take_next(asked) is not None


async def plan(database: Database, statement: Any) -> str:
    """How the database would do it, told of a whole statement with its values."""
    dialect = asyncpg.dialect() if database.kind == "postgres" else aiosqlite.dialect()
    compiled = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN" if database.kind == "postgres" else "EXPLAIN QUERY PLAN"
    return str(await rows(database, f"{explain} {compiled}"))
