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


TWINS = "test_tenant_twins"
CONTENTS = "test_attachment_contents"
SCOPES = "test_scope_everywhere"
PLAN: list[tuple[str, Tests]] = [
    ("app/db/postgres/*.py", on_postgres(TWINS, "test_store_records", "test_store_clocks")),
    (
        "migrations/*",
        on_postgres(TWINS, "test_store_records", "test_store_clocks", "test_sequencer", "test_walls", CONTENTS),
    ),
    ("app/db/blobs/in_database.py", on_sqlite(TWINS, CONTENTS)),
    ("app/db/reads/callers.py", on_sqlite(TWINS, "test_store_callers", "test_api_keys")),
    ("app/db/reads/listing.py", on_sqlite(TWINS, "test_store_listing", "test_http_reads", "test_finding")),
    ("app/db/reads/sorting.py", on_sqlite(TWINS, "test_store_listing", "test_store_searching", "test_http_reads")),
    ("app/db/reads/search.py", on_sqlite(TWINS, "test_finding", "test_store_searching")),
    ("app/db/reads/words.py", on_sqlite(TWINS, "test_finding", "test_store_searching")),
    ("app/db/reads/queues.py", on_sqlite(TWINS, "test_next_case")),
    ("app/db/reads/log_order.py", on_sqlite(TWINS, "test_feed", "test_following")),
    ("app/db/reads/work.py", on_sqlite(TWINS, "test_saying_and_relating")),
    ("app/db/reads/links.py", on_sqlite("test_saying_and_relating")),
    ("app/db/reads/policy_pages.py", on_sqlite("test_policy_by_api", "test_policy_changes")),
    ("app/db/reads/clocks.py", on_sqlite(TWINS, "test_store_clocks")),
    ("app/db/reads/visibility.py", on_sqlite("test_store_listing", "test_reading", "test_feed")),
    ("app/db/sqlite/store.py", on_sqlite(TWINS, "test_store_records", "test_store_locks", "test_idempotency")),
    ("app/db/*.py", on_sqlite(TWINS, "test_store_records", "test_sequencer")),
    ("app/policy/*", on_sqlite("test_policy_engine", "test_policy_oracle")),
    ("app/domain/deciding/decide_verb.py", on_sqlite("test_assigning")),
    (
        "app/domain/deciding/refusal_reasons.py",
        on_sqlite("test_firing", "test_explain", "test_explain_is_true", "test_guards"),
    ),
    ("app/domain/machine/machine.py", on_sqlite("test_desk", "test_guards", "test_who_can")),
    ("app/domain/verbs/*", on_sqlite("test_saying_and_relating", "test_assigning", "test_who_learns_what")),
    ("app/domain/explaining/what_would_help.py", on_sqlite("test_explain", "test_explain_is_true")),
    ("app/domain/explaining/explain.py", on_sqlite("test_explain", "test_explain_is_true")),
    ("app/domain/explaining/could_fire.py", on_sqlite("test_could_fire", "test_who_can", "test_explain")),
    ("app/domain/policy/line_terms.py", on_sqlite("test_policy_preview", "test_last_administrators")),
    (
        "app/domain/*",
        on_sqlite(
            "test_desk_order",
            "test_who_learns_what",
            SCOPES,
            "test_desk",
            "test_api_keys",
            "test_reading",
            "test_opening",
        ),
    ),
    (
        "app/services/policy/administrators.py",
        on_sqlite(SCOPES, "test_policy_by_api", "test_last_administrators", "test_policy_changes"),
    ),
    ("app/services/policy/c*.py", on_sqlite("test_policy_changes", "test_policy_by_api", "test_last_administrators")),
    (
        "app/services/policy/log_entries.py",
        on_sqlite("test_policy_changes", "test_policy_by_api", "test_last_administrators"),
    ),
    (
        "app/services/policy/verification.py",
        on_sqlite("test_policy_changes", "test_policy_by_api", "test_last_administrators"),
    ),
    ("app/services/policy/tenant_admin.py", on_sqlite(SCOPES, "test_api_keys")),
    ("app/services/callers/api_keys.py", on_sqlite("test_api_keys")),
    ("app/services/callers/key_callers.py", on_sqlite("test_api_keys")),
    ("app/services/log/ledger.py", on_sqlite(SCOPES, "test_feed", "test_following")),
    ("app/services/work/next_case.py", on_sqlite(SCOPES, "test_next_case")),
    ("app/services/definitions/definitions.py", on_sqlite("test_definitions")),
    ("app/services/cases/cases.py", on_sqlite("test_reading", "test_api_keys", "test_attachments", "test_finding")),
    ("app/services/desk/answer.py", on_sqlite("test_opening", "test_desk_order")),
    ("app/services/desk/batch.py", on_sqlite("test_opening", "test_desk_order", "test_firing", "test_desk")),
    ("app/services/work/attachments.py", on_sqlite("test_attachments")),
    ("app/services/cases/who_can.py", on_sqlite("test_who_can")),
    ("app/services/work/work.py", on_sqlite("test_authorization_matrix", "test_attachments", "test_http_work")),
    ("app/services/clocks/clocks.py", on_sqlite("test_authorization_matrix", "test_http_slas")),
    (
        "app/services/*",
        on_sqlite(
            "test_who_learns_what", SCOPES, "test_reading", "test_desk", "test_api_keys", "test_authorization_matrix"
        ),
    ),
    ("app/http/sign_in/issuers.py", on_sqlite("test_oidc")),
    ("app/http/border/gate.py", on_sqlite("test_rate_limits")),
    ("app/http/log/streams.py", on_sqlite("test_following", "test_http_feed")),
    ("app/http/policy/parameters.py", on_sqlite("test_http_policies")),
    ("app/http/work/attaching.py", on_sqlite("test_attachments", "test_http_work")),
    ("app/http/border/parameters.py", on_sqlite("test_http_input", "test_http_parameters")),
    ("app/http/definitions/case_types.py", on_sqlite("test_http_reads")),
    ("app/http/*", on_sqlite("test_http_auth", "test_oidc")),
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
