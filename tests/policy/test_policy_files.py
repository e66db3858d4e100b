"""Policy files: their lines, and everything that can be wrong with them."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.values.deceiving import in_rules
from app.policy.faults import line_faults
from app.policy.files import model_fault, read_policy
from app.policy.lines import as_csv
from app.services.store.stored import PolicyLine

POLICIES = Path(__file__).parents[2] / "policies"


def only_line(text: str) -> PolicyLine:
    (line,) = read_policy(text, "claims.csv").lines
    return line.policy_line


def test_a_line_is_read_as_it_is_written():
    line = only_line("p, role:manager, acme, expense_claim, *, data.amount_cents <= 1000000, allow\n")
    assert line == PolicyLine(
        kind="p",
        role="role:manager",
        tenant="acme",
        obj="expense_claim",
        act="*",
        when="data.amount_cents <= 1000000",
        eft="allow",
        source="claims.csv",
    )


def test_spaces_comments_and_blank_lines_do_not_count():
    text = '\ufeff# who "may\n\n   \n  p ,role:clerk  ,  * ,claim, pay ,  , allow  \r\n# don\'t, "count\n'
    assert [(line.line, line.policy_line.role) for line in read_policy(text, "x.csv").lines] == [(4, "role:clerk")]


def test_a_condition_with_a_comma_or_quotes_is_quoted():
    text = 'p, *, *, claim, pay, "data.currency in [""EUR"", \'GBP\']", allow'
    assert only_line(text).when == "data.currency in [\"EUR\", 'GBP']"


def test_a_condition_may_take_several_lines_and_numbers_stay_right():
    text = 'p, *, *, claim, pay, "data.a\n# == 1\n && data.b", allow\np, *, *, claim, pay, , permit\n'
    read = read_policy(text.replace("# ", ""), "x.csv")
    assert [line.line for line in read.lines] == [1]
    assert [fault.line for fault in read.faults] == [4]


def test_a_role_includes_another_in_every_tenant_and_a_user_has_a_role_in_one():
    text = "g, role:manager, role:clerk\ng, user:alice, role:clerk, acme\n"
    lines = [line.policy_line for line in read_policy(text, "x.csv").lines]
    assert [(line.role, line.obj, line.tenant) for line in lines] == [
        ("role:manager", "role:clerk", "*"),
        ("user:alice", "role:clerk", "acme"),
    ]


def test_the_digest_is_that_of_the_text():
    text = "# nobody\n"
    assert read_policy(text, "x.csv").sha256 == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("line", "message", "remedy"),
    [
        ("q, role:a, *, claim, pay, , allow", "kind p or g, not `q`", "begin it with"),
        ("p, role:a, *, claim, pay, allow", "6 fields", "write `p, role, tenant"),
        ("p, role:a, *, claim, pay, data.a in [1, 2], allow", "8 fields", "stands in quotes"),
        ('p, role:a, *, claim, pay, data.a == "x", deny, allow', "8 fields", "stands in quotes"),
        ('p, role:a, *, claim, pay, "data.a, allow', "not CSV", "in quotes"),
        ('p, role:a, *, claim, pay, "data.a" && true, allow', "not CSV", "in quotes"),
        ("p, clerk, *, claim, pay, , allow", "`clerk` is not a role", "`role:NAME`"),
        ("p, user:alice, *, claim, pay, , allow", "`user:alice` is not a role", "`role:NAME`"),
        ("p, role:größe, *, claim, pay, , allow", "`role:größe` is not a role", "`role:NAME`"),
        ("p, role:a, Acme, claim, pay, , allow", "`Acme` is not a tenant", "lower case"),
        ("p, role:, *, claim, pay, , allow", "`role:` is not a role", "`role:NAME`"),
        ("p, [Creator, *, claim, pay, , allow", "`[Creator` is not a role", "`[creator]`"),
        ("p, role:a, , claim, pay, , allow", "`` is not a tenant", "`*` for all"),
        ("p, role:a, *, Claim, pay, , allow", "`Claim` is not a case type", "`*` for all"),
        ("p, role:a, *, claim, case:destroy, , allow", "`case:destroy` is not an act", "case:assign"),
        ("p, role:a, *, claim, case:exprot, , allow", "`case:exprot` is not an act", "did you mean `case:export`?"),
        ("p, role:a, *, claim, pay, , permit", "cannot `permit`", "`allow` or `deny`"),
        ("p, role:a, *, claim, pay, , Allow", "cannot `Allow`", "`allow` or `deny`"),
        (
            "p, role:a, *, claim, case:read, data.a, allow",
            "`case:read` takes no condition",
            "leave the condition empty",
        ),
        ("p, role:a, *, claim, case:claim, data.a, deny", "`case:claim` takes no condition", "leave the condition"),
        ("p, role:a, *, claim, pay, data.a ==, allow", "does not compile", "write CEL"),
        ("p, role:a, *, claim, pay, payload.a, allow", "reads `payload.a`", "`case`, `data` and `actor`"),
        ("p, role:a, *, claim, pay, now > case.opened_at, allow", "reads `now`", "`case`, `data` and `actor`"),
        ("p, role:a, *, claim, pay, 1 + 1, allow", "cannot be right", "write CEL"),
        ("p, role:a, *, claim, pay, case.createur == actor.id, allow", "createur", "write CEL"),
        ("g, user:alice, role:a", "names none", "g, user:alice, role:a, TENANT"),
        ("g, user:alice, role:a, *", "names none", "g, user:alice, role:a, TENANT"),
        ("g, role:a, role:b, acme", "in every tenant", "g, role:a, role:b"),
        ("g, role:a, role:a", "includes itself", "name another role"),
        ("g, [creator], role:a, acme", "neither a role nor a user", "`user:NAME`"),
        ("g, alice, role:a, acme", "neither a role nor a user", "`user:NAME`"),
        ("g, user:alice, admin, acme", "`admin` is not a role that can be given", "`role:NAME`"),
        ("g, user:alice, *, acme", "`*` is not a role that can be given", "`role:NAME`"),
        ("g, user:alice, [creator], acme", "`[creator]` is not a role that can be given", "`role:NAME`"),
        ("g, role:a", "2 fields", "write `g, role, included role`"),
    ],
)
def test_a_line_that_is_wrong_is_refused_with_its_number_and_what_to_do(line, message, remedy):
    read = read_policy(f"# first\n\n{line}\n", "x.csv")
    assert read.lines == ()
    assert [fault.line for fault in read.faults] == [3]
    assert message in read.faults[0].message
    assert remedy in read.faults[0].remedy


def test_a_faulty_line_does_not_hide_the_lines_around_it():
    read = read_policy("g, role:a, role:b\nnonsense\ng, role:b, role:c\n", "x.csv")
    assert [line.line for line in read.lines] == [1, 3]
    assert [fault.line for fault in read.faults] == [2]


def test_every_fault_of_a_line_is_told():
    assert len(read_policy("p, clerk, *, Claim, Pay, ==, permit", "x.csv").faults) == 5


def test_roles_that_include_each_other_in_a_circle_are_refused_where_the_circle_closes():
    read = read_policy("g, role:a, role:b\ng, role:b, role:c\ng, role:c, role:a\ng, role:d, role:a\n", "x.csv")
    assert [fault.line for fault in read.faults] == [3]
    assert [line.line for line in read.lines] == [1, 2, 4]
    assert "role:c > role:a > role:b > role:c" in read.faults[0].message


FIELD = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zs", "Zl", "Zp")), max_size=12).filter(
    lambda text: in_rules(text) is None
)
LITERAL = FIELD.map(lambda text: "data.a == '" + text.replace("\\", "").replace("'", "") + "'")


@given(LITERAL, st.sampled_from(("", '"quoted, twice"', "a\nb")))
@settings(max_examples=100, deadline=None)
def test_a_line_reads_back_from_its_canonical_text(condition, comment):
    when = f"{condition} // {comment}".strip() if "\n" not in comment else f"{condition}\n || data.b"
    line = PolicyLine(
        kind="p", role="role:a", tenant="*", obj="claim", act="pay", when=when, eft="deny", source="x.csv"
    )
    read = read_policy(as_csv(line) + "\n", "x.csv")
    assert (read.faults, [found.policy_line for found in read.lines]) == ((), [line])


@given(
    st.text(max_size=80) | st.lists(st.sampled_from(("p", "g", ",", '"', "\n", "#", "role:a", "*", " "))).map("".join)
)
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_the_reader(text):
    read = read_policy(text, "x.csv")
    lines = text.count("\n") + text.count("\r") + 1
    assert all(1 <= fault.line <= lines for fault in read.faults)


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.csv")), ids=lambda path: path.stem)
def test_the_policies_that_come_along_have_no_fault(path):
    read = read_policy(path.read_text(encoding="utf-8"), path.name)
    assert read.faults == ()
    assert {line.policy_line.obj for line in read.lines if line.policy_line.kind == "p"} == {path.stem}
    assert {line.policy_line.tenant for line in read.lines} == {"*"}


def test_a_model_that_differs_is_refused():
    assert model_fault((POLICIES / "model.conf").read_text(encoding="utf-8"), "model.conf") is None
    fault = model_fault("[matchers]\nm = true\n", "model.conf")
    assert fault is not None
    assert "remove this model.conf" in fault.remedy


HIDING = {
    "a lone CR in a comment": "# nobody\rp, *, *, claim, pay, , allow",
    "a lone CR in a condition": 'p, *, *, claim, pay, "false\r|| true", allow',
    "an order of letters": "p, *, *, claim, pay, \u202e, allow",
    "an isolate in a comment": "# \u2066 nobody\u2069",
    "a space of no width": "p, role:\u200bclerk, *, claim, pay, , allow",
    "a joiner": "p, role:clerk\u200d, *, claim, pay, , allow",
    "a tag": "# \U000e0041",
    "a filler": "# \u3164",
    "a backspace": "# nobody\x08",
    "an escape sequence": "# \x1b[2K",
    "a line separator": "# nobody\u2028p, *, *, claim, pay, , allow",
    "a next line": "# nobody\x85p, *, *, claim, pay, , allow",
    "a form feed": "# nobody\x0cp, *, *, claim, pay, , allow",
    "NUL": "# \x00",
    "a second byte-order mark": "\ufeff# nobody",
}


@pytest.mark.parametrize("hiding", HIDING.values(), ids=HIDING)
def test_a_file_with_a_character_that_hides_a_line_is_refused_as_a_whole(hiding):
    read = read_policy(f"\ufeffp, *, *, claim, submit, , allow\r\n{hiding}\n", "claim.csv")
    [fault] = read.faults
    assert (fault.line, read.lines) == (2, ())
    assert "makes a line look other than it reads" in fault.message


@pytest.mark.parametrize("mark", ["\r", "\u202e", "\u200b", "\u200d", "\x1b", "\u2028", "\ufeff"])
def test_a_condition_that_hides_something_is_refused_by_the_api_too(mark):
    line = PolicyLine(
        kind="p", role="role:clerk", tenant="acme", obj="claim", act="pay", when=f"data.note == '{mark}'", eft="allow"
    )
    [fault] = line_faults(line)
    assert (fault.field, f"U+{ord(mark):04X}" in fault.message) == ("when", True)
