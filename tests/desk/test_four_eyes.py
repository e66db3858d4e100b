"""Four eyes are those of two people, whoever acts for whom; what imports a history counts as those it acts for."""

from dataclasses import replace

from app.domain.case.attempt import Actor, Principal
from app.services.assembly import Assembly
from tests.databases import Database
from tests.house import (
    ADMIN,
    ALICE,
    INCIDENT,
    TENANT,
    actor,
    attempt,
    code,
    entries,
    fire,
    fired,
    open_incident,
    opening,
    submit,
)

IMPORTER = Actor(tenant=TENANT, id="service:import", roles=frozenset({"role:admin"}))
INVENTED = [Principal(f"user:invented-{n}", frozenset({"role:supervisor", "role:manager"})) for n in range(2)]


async def resolved(house: Assembly) -> str:
    """An incident that the administrator resolved for an invented supervisor."""
    incident = await open_incident(house)
    await fired(house, incident, "triage", actor("ag", "agent"), payload={"priority": 3})
    await fired(house, incident, "resolve", ADMIN, on_behalf_of=INVENTED[0], data={"resolution": "done"})
    return incident


async def said(database: Database) -> list[str | None]:
    """What the entries about cases say of four eyes."""
    return [entry.get("four_eyes") for entry in await entries(database) if entry.get("case_id")]


async def test_a_person_who_acts_for_two_others_is_still_one(house: Assembly) -> None:
    incident = await resolved(house)
    refused = await fire(house, incident, "close", ADMIN, on_behalf_of=INVENTED[1])
    assert [reason.code for reason in refused.error.reasons] == ["four_eyes"]
    assert (await fired(house, incident, "close", actor("anna", "admin"), on_behalf_of=INVENTED[1]))[
        "state"
    ] == "closed"


async def test_so_they_are_in_one_batch(house: Assembly) -> None:
    incident = opening(ALICE, "incident", "report", INCIDENT)
    by_admin = {"by": ADMIN, "case_id": incident.new_case_id}
    answers = await submit(
        house,
        incident,
        attempt(event="triage", **by_admin, on_behalf_of=INVENTED[0], payload={"priority": 3}),
        attempt(event="resolve", **by_admin, on_behalf_of=INVENTED[0], data={"resolution": "done"}),
        attempt(event="close", **by_admin, on_behalf_of=INVENTED[1]),
    )
    assert [code(answer) for answer in answers] == ["applied", "applied", "applied", "guard_refused"]


async def test_whom_somebody_acted_for_may_not_act_through_a_third_one_either(house: Assembly) -> None:
    incident = await resolved(house)
    refused = await fire(house, incident, "close", actor("anna", "admin"), on_behalf_of=INVENTED[0])
    assert [reason.code for reason in refused.error.reasons] == ["four_eyes"]


async def test_a_service_that_imports_a_history_counts_as_those_it_acts_for(
    house: Assembly, database: Database
) -> None:
    incident = opening(IMPORTER, "incident", "report", INCIDENT, on_behalf_of=Principal("user:zoe"))
    case = {"case_id": incident.new_case_id}
    answers = await submit(
        house,
        incident,
        attempt(IMPORTER, "triage", **case, on_behalf_of=INVENTED[0], payload={"priority": 3}),
        attempt(IMPORTER, "resolve", **case, on_behalf_of=INVENTED[0], data={"resolution": "done"}),
        attempt(IMPORTER, "close", **case, on_behalf_of=INVENTED[0]),
        attempt(IMPORTER, "close", **case, on_behalf_of=INVENTED[1]),
    )
    assert [code(answer) for answer in answers] == ["applied", "applied", "applied", "guard_refused", "applied"]
    assert await said(database) == [None, None, "as acted for", "as acted for", "as acted for"], (
        "resolve is asked for, close asks"
    )


async def test_an_entry_of_a_person_or_of_a_service_itself_says_nothing_of_it(
    house: Assembly, database: Database
) -> None:
    await resolved(house)
    assert await said(database) == [None, None, None]


async def test_a_service_that_acts_itself_is_somebody_like_any_other(house: Assembly) -> None:
    agent = replace(IMPORTER, roles=frozenset({"role:supervisor"}))
    incident = await open_incident(house)
    await fired(house, incident, "triage", agent, payload={"priority": 3})
    await fired(house, incident, "resolve", agent, data={"resolution": "done"})
    assert code(await fire(house, incident, "close", agent)) == "guard_refused"
