"""What people do with cases over HTTP, on a running house."""

import asyncio

import jsonschema_rs
from httpx import AsyncClient

from app.services.assembly import Assembly
from tests.databases import Database
from tests.house import CLAIM, another_process, entries, open_claim, rows
from tests.over_http import client_of
from tests.working import naming_reviewers

CASES = "/api/v1/cases"
NEXT = "/api/v1/next-case"
OPEN = {"case_type": "expense_claim", "event": "submit", "data": CLAIM}


def client(house: Assembly, user: str = "carl", *roles: str) -> AsyncClient:
    return client_of(house, *roles, user=user)


async def test_a_case_is_claimed_assigned_and_released(house: Assembly) -> None:
    place = f"{CASES}/{await open_claim(house)}"
    async with client(house, "carl", "clerk", "supervisor") as http:
        claimed = await http.post(f"{place}/claim", headers={"If-Match": '"1"'})
        assert (claimed.status_code, claimed.headers["etag"]) == (200, '"2"')
        assert claimed.json()["case"]["assignee"] == "user:carl"
        assert (await http.post(f"{place}/claim", headers={"If-Match": '"1"'})).status_code == 412
        assert (await http.post(f"{place}/release")).json()["case"]["assignee"] is None
        assert (await http.post(f"{place}/release")).json()["code"] == "guard_refused"
        to = {"assignee": "user:susan", "team": "team:north", "reason": "she knows it"}
        assigned = await http.post(f"{place}/assignment", json=to)
        assert (assigned.json()["case"]["assignee"], assigned.json()["case"]["team"]) == ("user:susan", "team:north")
        nobody = await http.post(f"{place}/assignment", json={"assignee": None})
        assert (nobody.json()["case"]["assignee"], nobody.json()["case"]["team"]) == (None, "team:north")
        assert (await http.post(f"{place}/assignment", json={"assignee": "carl"})).status_code == 422
        assert (await http.post(f"{place}/assignment", json={})).json()["errors"][0]["field"] == "assignee"


async def test_a_key_with_another_verb_is_a_mismatch(house: Assembly) -> None:
    place = f"{CASES}/{await open_claim(house)}"
    key = {"Idempotency-Key": "k"}
    async with client(house) as http:
        first, again = [await http.post(f"{place}/claim", headers=key) for _ in range(2)]
        assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
        assert (await http.post(f"{place}/release", headers=key)).json()["code"] == "idempotency_mismatch"


async def test_the_next_case_or_nothing(house: Assembly) -> None:
    first, second = [await open_claim(house) for _ in range(2)]
    async with client(house) as http:
        skip = [{"case_id": first, "reason": "not mine"}]
        given = await http.post(NEXT, json={"case_type": "expense_claim", "skip": skip})
        assert (given.status_code, given.json()["case"]["id"]) == (200, second)
        assert (await http.post(NEXT, json={"team": "team:south"})).status_code == 204
        assert (await http.post(NEXT, json={})).json()["case"]["id"] == first
        nothing = await http.post(NEXT, json={})
        assert (nothing.status_code, nothing.content) == (204, b"")
        assert (await http.post(NEXT, json={"skip": [{"case_id": first}]})).status_code == 422


async def test_comments_are_written_edited_and_read_a_page_at_a_time(house: Assembly) -> None:
    place = f"{CASES}/{await open_claim(house)}/comments"
    async with client(house) as http, client(house, "bob") as bob:
        made = await http.post(place, json={"text": "a", "mentions": ["user:bob"]}, headers={"Idempotency-Key": "k"})
        assert (made.status_code, made.json()["comment"]["mentions"]) == (201, ["user:bob"])
        again = await http.post(place, json={"text": "a", "mentions": ["user:bob"]}, headers={"Idempotency-Key": "k"})
        assert again.json() == made.json()
        first = made.json()["comment"]["id"]
        assert (await http.post(place, json={"text": "b"})).status_code == 201
        assert (await http.post(place, json={"text": "A", "edits": first})).json()["comment"]["id"] == first
        assert (await bob.post(place, json={"text": "B", "edits": first})).status_code == 403
        page = (await http.get(place, params={"limit": 1})).json()
        rest = (await http.get(place, params={"limit": 1, "after": page["next_after"]})).json()
        assert [one["text"] for one in (*page["items"], *rest["items"])] == ["A", "b"]
        assert (await http.get(place, params={"after": "x"})).status_code == 422
        assert (await http.post(place, json={"text": " "})).status_code == 422


async def test_roles_and_links_over_http(house: Assembly) -> None:
    one, other = [await open_claim(house) for _ in range(2)]
    await naming_reviewers(house)
    async with client(house, "mona", "manager") as http:
        give = {"give": [{"subject": "user:steve", "role": "[reviewer]"}]}
        given = await http.post(f"{CASES}/{one}/roles", json=give)
        assert given.json()["roles"] == [{"subject": "user:steve", "role": "[reviewer]"}]
        assert given.json()["receipt"]["case_seq"] == 2
        linked = await http.post(f"{CASES}/{one}/links", json={"to": other, "type": "duplicates"})
        assert (linked.status_code, linked.json()["link"]["type"]) == (201, "duplicates")
        [far] = (await http.get(f"{CASES}/{other}/links")).json()["items"]
        assert (far["type"], far["to"], far["state"]) == ("duplicated_by", one, "submitted")
        assert (await http.post(f"{CASES}/{one}/links", json={"to": other, "type": "likes"})).status_code == 422


async def test_everybody_who_reads_a_case_sees_who_stands_to_it(house: Assembly) -> None:
    await naming_reviewers(house)
    case_id = await open_claim(house)
    async with client(house, "mona", "manager") as http:
        assert (await http.post(f"{CASES}/{case_id}/assignment", json={"assignee": "user:carl"})).status_code == 200
        give = [{"subject": f"user:{name}", "role": "[reviewer]"} for name in ("zoe", "bob")]
        assert (await http.post(f"{CASES}/{case_id}/roles", json={"give": give})).status_code == 200
    async with client(house, "carla", "clerk") as http:
        told = (await http.get(f"{CASES}/{case_id}/roles")).json()["roles"]
    assert [(one["subject"], one["role"]) for one in told] == [
        ("user:alice", "[creator]"),
        ("user:carl", "[assignee]"),
        ("user:bob", "[reviewer]"),
        ("user:zoe", "[reviewer]"),
    ]
    async with client(house, "steve", "nobody") as http:
        assert (await http.get(f"{CASES}/{case_id}/roles")).status_code == 404


async def test_the_same_link_once_more_is_a_conflict_and_leaves_no_entry(house: Assembly, database: Database) -> None:
    one, other = [await open_claim(house) for _ in range(2)]
    async with client(house, "carla", "clerk") as http:
        link, key = {"to": other, "type": "blocks"}, {"Idempotency-Key": "once"}
        first = await http.post(f"{CASES}/{one}/links", json=link, headers=key)
        again = await http.post(f"{CASES}/{one}/links", json=link, headers=key)
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.json()["receipt"] == first.json()["receipt"]
        same = await http.post(f"{CASES}/{one}/links", json=link)
        back = await http.post(f"{CASES}/{other}/links", json={"to": one, "type": "blocked_by"})
        assert [(answer.status_code, answer.json()["code"]) for answer in (same, back)] == [(409, "conflict")] * 2
        assert (await http.post(f"{CASES}/{one}/links", json={**link, "type": "parent"})).status_code == 201
    assert len(await entries(database, "linked")) == 4


async def test_who_may_not_read_a_case_gets_the_answer_of_one_that_is_not_there(house: Assembly) -> None:
    case_id = await open_claim(house)
    calls = [("claim", None), ("release", None), ("assignment", {"assignee": None}), ("comments", {"text": "a"})]
    calls += [("roles", {"give": []}), ("links", {"to": case_id, "type": "blocks"})]
    async with client(house, "steve", "nobody") as http:
        for call, body in calls:
            mine, absent = [
                await http.post(f"{CASES}/{name}/{call}", json=body)
                for name in (case_id, "0198c0de-0000-7000-8000-00000000ffff")
            ]
            assert (mine.status_code, mine.json()) == (404, absent.json()), call
        for call in ("comments", "links", "roles"):
            assert (await http.get(f"{CASES}/{case_id}/{call}")).status_code == 404


async def test_answers_are_as_the_document_says(house: Assembly) -> None:
    await naming_reviewers(house)
    one, other = [await open_claim(house) for _ in range(2)]
    roles = {"take": [{"subject": "user:x", "role": "[reviewer]"}]}
    async with client(house, "mona", "manager", "clerk") as http:
        document = (await http.get("/schema/openapi.json")).json()
        told = [
            (await http.post(f"{CASES}/{one}/comments", json={"text": "a"}), "CommentedView"),
            (await http.get(f"{CASES}/{one}/comments"), "CommentPageView"),
            (await http.post(f"{CASES}/{one}/links", json={"to": other, "type": "parent"}), "LinkedView"),
            (await http.get(f"{CASES}/{one}/links"), "LinksView"),
            (await http.post(f"{CASES}/{one}/roles", json=roles), "CaseRolesView"),
            (await http.get(f"{CASES}/{one}/roles"), "StandingView"),
            (await http.post(NEXT, json={}), "AppliedView"),
        ]
    for answer, name in told:
        schema = {**document["components"]["schemas"][name], "components": document["components"]}
        jsonschema_rs.validator_for(schema).validate(answer.json())


async def test_of_fifty_openings_with_one_reference_one_opens_and_the_others_learn_its_id(
    house: Assembly, database: Database
) -> None:
    async with another_process(database) as other, client(house) as one, client(other) as two:
        body = {**OPEN, "reference": "EXP-1"}
        answers = await asyncio.gather(*((one, two)[n % 2].post(CASES, json=body) for n in range(50)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 49
    [opened] = [answer.json()["case"]["id"] for answer in answers if answer.status_code == 201]
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {(problem["code"], problem["case_id"]) for problem in refused} == {("conflict", opened)}
    assert await rows(database, "SELECT count(*) AS n FROM cases") == [{"n": 1}]


async def test_a_form_around_a_file_is_no_file(house: Assembly) -> None:
    one = await open_claim(house)
    async with client(house) as http:
        answer = await http.post(f"{CASES}/{one}/attachments?file_name=a.txt", files={"file": ("a.txt", b"hello")})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
        assert "--data-binary" in answer.json()["detail"]
        listed = await http.get(f"{CASES}/{one}/attachments")
        assert listed.json()["items"] == []
