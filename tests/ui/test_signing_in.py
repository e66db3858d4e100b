"""Ways in and out, over HTTP: by password, over an issuer, by one click; sessions, and forms that meet their end."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pyotp import TOTP

from app.db import open_store
from app.services.callers.issuers import Issuer
from app.services.callers.passwords import Passwords
from app.services.callers.sessions import IDLE
from app.services.callers.sign_in_settings import DemoPerson
from app.ui.frame.forgery import masked
from app.ui.sign_in.ways import own_path
from tests.factories import OPENED, TENANT
from tests.house import running
from tests.issuing import local_issuer
from tests.ticking import Watch
from tests.ui.signing import (
    COOKIE,
    HOST,
    PASSWORD,
    QUICK,
    a_database,
    app_of,
    browser,
    cookie_of,
    hidden,
    known,
    sent,
    signed_in,
)

SUE = DemoPerson(tenant=TENANT, subject="user:sue", name="Sue Park", roles=("role:supervisor",), work="approves")


@pytest.fixture
def database(tmp_path, sqlite_lived_in):
    return a_database(tmp_path, sqlite_lived_in)


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
async def house(database, watch):
    async with running(open_store(database.url, now=watch)) as started:
        started.signing_in.accounts._passwords = Passwords(QUICK)
        started.signing_in.people._passwords = Passwords(QUICK)
        yield started


@pytest.fixture
def app(house):
    return app_of(house)


@pytest.fixture
async def client(app):
    async with browser(app) as opened:
        yield opened


async def at_me(client):
    return (await client.get("/me")).status_code


async def test_whoever_is_not_signed_in_is_led_to_the_sign_in_page_and_back(client, house):
    await known(house)
    away = await client.get("/me?x=1")
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=/me%3Fx%3D1")
    page = await client.get(away.headers["location"])
    answer = await sent(client, "/sign-in", page, tenant=TENANT, name="ann", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me?x=1")
    assert "Ann Lee" in (await client.get("/me?x=1")).text


async def test_the_cookie_is_for_this_host_over_tls_and_no_script_reads_it(client, house):
    await known(house)
    answer = await signed_in(client)
    [told] = [value for value in answer.headers.get_list("set-cookie") if value.startswith(f"{COOKIE}=")]
    parts = {part.strip().lower() for part in told.split(";")[1:]}
    assert {"httponly", "secure", "samesite=lax", "path=/"} <= parts
    assert not any(part.startswith(("domain", "max-age", "expires")) for part in parts)


async def test_without_tls_the_cookie_has_the_other_name(house):
    await known(house)
    async with browser(app_of(house, secure=False), "http://127.0.0.1:8000") as client:
        answer = await signed_in(client)
        told = " ".join(answer.headers.get_list("set-cookie")).lower()
    assert "stateward_session=" in told
    assert "secure" not in told
    assert "__host-" not in told


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong horse battery"), ("nobody", PASSWORD)])
async def test_whatever_is_wrong_gets_the_same_page_with_the_name_kept(client, house, name, password):
    await known(house)
    answer = await signed_in(client, name, password)
    assert answer.status_code == 422
    assert "The name or the password is wrong" in answer.text
    assert f'value="{name}"' in answer.text
    assert password not in answer.text
    assert cookie_of(client) is None


async def test_what_is_missing_is_named_by_its_field(client, house):
    answer = await signed_in(client, "", "")
    assert answer.status_code == 422
    assert 'href="#name"' in answer.text
    assert 'href="#password"' in answer.text
    assert answer.text.count("<title>2 errors: Sign in") == 1


async def test_the_organisation_is_not_asked_for_where_it_is_set(house):
    await known(house)
    async with browser(app_of(house, tenant=TENANT)) as client:
        page = await client.get("/sign-in")
        assert 'name="tenant"' not in page.text
        assert (await sent(client, "/sign-in", page, name="ann", password=PASSWORD)).status_code == 303


async def test_after_too_many_attempts_the_right_password_waits_too(client, house):
    await known(house)
    for _ in range(20):
        assert (await signed_in(client, password="wrong horse battery")).status_code == 422
    answer = await signed_in(client)
    assert answer.status_code == 429
    assert "Too many attempts. Try again in a minute" in answer.text


async def test_a_session_that_somebody_planted_is_not_what_a_person_gets(client, house):
    """Fixation: neither a made-up cookie nor that of the attacker's own session becomes the victim's."""
    await known(house)
    await known(house, "eve", display_name="Eve")
    async with browser(app_of(house)) as eve:
        await signed_in(eve, "eve")
        planted = cookie_of(eve)
        client.cookies.set(COOKIE, planted, domain="cases.test", path="/")
        page = await client.get("/sign-in?next=/me")
        assert page.status_code == 303, "it is Eve's, as the cookie says"
        client.cookies.clear()
        page = await client.get("/sign-in")
        client.cookies.set(COOKIE, planted, domain="cases.test", path="/")
        await sent(client, "/sign-in", page, tenant=TENANT, name="ann", password=PASSWORD)
        assert cookie_of(client) != planted
        assert "Ann Lee" in (await client.get("/me")).text
        assert await at_me(eve) == 303, "the session that the browser had is over"


async def test_signing_in_anew_ends_the_session_before(client, app, house):
    await known(house)
    await signed_in(client)
    before = cookie_of(client)
    client.cookies.delete(COOKIE)
    page = await client.get("/sign-in")
    client.cookies.set(COOKIE, before, domain="cases.test", path="/")
    await sent(client, "/sign-in", page, tenant=TENANT, name="ann", password=PASSWORD)
    async with browser(app) as other:
        other.cookies.set(COOKIE, before, domain="cases.test", path="/")
        assert await at_me(other) == 303


async def test_signing_out_is_for_good(client, app, house):
    await known(house)
    await signed_in(client)
    cookie = cookie_of(client)
    answer = await sent(client, "/sign-out", await client.get("/me"))
    assert (answer.status_code, answer.headers["location"], cookie_of(client)) == (303, "/sign-in", None)
    client.cookies.set(COOKIE, cookie, domain="cases.test", path="/")
    assert await at_me(client) == 303


async def test_signing_out_everywhere_ends_all_browsers(client, app, house):
    await known(house)
    async with browser(app) as other:
        await signed_in(client)
        await signed_in(other)
        assert await at_me(other) == 200
        await sent(client, "/me/sign-out-everywhere", await client.get("/me"))
        assert (await at_me(client), await at_me(other)) == (303, 303)


async def test_a_disabled_persons_next_request_is_refused(client, house):
    await known(house)
    await signed_in(client)
    assert await at_me(client) == 200
    await house.store.change_person(TENANT, "user:ann", {"disabled_at": OPENED})
    assert await at_me(client) == 303
    assert (await signed_in(client)).status_code == 422


async def test_a_session_ends_after_half_an_hour_without_a_click(client, house, watch):
    await known(house)
    await signed_in(client)
    watch.now += IDLE - timedelta(seconds=1)
    assert await at_me(client) == 200
    watch.now += IDLE
    assert await at_me(client) == 303


@pytest.mark.parametrize("path", ["/queue/new", "/cases/0198c0de-0000-7000-8000-000000000001/stale?seq=1"])
async def test_a_page_that_asks_by_itself_keeps_no_session_open(client, house, watch, path):
    await known(house)
    await signed_in(client)
    watch.now += IDLE - timedelta(minutes=1)
    assert (await client.get(path, headers={"hx-request": "true"})).status_code in (200, 404)
    watch.now += timedelta(minutes=1)
    assert await at_me(client) == 303


async def test_a_token_never_works_as_a_session(client, house):
    from tests.fake_services import token

    for cookie in (token("ann"), f"{TENANT}.{token('ann')}"):
        client.cookies.set(COOKIE, cookie, domain="cases.test", path="/")
        assert await at_me(client) == 303
    client.cookies.clear()
    assert (await client.get("/me", headers={"authorization": f"Bearer {token('ann')}"})).status_code == 303


async def test_a_session_never_works_as_a_token(client, house):
    await known(house)
    await signed_in(client)
    assert (await client.get("/api/v1/me")).status_code == 401
    assert (await client.post("/api/v1/events", json={"attempts": []})).status_code == 401


UNSAFE = ("/sign-out", "/me", "/me/sign-out-everywhere", "/me/one-time-password/on", "/me/one-time-password/off")


@pytest.mark.parametrize("path", UNSAFE)
async def test_what_changes_something_wants_the_token_of_this_session_from_this_origin(client, app, house, path):
    await known(house)
    await known(house, "eve")
    await signed_in(client)
    async with browser(app) as eve:
        await signed_in(eve, "eve")
        foreign = hidden(await eve.get("/me"))
    mine = hidden(await client.get("/me"))
    for data, origin in (
        ({}, HOST),
        (foreign, HOST),
        ({"csrf": "x"}, HOST),
        (mine, "https://evil.example"),
        (mine, "null"),
    ):
        assert (await client.post(path, data=data, headers={"origin": origin})).status_code == 403
    assert await at_me(client) == 200


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code", "/sign-in/as", "/sign-in/again"])
async def test_the_ways_in_want_a_page_of_this_browser_from_this_origin(client, app, house, path):
    await known(house)
    fields = {"tenant": TENANT, "name": "ann", "password": PASSWORD}
    async with browser(app) as eve:
        foreign = hidden(await eve.get("/sign-in"))
    assert (await client.post(path, data=foreign | fields)).status_code == 403, "no cookie of a visit"
    mine = hidden(await client.get("/sign-in"))
    for data, origin in (({}, HOST), (foreign, HOST), (mine, "https://evil.example"), ({"csrf": masked("")}, HOST)):
        assert (await client.post(path, data=data | fields, headers={"origin": origin})).status_code == 403
    assert cookie_of(client) is None


@pytest.mark.parametrize(
    "told",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:x",
        "/x\n",
        "/sign-in",
        "",
        "me",
        "/ä",
    ],
)
async def test_nobody_is_sent_elsewhere(client, house, told):
    assert own_path(told) == "/"
    await known(house)
    assert (await signed_in(client, next=told)).headers["location"] == "/"


async def test_one_time_passwords_are_asked_for_in_a_second_step(client, house):
    actor = await known(house)
    secret, _ = house.signing_in.people.new_one_time(actor)
    await house.signing_in.people.switch_on_one_time(actor, secret, TOTP(secret).now())
    page = await signed_in(client)
    assert page.status_code == 200
    assert "six digits" in page.text
    assert cookie_of(client) is None
    wrong = await sent(client, "/sign-in/code", page, code="12345x")
    assert wrong.status_code == 422
    used = await sent(client, "/sign-in/code", wrong, code=TOTP(secret).now())
    assert used.status_code == 422, "it switched them on, and is good once"
    await house.store.change_person(TENANT, "user:ann", {"otp_step": 0})
    answer = await sent(client, "/sign-in/code", used, code=TOTP(secret).now())
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")


async def test_in_the_demo_one_click_signs_in_with_name_and_roles(house):
    async with browser(app_of(house, secure=False, demo_people=(SUE,)), "http://127.0.0.1:8000") as client:
        page = await client.get("/sign-in?next=/me")
        assert "Sue Park" in page.text
        answer = await sent(client, "/sign-in/as", page, subject="user:sue")
        assert answer.status_code == 303
        told = (await client.get("/me")).text
    assert "Sue Park" in told
    assert "supervisor" in told


@pytest.mark.parametrize("host", ["http://192.0.2.7:8000", "http://cases.test"])
async def test_one_click_is_for_this_machine_alone(house, host):
    async with browser(app_of(house, secure=False, demo_people=(SUE,)), host) as client:
        page = await client.get("/sign-in")
        assert "Sue Park" not in page.text
        assert (await sent(client, "/sign-in/as", page, subject="user:sue")).status_code == 404


async def test_there_is_no_click_without_a_demo_nor_for_others(house):
    for people, status in (((), 404), ((SUE,), 404)):
        async with browser(app_of(house, secure=False, demo_people=people), "http://127.0.0.1:8000") as client:
            page = await client.get("/sign-in")
            assert (await sent(client, "/sign-in/as", page, subject="user:root")).status_code == status


@pytest.fixture(scope="module")
def keycloak():
    with local_issuer() as issuer:
        yield issuer


def over(issuer):
    return Issuer(issuer=issuer.issuer, audience="api", client_id="pages", title="Acme ID", roles_claim="groups")


@pytest.fixture
async def away(house, keycloak):
    """A browser that was sent to the issuer, and where."""
    async with browser(app_of(house, issuers=(over(keycloak),))) as client:
        page = await client.get("/sign-in?next=/me")
        [href] = re.findall(r'href="(/sign-in/over[^"]+)"', page.text)
        answer = await client.get(href.replace("&amp;", "&"))
        assert answer.status_code == 303
        yield client, answer.headers["location"]


async def test_whoever_signs_in_at_the_issuer_is_signed_in_here(away, keycloak, house):
    client, address = away
    assert parse_qs(urlsplit(address).query)["redirect_uri"] == [f"{HOST}/sign-in/back"]
    told = {"name": "Alice Lidell", "email": "alice@example.com", "zoneinfo": "Europe/Berlin", "groups": ["clerk"]}
    answer = await client.get("/sign-in/back", params=keycloak.signed_in(address, **told))
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    page = (await client.get("/me")).text
    assert "Alice Lidell" in page
    assert "alice@example.com" in page
    assert "clerk" in page
    assert (await house.store.person(TENANT, "user:alice")).zone == "Europe/Berlin"


async def test_there_are_no_passwords_of_ours_beside_an_issuer(away, house):
    client, _ = away
    await known(house)
    page = await client.get("/sign-in")
    assert 'name="password"' not in page.text
    assert "Sign in with Acme ID" in page.text
    await sent(client, "/sign-in", page, tenant=TENANT, name="ann", password=PASSWORD, csrf=hidden_csrf(client))
    assert cookie_of(client) is None


def hidden_csrf(client):
    return masked(client.cookies.get(f"{COOKIE}_visit"))


@pytest.mark.parametrize(
    "changed", [{"state": "x"}, {"state": "ä"}, {"code": "x"}, {"iss": "https://else.example.com"}]
)
async def test_an_answer_that_does_not_fit_signs_nobody_in(away, keycloak, changed):
    client, address = away
    answer = await client.get("/sign-in/back", params=keycloak.signed_in(address) | changed)
    assert answer.status_code == 422
    assert "Signing in did not work" in answer.text
    assert cookie_of(client) is None


async def test_an_answer_brought_by_another_browser_signs_nobody_in(away, keycloak, house):
    _, address = away
    async with browser(app_of(house, issuers=(over(keycloak),))) as other:
        answer = await other.get("/sign-in/back", params=keycloak.signed_in(address))
        assert (answer.status_code, cookie_of(other)) == (422, None)


async def test_an_answer_is_good_once(away, keycloak):
    client, address = away
    answer = keycloak.signed_in(address)
    assert (await client.get("/sign-in/back", params=answer)).status_code == 303
    client.cookies.delete(COOKIE)
    assert (await client.get("/sign-in/back", params=answer)).status_code == 422


async def test_a_disabled_person_is_kept_out_whatever_the_issuer_says(away, keycloak, house):
    client, address = away
    await known(house, "alice", disabled_at=OPENED)
    answer = await client.get("/sign-in/back", params=keycloak.signed_in(address))
    assert (answer.status_code, cookie_of(client)) == (422, None)


WRITTEN = {"name": "What I wrote\nin two lines", "zone": "Europe/Berlin", "password_now": "hush hush"}


async def ended_while_writing(client, house, watch, name="ann"):
    await known(house, name)
    await signed_in(client, name)
    csrf = {"csrf": hidden(await client.get("/me"))["csrf"]}
    watch.now += IDLE
    return await client.post("/me", data=WRITTEN | csrf)


async def test_a_form_that_meets_the_end_of_a_session_stands_there_again(client, house, watch):
    page = await ended_while_writing(client, house, watch)
    assert page.status_code == 200
    assert "nothing was sent" in page.text
    assert "What I wrote" not in page.text, "it is sealed"
    assert "kept for Ann Lee alone" in page.text
    assert 'value="ann"' in page.text
    again = await sent(client, "/sign-in", page, tenant=TENANT, name="ann", password=PASSWORD)
    assert again.status_code == 200
    fields = hidden(again)
    assert {name: fields[name] for name in ("name", "zone", "restored")} == {
        "name": WRITTEN["name"],
        "zone": WRITTEN["zone"],
        "restored": "1",
    }
    assert "password_now" not in fields
    assert 'action="/me"' in again.text
    there = await client.post("/me", data=fields)
    assert there.status_code == 200, "the token is of the new session"
    assert "What I wrote" in there.text
    assert (await house.store.person(TENANT, "user:ann")).shown_name is None, "it is shown again, and does nothing"


async def test_nobody_else_opens_what_somebody_wrote(client, house, watch):
    page = await ended_while_writing(client, house, watch)
    await known(house, "eve")
    answer = await sent(client, "/sign-in", page, tenant=TENANT, name="eve", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_what_was_written_is_kept_over_a_wrong_password(client, house, watch):
    page = await ended_while_writing(client, house, watch)
    wrong = await sent(client, "/sign-in", page, tenant=TENANT, name="ann", password="wrong horse battery")
    again = await sent(client, "/sign-in", wrong, tenant=TENANT, name="ann", password=PASSWORD)
    assert hidden(again)["name"] == WRITTEN["name"]


async def test_nothing_that_was_written_is_stored_here(client, house, watch, database):
    await ended_while_writing(client, house, watch)
    stored = b"".join(file.read_bytes() for file in database_files(database))
    assert b"What I wrote" not in stored


def database_files(database):
    from pathlib import Path

    file = Path(database.url.partition("///")[2])
    return [one for one in file.parent.iterdir() if one.name.startswith(file.name)]


async def test_who_signs_in_beside_the_page_goes_on_with_it(client, house, watch, keycloak):
    page = await ended_while_writing(client, house, watch, "alice")
    early = await sent(client, "/sign-in/again", page)
    assert early.status_code == 200
    assert "restored" not in hidden(early)
    other = await signed_in(client, "alice")
    assert other.status_code == 303
    again = await sent(client, "/sign-in/again", page)
    assert hidden(again)["name"] == WRITTEN["name"]


async def test_a_page_that_was_only_looked_at_leads_to_the_sign_in_page(client, house, watch):
    await known(house)
    await signed_in(client)
    csrf = {"csrf": hidden(await client.get("/me"))["csrf"]}
    watch.now += IDLE
    answer = await client.get("/me")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/me")
    for path in ("/sign-out", "/me/sign-out-everywhere"):
        assert (await client.post(path, data={**csrf, "once": "x"})).status_code == 303, "nothing was written"
    client.cookies.clear()
    assert (await client.post("/me", data=WRITTEN | csrf)).status_code == 303


async def test_who_runs_the_service_reads_who_came_in_and_that_somebody_did_not(client, house, capsys):
    await known(house)
    await signed_in(client, "secret typed into the wrong field", "wrong horse battery")
    await signed_in(client)
    told = capsys.readouterr().out
    assert "nobody is signed in" in told
    assert "signed in " in told
    assert "user:ann" in told
    for hushed in (PASSWORD, "wrong horse", "secret typed", cookie_of(client).partition(".")[2]):
        assert hushed not in told
