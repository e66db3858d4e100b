"""What may be done to a case besides events: told exactly where the desk would take it."""

import pytest

from app.domain.case.attempt import Actor
from app.domain.deciding.verb import Verb
from app.domain.verbs.assigning import Assign, Claim, Release
from app.domain.verbs.attaching import UNSEEN, Attach
from app.domain.verbs.commenting import Comment
from app.domain.verbs.correcting import Correct
from app.domain.verbs.linking import Link
from app.domain.verbs.registry import VERBS
from app.domain.verbs.roles import ChangeRoles
from app.services.assembly import Assembly
from tests.house import ALICE, CASHIER, CLERK, MANAGER, SMALL_CLAIM, SUPERVISOR, actor, attempt, fire, open_claim
from tests.over_http import client_of
from tests.working import assign, claim, do, naming_reviewers

CARLA = actor("carla", "clerk")
EVERYBODY = (ALICE, CLERK, CARLA, SUPERVISOR, MANAGER, CASHIER)
TRIED: dict[str, Verb] = {
    "assign": Assign("user:zoe", None, frozenset({"assignee"})),
    "claim": Claim(),
    "release": Release(),
    "comment": Comment("Hello"),
    "attach": Attach(file_name="a.txt", sha256=UNSEEN, size=1, declared_type="", sniffed_type=None),
    "correct": Correct(),
    "roles": ChangeRoles(give=(("user:zoe", "[reviewer]"),)),
}


async def acts_of(house: Assembly, case_id: str, who: Actor) -> set[str]:
    return {act.verb for act in (await house.cases.possible(who, case_id, explain=False)).acts}


async def taken_of(house: Assembly, case_id: str, who: Actor) -> set[str]:
    """What the desk would take now, each tried as it would be."""
    said = {"data": {"purpose": "Taxi"}, "reason": "Typed wrongly"}
    tries = {name: attempt(who, None, case_id, verb=verb, **said) for name, verb in TRIED.items()}
    return {name for name, one in tries.items() if not await house.cases.would_refuse(one)}


async def stand(house: Assembly, case_id: str, stage: str) -> None:
    if stage in ("clerk has it", "it was given back"):
        await claim(house, case_id, CLERK)
    if stage == "it was given back":
        await assign(house, case_id, SUPERVISOR, assignee=None)
    if stage == "supervisor has it":
        await assign(house, case_id, SUPERVISOR, assignee=SUPERVISOR.id)
    if stage == "closed":
        await fire(house, case_id, "reject", SUPERVISOR, reason="no receipt")


@pytest.mark.parametrize("stage", ["open", "clerk has it", "it was given back", "supervisor has it", "closed"])
async def test_an_act_is_listed_exactly_where_the_desk_takes_it(house: Assembly, stage: str) -> None:
    await naming_reviewers(house)
    case_id = await open_claim(house, SMALL_CLAIM)
    await stand(house, case_id, stage)
    for who in EVERYBODY:
        if not (await house.cases.possible(who, case_id, explain=False)).acts:
            assert not await taken_of(house, case_id, who)
            continue
        told = await acts_of(house, case_id, who)
        assert told - {"link"} == await taken_of(house, case_id, who), who.id
        assert ("link" in told) is ("comment" in told)


async def test_every_verb_that_people_do_by_itself_is_offered_by_a_name(house: Assembly) -> None:
    assert {verb.name for verb in VERBS if verb.name} == {*TRIED, Link.name}


async def test_no_role_is_offered_where_there_is_none_to_give(house: Assembly) -> None:
    case_id = await open_claim(house)
    assert "roles" not in await acts_of(house, case_id, MANAGER)
    await naming_reviewers(house)
    assert "roles" in await acts_of(house, case_id, MANAGER)


async def test_the_answer_of_the_api_names_acts_creator_and_people(house: Assembly) -> None:
    await naming_reviewers(house)
    case_id = await open_claim(house)
    await claim(house, case_id, CLERK)
    await do(house, case_id, TRIED["roles"], MANAGER)
    async with client_of(house, "clerk", user="carl") as client:
        shown = (await client.get(f"/api/v1/cases/{case_id}")).json()
        possible = (await client.get(f"/api/v1/cases/{case_id}/events")).json()
        noted = (await client.post(f"/api/v1/cases/{case_id}/events", json={"event": "triage"})).json()
    assert shown["creator"] == noted["case"]["creator"] == ALICE.id
    assert shown["people"] == [
        {"subject": ALICE.id, "name": None, "roles": ["[creator]"]},
        {"subject": CLERK.id, "name": None, "roles": ["[assignee]"]},
        {"subject": "user:zoe", "name": None, "roles": ["[reviewer]"]},
    ]
    assert {"verb": "release", "act": "case:claim", "title": "Release this case"} in possible["acts"]
    assert "people" not in noted["case"]
