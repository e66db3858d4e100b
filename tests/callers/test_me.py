"""GET /me: who a caller is here."""

from app.domain.case.attempt import Actor
from app.services.callers.sessions import Sessions
from app.services.store.people import Told
from tests.factories import TENANT
from tests.fake_services import Fakes, api
from tests.house import ADMIN
from tests.over_http import client_of, client_without_credential

ME = "/api/v1/me"


def test_a_caller_is_told_their_names_roles_zone_and_language():
    with api(Fakes()) as client:
        answer = client.get(ME)
    assert answer.status_code == 200
    assert answer.json() == {
        "subject": "user:alice",
        "tenant": "acme",
        "display_name": "Alice Lidell",
        "roles": ["role:clerk"],
        "zone": "Europe/Berlin",
        "language": "de",
    }


async def test_who_never_signed_in_has_a_name_all_the_same(house):
    async with client_of(house, "clerk", user="carl") as client:
        told = (await client.get(ME)).json()
    assert (told["display_name"], told["zone"], told["language"]) == ("carl", "UTC", "en")


async def test_roles_are_those_in_force_with_those_of_the_policy(house):
    async with client_of(house, "admin", user=ADMIN.id.removeprefix("user:")) as admin:
        asked = {"assignments": [{"user": "user:carl", "role": "role:cashier"}]}
        given = await admin.post("/api/v1/role-assignments", json=asked)
        assert given.status_code < 300, given.text
    async with client_of(house, "clerk", user="carl") as client:
        assert (await client.get(ME)).json()["roles"] == ["role:cashier", "role:clerk"]


async def test_what_is_known_of_a_person_is_told(house):
    signed_in = Actor(tenant=TENANT, id="user:carl")
    await house.signing_in.sessions.begin(signed_in, "oidc:x", Told("Carl Ott", None, "Europe/Berlin", "de-AT"))
    async with client_of(house, "clerk", user="carl") as client:
        told = (await client.get(ME)).json()
    assert (told["display_name"], told["zone"], told["language"]) == ("Carl Ott", "Europe/Berlin", "de")


async def test_a_session_never_works_as_a_token(house):
    cookie, _ = await Sessions(house.store).begin(
        Actor(tenant=TENANT, id="user:carl", roles=frozenset({"role:admin"})), "password"
    )
    async with client_without_credential(house) as client:
        for headers in (
            {"cookie": f"stateward_session={cookie}; __Host-stateward={cookie}"},
            {"authorization": f"Bearer {cookie}"},
            {"authorization": f"Bearer {cookie.partition('.')[2]}"},
        ):
            assert (await client.get(ME, headers=headers)).status_code == 401


async def test_names_are_read_for_many_at_once_and_the_unknown_are_called_by_their_subject(house):
    people = house.signing_in.people
    await house.signing_in.sessions.begin(Actor(tenant=TENANT, id="user:ann"), "demo", Told("Ann Lee"))
    subjects = ["user:ann", "user:bob", "service:import", "user:ann", *(f"user:{n}" for n in range(2000))]
    names = await people.names(TENANT, subjects)
    assert (names["user:ann"], names["user:bob"], names["service:import"]) == ("Ann Lee", "bob", "service:import")
    assert len(names) == 2003
    assert await people.names("globex", ["user:ann"]) == {"user:ann": "ann"}
    assert await people.names(TENANT, []) == {}
