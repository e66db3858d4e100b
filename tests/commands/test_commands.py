"""Whatever a command is given, it answers in sentences that say where and what to do, and with the right exit code."""

import re
import subprocess
import sys

import jwt
import pytest

from app.main import main
from tests.running import ROOT, SECRET, environment

LINE = '{"reference": "A", "event": "submit", "actor": "user:ann", "roles": [], "at": "2026-03-02T09:00:00Z"'
OPENING = LINE + ', "data": {"amount_cents": 4200, "currency": "EUR"}}\n'


@pytest.fixture(autouse=True)
def at_work(tmp_path, monkeypatch):
    """An empty working folder, our case types, and a secret."""
    monkeypatch.chdir(tmp_path)
    for name, value in (("MACHINES", ROOT / "machines"), ("POLICIES", ROOT / "policies"), ("JWT_SECRET", SECRET)):
        monkeypatch.setenv(f"STATEWARD_{name}", str(value))


def refused(capsys, *words):
    """The exit code and the one sentence on stderr."""
    try:
        code = main(words)
    except SystemExit as usage:
        code = usage.code
    told = capsys.readouterr().err
    assert "Traceback" not in told
    return code, told.strip().splitlines()[-1]


def test_the_shipped_folders_have_no_errors(capsys):
    assert main(["check"]) == 0
    assert "3 case types, 1 calendars, 3 policy files: 0 errors" in capsys.readouterr().out


def test_check_names_every_fault_of_a_file_by_line(tmp_path, capsys):
    (tmp_path / "m").mkdir()
    (tmp_path / "p").mkdir()
    (tmp_path / "m" / "twice.yaml").write_text("case_type: twice\ninitial: a\nstates:\n  a: {}\n  a: {}\n")
    (tmp_path / "m" / "broken.yaml").write_text("a: [1\n b: }")
    (tmp_path / "m" / "bytes.yaml").write_bytes(b"\xff\xfe")
    (tmp_path / "m" / "empty.yaml").write_text("")
    (tmp_path / "p" / "twice.csv").write_text('p, role:a, *, twice, open, , allow\nq, 1\n"unclosed, x\n')
    (tmp_path / "p" / "folder.csv").mkdir()
    assert main(["check", "m", "p"]) == 1
    told = capsys.readouterr().out
    for place in ("twice.yaml:5", "broken.yaml:2", "bytes.yaml:1", "empty.yaml:1", "twice.csv:2", "twice.csv:3"):
        assert re.search(rf"/{re.escape(place)}: error: .+; .+", told), place
    assert "folder.csv:1: error: cannot be read" in told


def test_a_case_type_that_cannot_be_read_is_no_fault_of_its_policy(tmp_path, capsys):
    (tmp_path / "m").mkdir()
    (tmp_path / "p").mkdir()
    (tmp_path / "m" / "claim.yaml").write_text("case_type: [\n")
    (tmp_path / "p" / "claim.csv").write_text("p, *, *, claim, open, , allow\n")
    assert main(["check", "m", "p"]) == 1
    assert "1 errors, 0 warnings" in capsys.readouterr().out


def test_a_case_type_may_go_while_its_policy_stays_for_the_cases_it_has_left(tmp_path, capsys):
    (tmp_path / "m").mkdir()
    (tmp_path / "p").mkdir()
    own = "# for a claim\np, role:a, *, claim, open, , allow\np, role:b, *, claim, pay, , allow\n"
    own += "g, user:ann, role:a, acme\n"
    (tmp_path / "p" / "claim.csv").write_text(own)
    assert main(["check", "m", "p"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert "claim.csv:2: warning: no case type `claim` is declared" in told[0]
    assert told[1] == "0 case types, 0 calendars, 1 policy files: 0 errors, 1 warnings"
    (tmp_path / "p" / "other.csv").write_text("p, role:a, *, claim, open, , allow\n")
    assert main(["check", "m", "p"]) == 1
    assert "other.csv:1: error: unknown case type `claim`" in capsys.readouterr().out


def test_roles_that_include_each_other_across_files_are_named_once_where_the_circle_closes(tmp_path, capsys):
    (tmp_path / "m").mkdir()
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "first.csv").write_text("g, role:a, role:b\n")
    (tmp_path / "p" / "second.csv").write_text("g, role:b, role:a\ng, role:c, role:d\ng, role:d, role:c\n")
    assert main(["check", "m", "p"]) == 1
    told = capsys.readouterr().out
    assert re.findall(r"(\w+\.csv:\d): error: these roles include each other", told) == ["second.csv:1", "second.csv:3"]
    assert "2 errors" in told


def test_a_missing_folder_is_one_fault_and_names_its_setting(capsys):
    assert main(["check", "nowhere"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "nowhere:1: error: there is no such folder; make it, or point STATEWARD_MACHINES to the right one"
    assert len(told) == 2


@pytest.mark.parametrize("command", ["serve", "demo", "policy show"])
def test_a_database_that_cannot_be_reached_is_one_sentence(command, capsys, monkeypatch):
    monkeypatch.setenv("STATEWARD_DATABASE_URL", "postgresql://ann:s3cret@127.0.0.1:1/x")
    port = ["--port", "0"] if command != "policy show" else []
    code, told = refused(capsys, *command.split(), *port)
    assert code == 1
    assert "the database cannot be used" in told
    assert "STATEWARD_DATABASE_URL" in told
    assert "s3cret" not in told


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/x.db",
        "postgresql://ann@127.0.0.1:1/x",
        "postgresql://ann@127.0.0.1:1/x?sslmode=require",
        "postgresql://ann@127.0.0.1:1/x?sslrootcert=x",
    ],
)
def test_migrate_says_that_it_cannot_reach_the_database(url, capsys, monkeypatch):
    monkeypatch.setenv("STATEWARD_DATABASE_URL", url)
    assert refused(capsys, "migrate")[0] == 1


def test_a_file_that_is_no_database_is_left_alone(tmp_path, capsys, monkeypatch):
    text = "a letter, long enough to be taken for a database\n" * 50
    (tmp_path / "letter.txt").write_text(text)
    monkeypatch.setenv("STATEWARD_DATABASE_URL", "sqlite:///letter.txt")
    code, told = refused(capsys, "serve", "--port", "0")
    assert (code, "file is not a database" in told) == (1, True), told
    assert (tmp_path / "letter.txt").read_text() == text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--tenant", "ACME", "--user", "ann"), "lower case"),
        (("--tenant", "acme", "--user", "a b"), "letters, digits"),
        (("--tenant", "acme", "--user", "ann", "--role", ""), "letters, digits"),
        (("--tenant", "acme", "--user", "ann", "--ttl", "1y"), "90s, 15m, 8h or 30d"),
        (("--user", "ann"), "required: --tenant"),
    ],
)
def test_a_token_for_nobody_is_refused(words, expected, capsys):
    code, told = refused(capsys, "token", *words)
    assert code == 2
    assert expected in told


def test_a_token_stands_alone_on_its_line_and_takes_names_with_and_without_prefix(capsys):
    for user, role in (("ann", "clerk"), ("user:ann", "role:clerk")):
        assert main(["token", "--tenant", "acme", "--user", user, "--role", role, "--ttl", "8h"]) == 0
        (token,) = capsys.readouterr().out.splitlines()
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience="stateward")
        assert (claims["sub"], claims["roles"], claims["exp"] - claims["iat"]) == ("user:ann", ["role:clerk"], 28800)


def test_policy_apply_changes_nothing_when_a_file_is_wrong(tmp_path, capsys):
    (tmp_path / "permit.csv").write_text("p, role:clerk\n")
    assert main(["policy", "show"]) == 0
    before = capsys.readouterr().out
    for file in ("permit.csv", "nowhere.csv"):
        assert refused(capsys, "policy", "apply", file) == (1, "stateward: nothing was applied; mend the files first")
    assert main(["policy", "show"]) == 0
    assert capsys.readouterr().out == before


def test_policy_apply_takes_no_line_about_an_event_that_no_case_type_has(tmp_path, capsys, monkeypatch):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "permit.csv").write_text("p, role:clerk, *, permit, fly, , allow\n")
    monkeypatch.setenv("STATEWARD_POLICIES", "p")
    assert main(["policy", "apply", "permit.csv"]) == 1
    assert "permit.csv:1: error: `fly` is no event of `permit`" in capsys.readouterr().err


def test_diagram_draws_what_is_there_and_names_it_where_it_is_not(capsys):
    assert main(["diagram", "permit", "--format", "svg"]) == 0
    drawn = capsys.readouterr()
    assert drawn.out.startswith("<svg")
    assert drawn.err == ""
    code, told = refused(capsys, "diagram", "nope")
    assert code == 2
    assert "expense_claim, incident, permit" in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"reference": "A"\n', "log.jsonl:1: is not JSON"),
        (OPENING + LINE.replace("user:ann", "ann") + "}\n", "log.jsonl:2: has an `actor` that is not written as user:"),
        (OPENING + LINE.replace("2026-03-02T09:00:00Z", "today") + "}\n", "log.jsonl:2: "),
    ],
)
def test_replay_names_the_line_that_it_cannot_read(text, expected, tmp_path, capsys):
    (tmp_path / "log.jsonl").write_text(text)
    code, told = refused(capsys, "replay", "log.jsonl", "--case-type", "expense_claim")
    assert code == 1
    assert expected in told


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--case-type", "nope"), "expense_claim, incident, permit"),
        (("--case-type", "No Such"), "expense_claim, incident, permit"),
        (("--case-type", "expense_claim", "--tenant", "A Tenant"), "lower case"),
        (("--case-type", "expense_claim", "--report", "."), "--report"),
        (("--case-type", "expense_claim", "--lanes", "0"), "1 to 64"),
        (("--case-type", "expense_claim", "--url", "http://127.0.0.1:1"), "needs --token"),
    ],
)
def test_replay_says_what_it_was_given_wrongly(words, expected, tmp_path, capsys):
    (tmp_path / "log.jsonl").write_text(OPENING)
    code, told = refused(capsys, "replay", "log.jsonl", *words)
    assert code == 2
    assert expected in told


def test_replay_names_the_line_whose_attempt_the_service_cannot_take(tmp_path, capsys):
    (tmp_path / "log.jsonl").write_text(OPENING + LINE.replace('"A"', '"A\\u0001"') + "}\n")
    code, told = refused(capsys, "replay", "log.jsonl", "--case-type", "expense_claim")
    assert code == 1
    assert "log.jsonl:2: reference must match" in told


def test_policy_apply_says_when_there_is_nothing_to_apply(capsys, monkeypatch):
    monkeypatch.setenv("STATEWARD_POLICIES", "nowhere")
    code, told = refused(capsys, "policy", "apply")
    assert code == 2
    assert "STATEWARD_POLICIES" in told


def test_replay_looks_before_it_works_whether_it_can_write_its_report(tmp_path, capsys):
    (tmp_path / "log.jsonl").write_text(OPENING)
    code, told = refused(
        capsys, "replay", "log.jsonl", "--case-type", "expense_claim", "--report", "nowhere/report.json"
    )
    assert code == 2
    assert "nowhere" in told
    assert not (tmp_path / "stateward.db").exists()


@pytest.mark.parametrize(
    "words", [(), ("bogus",), ("serve", "--port", "99999"), ("serve", "--workers", "0"), ("policy",)]
)
def test_wrong_use_is_told_with_exit_code_2(words, capsys):
    assert refused(capsys, *words)[0] == 2


def test_a_reader_that_leaves_early_gets_no_stack_trace(tmp_path):
    run = f"{sys.executable} -m app diagram permit --format svg | head -c 1"
    done = subprocess.run(["bash", "-c", run], cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("<", "")
