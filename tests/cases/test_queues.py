"""Queues and saved views over HTTP: what they count is what lists show, and a view is its owner's to change."""

from app.http.cases.view_bodies import FiltersOfAView
from app.services.assembly import Assembly
from app.services.cases.queues import QUEUES
from app.services.cases.views import Wanted
from app.services.store.case_query import FILTERS
from app.services.store.saved_views import Shows
from tests.clock_making import IN_THE_FUTURE, LONG_AGO
from tests.factories import OPENED, TENANT, a_case
from tests.factories import opening as a_record
from tests.house import ADMIN, ALICE, CASHIER, CLERK, STRANGER, actor
from tests.over_http import client_of

FOREIGNER = actor("root", "admin", tenant="other")
PEOPLE = (ALICE, CLERK, CASHIER, ADMIN, STRANGER, FOREIGNER, actor("in", "intake"), actor("carl", "permit_team"))
VIEW = {"title": "Large", "shows": {"queue": "unassigned", "filters": {"case_type": "permit"}, "sort": "-urgency"}}
NOBODYS_ID = "0198c0de-0000-7000-8000-00000000abcd"


def some_cases():
    kinds = ("expense_claim", "permit", "incident")
    return [
        a_case(
            case_type=kinds[number % 3],
            assignee=(None, "user:carl", "user:alice")[number % 5 % 3],
            team=(None, "team:clerk", "team:intake")[number % 4 % 3],
            creator=("user:alice", "user:bob")[number % 2],
            due_at=(None, LONG_AGO, IN_THE_FUTURE)[number % 7 % 3],
            closed_at=OPENED if number % 6 == 5 else None,
        )
        for number in range(60)
    ]


async def fill(house: Assembly):
    cases = some_cases()
    async with house.store.transaction(TENANT) as tx:
        await tx.record(a_record(*cases))
    return cases


def belongs(queue: str, case, who, teams) -> bool:
    if case.closed_at is not None:
        return False
    return {
        "mine": case.assignee == who.id,
        "team": case.team in teams,
        "unassigned": case.assignee is None,
        "overdue": case.due_at == LONG_AGO,
    }[queue]


async def test_every_queue_counts_and_shows_what_lists_say_of_it_for_everybody(house: Assembly) -> None:
    await fill(house)
    for who in PEOPLE:
        readable = (await house.cases.find(who, Wanted(limit=200))).items
        counts, teams = await house.queues.counts(who), house.queues.teams(who)
        for queue in QUEUES:
            expected = {case.id for case in readable if belongs(queue, case, who, teams)}
            page = await house.cases.find(who, house.queues.wanted(who, Shows(queue), limit=200))
            assert {case.id for case in page.items} == expected, (who, queue)
            assert (counts[queue].value, counts[queue].more) == (len(expected), False), (who, queue)
    assert sum(count.value for count in (await house.queues.counts(FOREIGNER)).values()) == 0
    assert (await house.queues.counts(CLERK))["team"].value > 0


async def test_the_same_filters_say_the_same_over_http(house: Assembly) -> None:
    cases = await fill(house)
    async with client_of(house, "admin") as client:

        async def found(**filters):
            answer = await client.get("/api/v1/cases", params={"sort": "queue", "limit": 200, "count": True, **filters})
            assert answer.status_code == 200, answer.text
            shown = answer.json()
            assert shown["count"]["value"] == len(shown["items"])
            return {item["id"] for item in shown["items"]}

        assert await found(open=True) == {case.id for case in cases if case.closed_at is None}
        assert await found(open=False, creator="user:bob") == {
            case.id for case in cases if case.closed_at and case.creator == "user:bob"
        }
        assert await found(unassigned=True) == {case.id for case in cases if case.assignee is None}
        assert await found(due_before="2030-01-01T00:00:00+01:00") == {c.id for c in cases if c.due_at == LONG_AGO}
        wrong = await client.get("/api/v1/cases", params={"due_before": "2030-01-01"})
        assert wrong.status_code == 422
        assert wrong.json()["errors"][0]["field"] == "due_before"
        bare = await client.get("/api/v1/cases", params={"creator": "nobodyatall"})
        assert bare.json()["errors"][0]["field"] == "creator"


def test_a_view_can_keep_every_filter_that_lists_have() -> None:
    assert set(FiltersOfAView.model_fields) == {*FILTERS, "q"}


async def test_a_view_is_kept_shared_changed_and_removed_by_its_owner_alone(house: Assembly) -> None:
    async with client_of(house) as alice, client_of(house, user="bob") as bob:
        made = (await alice.post("/api/v1/views", json=VIEW)).json()
        assert made["shows"] == {**VIEW["shows"], "columns": None}
        assert (made["owner"], made["shared"], made["default"]) == ("user:alice", False, False)
        place = f"/api/v1/views/{made['id']}"
        assert (await bob.get(place)).status_code == 404
        assert (await bob.get("/api/v1/views")).json() == {"items": []}
        shared = (await alice.put(place, json={**VIEW, "shared": True, "default": True})).json()
        assert (await alice.get("/api/v1/views")).json() == {"items": [shared]}
        assert (await bob.get(place)).json() == {**shared, "default": False}
        for refused in (await bob.put(place, json=VIEW), await bob.delete(place)):
            assert (refused.status_code, refused.json()["code"]) == (403, "denied")
        assert (await alice.delete(place)).status_code == 204
        assert (await alice.get(place)).status_code == 404


ODD = [
    ({"filters": {"asignee": "user:bob"}}, "shows.filters.asignee"),
    ({"queue": "mine", "filters": {"assignee": "user:bob"}}, "shows.filters.assignee"),
    ({"queue": "theirs"}, "shows.queue"),
    ({"sort": "-queue"}, "shows.sort"),
    ({"columns": ["data.amount", "password"]}, "shows.columns.1"),
    ({"columns": ["state"] * 9}, "shows.columns"),
    ({"filters": {"due_before": "soon"}}, "shows.filters.due_before"),
]


async def test_what_a_view_cannot_show_is_refused_by_its_name(house: Assembly) -> None:
    async with client_of(house) as client:
        for shows, field in ODD:
            answer = await client.post("/api/v1/views", json={"title": "Odd", "shows": shows})
            assert answer.status_code == 422, shows
            assert field in {fault["field"] for fault in answer.json()["errors"]}, answer.text
        assert (await client.get("/api/v1/views")).json() == {"items": []}


async def test_a_title_stands_once_among_the_views_of_somebody(house: Assembly) -> None:
    async with client_of(house) as alice, client_of(house, user="bob") as bob:
        await alice.post("/api/v1/views", json=VIEW)
        again = await alice.post("/api/v1/views", json=VIEW)
        assert (again.status_code, again.json()["errors"][0]["field"]) == (409, "title")
        assert (await bob.post("/api/v1/views", json=VIEW)).status_code == 201
        absent = await bob.put(f"/api/v1/views/{NOBODYS_ID}", json=VIEW)
        assert absent.status_code == 404
