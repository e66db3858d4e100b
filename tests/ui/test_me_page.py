"""The page of what somebody sees and chooses of themselves."""

import pytest
from pyotp import TOTP

from app.db import open_store
from app.services.callers.passwords import Passwords
from tests.factories import TENANT
from tests.house import running
from tests.ui.signing import PASSWORD, QUICK, a_database, app_of, browser, hidden, known, sent, signed_in

CHOSEN = {"name": "Ann L.", "language": "de", "zone": "Europe/Berlin", "theme": "dark", "density": "compact"}


@pytest.fixture
async def house(tmp_path, sqlite_lived_in):
    async with running(open_store(a_database(tmp_path, sqlite_lived_in).url)) as started:
        started.signing_in.accounts._passwords = Passwords(QUICK)
        started.signing_in.people._passwords = Passwords(QUICK)
        yield started


@pytest.fixture
async def client(house):
    await known(house)
    async with browser(app_of(house)) as opened:
        await signed_in(opened)
        yield opened


async def ann(house):
    return await house.store.person(TENANT, "user:ann")


async def test_it_shows_who_one_is_and_where_one_is_signed_in(client):
    page = (await client.get("/me")).text
    assert "Ann Lee" in page
    assert "this browser" in page
    assert "by password" in page


async def test_what_is_chosen_shows_on_the_next_page(client, house):
    answer = await sent(client, "/me", await client.get("/me"), **CHOSEN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me?said=saved")
    person = await ann(house)
    assert (person.name, person.language, person.zone, person.theme, person.density, person.keys) == (
        "Ann L.",
        "de",
        "Europe/Berlin",
        "dark",
        "compact",
        False,
    )
    page = (await client.get("/me")).text
    assert '<html lang="de" data-theme="dark" data-density="compact" data-keys="off">' in page
    assert "Europe/Berlin" in page


async def test_an_empty_name_is_the_one_that_was_told(client, house):
    await sent(client, "/me", await client.get("/me"), **CHOSEN)
    await sent(client, "/me", await client.get("/me"), **CHOSEN | {"name": "  "})
    assert (await ann(house)).name == "Ann Lee"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zone", "Mars/Base"),
        ("theme", "pink"),
        ("density", "x"),
        ("language", "xx"),
        ("name", "x" * 101),
        ("name", "a\x0bb"),
    ],
)
async def test_what_cannot_be_chosen_is_told_and_the_rest_is_kept(client, house, field, value):
    answer = await sent(client, "/me", await client.get("/me"), **CHOSEN | {field: value})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert (await ann(house)).theme == "auto"
    if field != "zone":
        assert 'value="Europe/Berlin" selected' in answer.text


async def test_what_people_call_themselves_is_text(client):
    naughty = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    await sent(client, "/me", await client.get("/me"), **CHOSEN | {"name": naughty})
    page = (await client.get("/me")).text
    assert "<img" not in page
    assert "{{7*7}}" in page


async def test_one_time_passwords_are_switched_on_and_off(client, house):
    page = await client.get("/me/one-time-password")
    secret = "".join(
        part.strip() for part in page.text.partition('<code class="secret">')[2].partition("</code>")[0].split()
    )
    wrong = await sent(client, "/me/one-time-password/on", page, code="12345x")
    assert wrong.status_code == 422
    assert (await ann(house)).otp is None
    done = await sent(client, "/me/one-time-password/on", wrong, code=TOTP(secret).now())
    assert (done.status_code, done.headers["location"]) == (303, "/me?said=one-time-on")
    assert "one-time password" in (await client.get("/me")).text
    off = await client.get("/me/one-time-password")
    assert (await sent(client, "/me/one-time-password/off", off, code="12345x")).status_code == 422
    await house.store.change_person(TENANT, "user:ann", {"otp_step": 0})
    assert (await sent(client, "/me/one-time-password/off", off, code=TOTP(secret).now())).status_code == 303
    assert (await ann(house)).otp is None


async def test_what_is_on_is_switched_off_by_a_code_before_another_app_is_taken(client, house):
    """Whoever finds a browser open would put in an app of theirs, else."""
    pages = [await client.get("/me/one-time-password") for _ in range(2)]
    mine, other = (
        "".join(page.text.partition('<code class="secret">')[2].partition("</code>")[0].split()) for page in pages
    )
    await sent(client, "/me/one-time-password/on", pages[0], code=TOTP(mine).now())
    before = (await ann(house)).otp
    assert before is not None
    answer = await sent(client, "/me/one-time-password/on", pages[1], code=TOTP(other).now())
    assert (answer.status_code, answer.headers["location"]) == (303, "/me/one-time-password")
    assert (await ann(house)).otp == before


async def test_a_secret_of_another_session_switches_nothing_on(client, house):
    await known(house, "eve")
    async with browser(app_of(house)) as eve:
        await signed_in(eve, "eve")
        foreign = hidden(await eve.get("/me/one-time-password"))["password_secret"]
    page = await client.get("/me/one-time-password")
    await sent(client, "/me/one-time-password/on", page, password_secret=foreign, code="123456")
    assert (await ann(house)).otp is None


async def test_a_password_is_changed_here_and_signs_out_elsewhere(client, house):
    async with browser(app_of(house)) as other:
        await signed_in(other)
        page = await client.get("/me/password")
        new = {
            "password_now": PASSWORD,
            "password_new": "another horse battery",
            "password_again": "another horse battery",
        }
        for wrong, field in (
            ({"password_now": "x"}, "password_now"),
            ({"password_new": "short", "password_again": "short"}, "password_new"),
            ({"password_again": "x"}, "password_again"),
        ):
            answer = await sent(client, "/me/password", page, **new | wrong)
            assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True)
            assert PASSWORD not in answer.text
        assert (await sent(client, "/me/password", page, **new)).status_code == 303
        assert (await client.get("/me")).status_code == 200
        assert (await other.get("/me")).status_code == 303
        assert (await signed_in(other, password="another horse battery")).status_code == 303


async def test_who_has_no_password_of_ours_is_offered_none(house):
    await known(house)
    async with browser(app_of(house)) as client:
        await signed_in(client)
        await house.store.change_person(TENANT, "user:ann", {"password": None})
        assert "/me/password" not in (await client.get("/me")).text
        for path in ("/me/password", "/me/one-time-password"):
            assert (await client.get(path)).status_code == 404
