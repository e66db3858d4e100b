"""Which tests should notice that a check is gone, and which mutants nobody can notice, each with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tests:
    """Test files by name, the likeliest first; `which` is pytest's -k."""

    files: tuple[str, ...]
    which: str = "not postgres"


def on_sqlite(*files: str) -> Tests:
    return Tests(files)


def on_postgres(*files: str) -> Tests:
    return Tests(files, "postgres")


TWINS = "tests/db/test_tenant_twins.py"
CONTENTS = "tests/work/test_attachment_contents.py"
SCOPES = "tests/callers/test_scope_everywhere.py"
PLAN: list[tuple[str, Tests]] = [
    ("app/db/postgres/*.py", on_postgres(TWINS, "tests/db/test_store_records.py", "tests/db/test_store_clocks.py")),
    (
        "migrations/*",
        on_postgres(
            TWINS,
            "tests/db/test_store_records.py",
            "tests/db/test_store_clocks.py",
            "tests/log/test_sequencer.py",
            "tests/db/test_row_security.py",
            CONTENTS,
        ),
    ),
    ("app/db/blobs/in_database.py", on_sqlite(TWINS, CONTENTS)),
    ("app/db/reads/callers.py", on_sqlite(TWINS, "tests/db/test_store_callers.py", "tests/callers/test_api_keys.py")),
    (
        "app/db/reads/listing.py",
        on_sqlite(
            TWINS, "tests/db/test_store_listing.py", "tests/cases/test_http_reads.py", "tests/search/test_finding.py"
        ),
    ),
    ("app/db/reads/filters.py", on_sqlite(TWINS, "tests/db/test_store_listing.py", "tests/search/test_finding.py")),
    (
        "app/db/reads/sorting.py",
        on_sqlite(
            TWINS,
            "tests/db/test_store_listing.py",
            "tests/search/test_store_searching.py",
            "tests/cases/test_http_reads.py",
        ),
    ),
    (
        "app/db/reads/search.py",
        on_sqlite(TWINS, "tests/search/test_finding.py", "tests/search/test_store_searching.py"),
    ),
    ("app/db/reads/words.py", on_sqlite(TWINS, "tests/search/test_finding.py", "tests/search/test_store_searching.py")),
    ("app/db/reads/queues.py", on_sqlite(TWINS, "tests/work/test_next_case.py")),
    ("app/db/reads/log_order.py", on_sqlite(TWINS, "tests/log/test_feed.py", "tests/log/test_following.py")),
    ("app/db/reads/work.py", on_sqlite(TWINS, "tests/work/test_saying_and_relating.py")),
    ("app/db/reads/links.py", on_sqlite("tests/work/test_saying_and_relating.py")),
    (
        "app/db/reads/policy_pages.py",
        on_sqlite("tests/policy/test_policy_by_api.py", "tests/policy/test_policy_changes.py"),
    ),
    ("app/db/reads/clocks.py", on_sqlite(TWINS, "tests/db/test_store_clocks.py")),
    (
        "app/db/reads/visibility.py",
        on_sqlite("tests/db/test_store_listing.py", "tests/cases/test_reading.py", "tests/log/test_feed.py"),
    ),
    (
        "app/db/sqlite/store.py",
        on_sqlite(
            TWINS, "tests/db/test_store_records.py", "tests/db/test_store_locks.py", "tests/desk/test_idempotency.py"
        ),
    ),
    ("app/db/*.py", on_sqlite(TWINS, "tests/db/test_store_records.py", "tests/log/test_sequencer.py")),
    ("app/policy/*", on_sqlite("tests/policy/test_policy_engine.py", "tests/policy/test_policy_oracle.py")),
    ("app/domain/deciding/decide_verb.py", on_sqlite("tests/work/test_assigning.py")),
    (
        "app/domain/deciding/refusal_reasons.py",
        on_sqlite(
            "tests/machine/test_firing.py",
            "tests/cases/test_explain.py",
            "tests/cases/test_explain_is_true.py",
            "tests/expressions/test_guards.py",
        ),
    ),
    (
        "app/domain/machine/machine.py",
        on_sqlite("tests/desk/test_desk.py", "tests/expressions/test_guards.py", "tests/cases/test_who_can.py"),
    ),
    (
        "app/domain/verbs/*",
        on_sqlite(
            "tests/work/test_saying_and_relating.py",
            "tests/work/test_assigning.py",
            "tests/desk/test_who_learns_what.py",
        ),
    ),
    (
        "app/domain/explaining/what_would_help.py",
        on_sqlite("tests/cases/test_explain.py", "tests/cases/test_explain_is_true.py"),
    ),
    (
        "app/domain/explaining/explain.py",
        on_sqlite("tests/cases/test_explain.py", "tests/cases/test_explain_is_true.py"),
    ),
    (
        "app/domain/explaining/could_fire.py",
        on_sqlite("tests/cases/test_could_fire.py", "tests/cases/test_who_can.py", "tests/cases/test_explain.py"),
    ),
    (
        "app/domain/policy/line_terms.py",
        on_sqlite("tests/policy/test_policy_preview.py", "tests/policy/test_last_administrators.py"),
    ),
    (
        "app/domain/*",
        on_sqlite(
            "tests/desk/test_desk_order.py",
            "tests/desk/test_who_learns_what.py",
            SCOPES,
            "tests/desk/test_desk.py",
            "tests/callers/test_api_keys.py",
            "tests/cases/test_reading.py",
            "tests/desk/test_opening.py",
        ),
    ),
    (
        "app/services/policy/administrators.py",
        on_sqlite(
            SCOPES,
            "tests/policy/test_policy_by_api.py",
            "tests/policy/test_last_administrators.py",
            "tests/policy/test_policy_changes.py",
        ),
    ),
    (
        "app/services/policy/c*.py",
        on_sqlite(
            "tests/policy/test_policy_changes.py",
            "tests/policy/test_policy_by_api.py",
            "tests/policy/test_last_administrators.py",
        ),
    ),
    (
        "app/services/policy/log_entries.py",
        on_sqlite(
            "tests/policy/test_policy_changes.py",
            "tests/policy/test_policy_by_api.py",
            "tests/policy/test_last_administrators.py",
        ),
    ),
    (
        "app/services/policy/verification.py",
        on_sqlite(
            "tests/policy/test_policy_changes.py",
            "tests/policy/test_policy_by_api.py",
            "tests/policy/test_last_administrators.py",
        ),
    ),
    ("app/services/policy/tenant_admin.py", on_sqlite(SCOPES, "tests/callers/test_api_keys.py")),
    ("app/services/callers/api_keys.py", on_sqlite("tests/callers/test_api_keys.py")),
    ("app/services/callers/key_callers.py", on_sqlite("tests/callers/test_api_keys.py")),
    ("app/services/log/ledger.py", on_sqlite(SCOPES, "tests/log/test_feed.py", "tests/log/test_following.py")),
    ("app/services/work/next_case.py", on_sqlite(SCOPES, "tests/work/test_next_case.py")),
    ("app/services/definitions/definitions.py", on_sqlite("tests/definitions/test_definitions.py")),
    (
        "app/services/cases/cases.py",
        on_sqlite(
            "tests/cases/test_reading.py",
            "tests/callers/test_api_keys.py",
            "tests/work/test_attachments.py",
            "tests/search/test_finding.py",
        ),
    ),
    ("app/services/desk/answer.py", on_sqlite("tests/desk/test_opening.py", "tests/desk/test_desk_order.py")),
    (
        "app/services/desk/batch.py",
        on_sqlite(
            "tests/desk/test_opening.py",
            "tests/desk/test_desk_order.py",
            "tests/machine/test_firing.py",
            "tests/desk/test_desk.py",
        ),
    ),
    ("app/services/work/attachments.py", on_sqlite("tests/work/test_attachments.py")),
    ("app/services/cases/who_can.py", on_sqlite("tests/cases/test_who_can.py")),
    (
        "app/services/work/work.py",
        on_sqlite(
            "tests/policy/test_authorization_matrix.py",
            "tests/work/test_attachments.py",
            "tests/work/test_http_work.py",
        ),
    ),
    (
        "app/services/clocks/clocks.py",
        on_sqlite("tests/policy/test_authorization_matrix.py", "tests/clocks/test_http_slas.py"),
    ),
    (
        "app/services/*",
        on_sqlite(
            "tests/desk/test_who_learns_what.py",
            SCOPES,
            "tests/cases/test_reading.py",
            "tests/desk/test_desk.py",
            "tests/callers/test_api_keys.py",
            "tests/policy/test_authorization_matrix.py",
        ),
    ),
    ("app/http/sign_in/issuers.py", on_sqlite("tests/callers/test_oidc.py")),
    ("app/http/border/gate.py", on_sqlite("tests/callers/test_rate_limits.py")),
    ("app/http/log/streams.py", on_sqlite("tests/log/test_following.py", "tests/log/test_http_feed.py")),
    ("app/http/policy/parameters.py", on_sqlite("tests/policy/test_http_policies.py")),
    ("app/http/work/attaching.py", on_sqlite("tests/work/test_attachments.py", "tests/work/test_http_work.py")),
    (
        "app/http/border/parameters.py",
        on_sqlite("tests/border/test_http_input.py", "tests/border/test_http_parameters.py"),
    ),
    ("app/http/definitions/case_types.py", on_sqlite("tests/cases/test_http_reads.py")),
    ("app/http/*", on_sqlite("tests/callers/test_http_auth.py", "tests/callers/test_oidc.py")),
]
"""The first pattern that fits a file chooses."""

SAME_LENGTH = (
    "app/http/sign_in/callers.py and app/http/sign_in/claims.py both refuse a token that is too long: either is enough"
)
INDEXED = "the enforcer keeps lines by object and act, and asks only those of the request (app/policy/enforcer.py)"
KINDS = "kinds of others only say what might be looked for: whose a case is and may be read is asked again"
PYJWT = "PyJWT refuses it too"
SEEN = (
    "row-level security shows no tenant that the transaction has not named, and app/db/postgres/store.py keys by tenant"
)
UNIQUE = "it would touch a row of another tenant with the same id to no effect, and ids are made by the service"
QUEUED = "candidates are looked for in the tenant, and locked in the tenant: either is enough"
SHOWN = "it shows what a case type declares, and decides nothing"
EQUIVALENT: list[tuple[str, str, str]] = [
    ("app/http/sign_in/callers.py", "len(token) > LONGEST_TOKEN", SAME_LENGTH),
    ("app/http/sign_in/claims.py", "len(token) > LONGEST_TOKEN", SAME_LENGTH),
    ("app/policy/model.conf", "r.obj == p.obj", INDEXED),
    ("app/policy/model.conf", "r.act == p.act", INDEXED),
    ("app/db/reads/listing.py", "= :tenant", KINDS),
    ("app/db/reads/queues.py", "C.tenant ==", QUEUED),
    ("migrations/versions/0001_initial.py", "USING (tenant, ", SEEN),
    ("migrations/versions/0001_initial.py", "c.tenant = k.tenant", UNIQUE),
    ("migrations/versions/0001_initial.py", "b.tenant = c.tenant", UNIQUE),
    ("migrations/versions/0001_initial.py", "e.tenant = t.tenant", UNIQUE),
    ("app/db/sqlite/sequencing.py", "e.tenant = :tenant", UNIQUE),
    ("app/db/sqlite/sequencing.py", "p.tenant = :tenant", UNIQUE),
    ("app/db/sqlite/sequencing.py", "l.tenant = :tenant", UNIQUE),
    ("app/services/policy/tenant_admin.py", "verdict.allowed", "what a scope refuses it refuses: this names the line"),
    ("migrations/versions/0001_initial.py", "tenant = OLD.tenant", "the text of a case is not deleted"),
    (
        "app/domain/deciding/situation.py",
        "verdict.allowed",
        "what a scope refuses it refuses: this names the line in the log",
    ),
    (
        "app/domain/explaining/what_would_help.py",
        "arc.only_actor_of",
        "whoever is proposed is tried; without it fewer are",
    ),
    (
        "app/services/work/next_case.py",
        "actor.scope, CLAIM",
        "the desk refuses what a scope lacks; cases are looked at in vain",
    ),
    ("app/db/reads/words.py", "t.tenant = o.tenant", "whose case it is was asked before; of a twin it sees the type"),
    (
        "app/http/sign_in/issuers.py",
        'header["alg"] not in ALGORITHMS',
        "an issuer's keys are of those algorithms alone",
    ),
    ("app/http/sign_in/claims.py", '"crit" in header', PYJWT),
    ("app/http/sign_in/claims.py", 'header.get("kid", "")', PYJWT),
    ("app/http/border/headers.py", "state.allowed", "it is the Allow header of an answer that says no already"),
    ("app/http/border/parameters.py", "found is None", "what is no id is the id of nothing either"),
    ("app/http/definitions/case_types.py", "_actor_of", SHOWN),
    ("app/domain/diagram/chart.py", "_actor_of", SHOWN),
    ("app/domain/diagram/svg.py", "_actor_of", SHOWN),
    ("app/domain/diagram/words.py", "_actor_of", SHOWN),
]
"""A file, a piece of what is taken out, and why the code does the same without it."""
