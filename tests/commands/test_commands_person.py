"""`stateward person`: people of a tenant, made, listed, disabled, with passwords that nobody sees."""

import asyncio
import io
import json

import pytest

from app.db import open_store
from app.domain.case.attempt import Actor
from app.main import main
from app.services.callers import passwords as of_passwords
from app.services.callers.passwords import Passwords
from app.services.callers.sessions import Sessions
from tests.databases import sqlite_of
from tests.house import entries
from tests.running import ROOT, SECRET

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def at_work(tmp_path, monkeypatch, sqlite_template):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "cases.db"
    file.write_bytes(sqlite_template.read_bytes())
    given = {"DATABASE_URL": f"sqlite:///{file}", "JWT_SECRET": SECRET, "OPERATOR": "root"}
    for name, value in (*given.items(), ("MACHINES", ROOT / "machines"), ("POLICIES", ROOT / "policies")):
        monkeypatch.setenv(f"STATEWARD_{name}", str(value))


@pytest.fixture
def told(monkeypatch, capsys):
    """Run the command with what stands on stdin: its exit code, and what it says."""

    def run(*words, stdin=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        try:
            code = main(["person", *words])
        except SystemExit as usage:
            code = usage.code
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        assert PASSWORD not in said.out + said.err
        return code, (said.out or said.err).strip()

    return run


def added(told, name, *words, tenant="acme"):
    assert told("add", name, "--tenant", tenant, "--password-stdin", *words, stdin=f"{PASSWORD}\n")[0] == 0


def stored(tmp_path, subject, tenant="acme"):
    async def read():
        store = open_store(sqlite_of(tmp_path / "cases.db").url)
        try:
            return await store.person(tenant, subject)
        finally:
            await store.close()

    return asyncio.run(read())


def test_a_person_is_added_with_a_password_of_stdin(told, tmp_path):
    code, said = told(
        *("add", "ada", "--tenant", "acme", "--name", "Ada Lund", "--address", "ada@example.com"),
        *("--zone", "Europe/Berlin", "--language", "de", "--password-stdin"),
        stdin=f"{PASSWORD}\n",
    )
    assert code == 0
    assert said.startswith("user:ada is a person of acme now")
    person = stored(tmp_path, "user:ada")
    assert (person.name, person.address, person.zone, person.language) == (
        "Ada Lund",
        "ada@example.com",
        "Europe/Berlin",
        "de",
    )
    assert person.password.startswith("$argon2id$")
    assert asyncio.run(Passwords().fits(person.password, PASSWORD))


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("second", "code"), [(PASSWORD, 0), ("another horse battery", 2)])
def test_a_password_is_asked_for_twice_without_showing_it(monkeypatch, capsys, tmp_path, second, code):
    asked, answers = [], iter([PASSWORD, second])
    monkeypatch.setattr("getpass.getpass", lambda prompt: asked.append(prompt) or next(answers))
    monkeypatch.setattr("sys.stdin", Terminal())
    assert main(["person", "add", "ada", "--tenant", "acme"]) == code
    assert asked == ["Password for user:ada: ", "Once more: "]
    assert (stored(tmp_path, "user:ada") is None) == (code != 0)
    assert PASSWORD not in "".join(capsys.readouterr())


def test_people_are_listed_with_what_one_asks_about_them(told):
    added(told, "ada", "--name", "Ada Lund")
    assert told("add", "ben", "--tenant", "acme", "--no-password")[0] == 0
    added(told, "eve", tenant="globex")
    assert told("disable", "ada", "--tenant", "acme") == (0, "user:ada: signed out everywhere, and let in no more")
    assert told("list", "--tenant", "acme") == (
        0,
        "user:ada\tAda Lund\t-\tdisabled\tnever signed in\nuser:ben\tben\t-\tno password\tnever signed in",
    )


def test_a_new_password_signs_out_and_a_disabled_person_is_signed_out_too(told, tmp_path):
    added(told, "ada")

    def sessions(sign_in=False):
        async def run():
            store = open_store(sqlite_of(tmp_path / "cases.db").url)
            try:
                if sign_in:
                    await Sessions(store).begin(Actor(tenant="acme", id="user:ada"), "password")
                return len(await store.sessions("acme", "user:ada"))
            finally:
                await store.close()

        return asyncio.run(run())

    for words, stdin in ((("password",), "another horse battery\n"), (("disable",), "")):
        assert sessions(sign_in=True) == 1
        more = ("--password-stdin",) if stdin else ()
        assert told(*words, "ada", "--tenant", "acme", *more, stdin=stdin)[0] == 0
        assert sessions() == 0
    assert told("enable", "ada", "--tenant", "acme")[0] == 0
    assert sessions(sign_in=True) == 1


def test_each_change_is_an_entry_of_the_log_without_anybodys_name(told, tmp_path):
    added(told, "ada", "--name", "Ada Lund", "--address", "ada@example.com")
    told("password", "ada", "--tenant", "acme", "--password-stdin", stdin="another horse battery\n")
    told("disable", "ada", "--tenant", "acme")
    told("enable", "user:ada", "--tenant", "acme")
    found = asyncio.run(entries(sqlite_of(tmp_path / "cases.db"), "person"))
    assert [entry["person"] for entry in found] == [
        {"how": how, "subject": "user:ada"} for how in ("added", "password set", "disabled", "enabled")
    ]
    assert {entry["actor"]["reference"] for entry in found} == {"operator:root"}
    assert "Lund" not in json.dumps(found)
    assert "example.com" not in json.dumps(found)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "ada", "--tenant", "acme"), "user:ada is a person of acme already"),
        (("disable", "adda", "--tenant", "acme"), "user:adda is no person of acme; did you mean ada?"),
        (("password", "zoe", "--tenant", "acme"), "user:zoe is no person of acme; there are: ada"),
        (("enable", "ada", "--tenant", "globex"), "there are none yet: `stateward person add` makes one"),
        (("add", "no name", "--tenant", "acme"), "a person's name is letters, digits and _ . - @ | +, not 'no name'"),
        (("list", "--tenant", "ACME"), "--tenant is a name in lower case, not 'ACME'"),
        (("add", "ben", "--tenant", "acme", "--zone", "Europe/Berln"), "did you mean Europe/Berlin?"),
        (("add", "ben", "--tenant", "acme", "--language", "fr"), "--language is en or de, not 'fr'"),
        (("add", "ben", "--tenant", "acme", "--name", "x\ny"), "on one line"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_with_what_was_meant(told, words, said):
    added(told, "ada")
    given = ("--password-stdin",) if words[0] in ("add", "password") else ()
    code, message = told(*words, *given, stdin=f"{PASSWORD}\n")
    assert code in (1, 2)
    assert said in message
    assert len(message.splitlines()) == 1


def test_roles_are_given_with_the_person_and_the_log_says_so(told, capsys):
    added(told, "ada", "--role", "admin", "--role", "role:clerk")
    assert main(["policy", "show", "--tenant", "acme"]) == 0
    shown = capsys.readouterr().out
    assert "g, user:ada, role:admin, acme" in shown
    assert "g, user:ada, role:clerk, acme" in shown
    assert main(["policy", "verify"]) == 0
    assert told("add", "ben", "--tenant", "acme", "--no-password", "--role", "no role")[0] == 2


def test_a_password_that_is_no_good_is_refused_and_nothing_is_made(told, tmp_path):
    code, said = told("add", "ada", "--tenant", "acme", "--password-stdin", stdin="short\n")
    assert (code, said) == (2, "stateward: this is no good password: it must have at least 10 characters")
    assert stored(tmp_path, "user:ada") is None


def test_without_a_terminal_a_password_has_to_come_from_stdin(told):
    code, said = told("add", "ada", "--tenant", "acme", stdin="")
    assert (code, said) == (2, "stateward: there is no terminal to ask for a password; use --password-stdin")


def test_a_lost_phone_is_forgotten_with_the_password(told, tmp_path):
    added(told, "ada")

    async def switch_on():
        store = open_store(sqlite_of(tmp_path / "cases.db").url)
        await store.change_person("acme", "user:ada", {"otp": "sealed", "otp_step": 1})
        await store.close()

    asyncio.run(switch_on())
    assert told("list", "--tenant", "acme")[1].split("\t")[3] == "password and one-time password"
    words = ("password", "ada", "--tenant", "acme", "--password-stdin", "--no-one-time")
    assert told(*words, stdin="another horse battery\n")[0] == 0
    assert stored(tmp_path, "user:ada").otp is None


def test_passwords_are_hashed_as_rfc_9106_says():
    parameters = of_passwords.USUAL
    assert (parameters.memory_cost, parameters.time_cost) == (65536, 3)
