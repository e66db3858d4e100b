"""Read cases by functions that name their columns: a column more breaks no statement that is prepared already."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

VERSION = 2
"""Of the functions, in their names. Who wants more from them makes the next version beside this one, which the release
before goes on calling."""
CASE = {
    **dict.fromkeys(("tenant", "id", "case_type", "definition"), "text"),
    "definition_version": "bigint",
    **dict.fromkeys(("reference", "state"), "text"),
    **dict.fromkeys(("version", "seq"), "bigint"),
    **dict.fromkeys(("data", "creator"), "text"),
    **dict.fromkeys(("opened_at", "changed_at"), "timestamptz"),
    **dict.fromkeys(("last_hash", "memory", "assignee", "team"), "text"),
    "urgency": "bigint",
    **dict.fromkeys(("closed_at", "due_at"), "timestamptz"),
}
SHAPE = ", ".join(
    f"{name} {kind}"
    for name, kind in {
        "read_at": "timestamptz",
        "policy_version": "bigint",
        **dict.fromkeys(("answers", "acted", "roles", "clocks"), "json"),
        **CASE,
    }.items()
)
ACTED = ("event", "subject")
NAMES = "id_tenants text[], ids text[], ref_tenants text[], types text[], refs text[]"
KEYS = f"{NAMES}, key_tenants text[], subjects text[], keys text[]"
NAMED = """
    SELECT c.tenant, c.id FROM cases c JOIN unnest(id_tenants, ids) k (tenant, id) USING (tenant, id)
    UNION
    SELECT c.tenant, c.id FROM cases c
    JOIN unnest(ref_tenants, types, refs) k (tenant, case_type, reference) USING (tenant, case_type, reference)"""
ASKED = "unnest(key_tenants, subjects, keys) k (tenant, subject, key)"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    _read_cases()
    _lock_cases()
    _lock_due()
    _read_within()


def _read_cases() -> None:
    case, acted = (", ".join(f"{table}.{name}" for name in names) for table, names in (("c", CASE), ("a", ACTED)))
    op.execute(f"""
        CREATE OR REPLACE FUNCTION read_cases_{VERSION}({KEYS}) RETURNS TABLE ({SHAPE})
        LANGUAGE sql STABLE AS $$
        SELECT clock_timestamp(),
               (SELECT version FROM policy_state),
               CASE WHEN row_number() OVER () = 1 THEN (
                   SELECT json_agg(json_build_array(i.tenant, i.subject, i.key, i.fingerprint, CAST(i.answer AS json),
                          {_count("i.expires_at")}))
                   FROM idempotency i JOIN {ASKED} USING (tenant, subject, key)
                   WHERE i.expires_at > clock_timestamp()
               ) END,
               (SELECT json_agg(json_build_array({acted})) FROM case_actor a
                WHERE a.tenant = c.tenant AND a.case_id = c.id),
               (SELECT json_agg(json_build_array(r.subject, r.role)) FROM case_role r
                WHERE r.tenant = c.tenant AND r.case_id = c.id),
               (SELECT json_agg(json_build_array(k.name, k.cycle, k.case_type, k.status, {_count("k.due_at")},
                       {_count("k.next_fire_at")}, {_count("k.breached_at")}, CAST(k.facts AS json)) ORDER BY k.name)
                FROM clock k WHERE k.tenant = c.tenant AND k.case_id = c.id AND k.current = 1),
               {case}
        FROM (SELECT 1) one LEFT JOIN (cases c JOIN ({NAMED}) named USING (tenant, id)) ON true
        $$""")


def _lock_cases() -> None:
    """Two statements, for the reason that 0001 gives."""
    op.execute(f"""
        CREATE OR REPLACE FUNCTION lock_cases_{VERSION}({KEYS}) RETURNS TABLE ({SHAPE}, busy json)
        LANGUAGE plpgsql AS $$
        #variable_conflict use_column
        DECLARE
            taken json;
        BEGIN
            PERFORM 1 FROM cases JOIN ({NAMED}) named USING (tenant, id) ORDER BY tenant, id FOR UPDATE OF cases;
            SELECT json_agg(json_build_array(k.tenant, k.subject, k.key)) INTO taken FROM {ASKED}
            WHERE NOT pg_try_advisory_xact_lock(
                hashtextextended(CAST(json_build_array(k.tenant, k.subject, k.key) AS text), 0));
            RETURN QUERY SELECT r.*, taken FROM read_cases_{VERSION}(
                id_tenants, ids, ref_tenants, types, refs, key_tenants, subjects, keys) r;
        END $$""")


def _lock_due() -> None:
    """From then on the transaction is about these tenants."""
    op.execute(f"""
        CREATE OR REPLACE FUNCTION lock_due_{VERSION}(most bigint) RETURNS TABLE ({SHAPE})
        LANGUAGE plpgsql AS $$
        DECLARE
            taken record;
        BEGIN
            SELECT t.tenants, t.ids INTO taken FROM take_due(most) t;
            PERFORM set_config('stateward.tenants', CAST(taken.tenants AS text), true);
            RETURN QUERY SELECT * FROM read_cases_{VERSION}(
                taken.tenants, taken.ids, NULL, NULL, NULL, NULL, NULL, NULL);
        END $$""")


def _read_within() -> None:
    """In one round trip, without planning anew."""
    op.execute(f"""
        CREATE OR REPLACE FUNCTION read_within_{VERSION}(tenants text[], {NAMES}) RETURNS TABLE ({SHAPE})
        LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
        BEGIN
            PERFORM set_config('stateward.tenants', CAST(tenants AS text), true);
            RETURN QUERY SELECT * FROM read_cases_{VERSION}(
                id_tenants, ids, ref_tenants, types, refs, NULL, NULL, NULL);
        END $$""")


def _count(moment: str) -> str:
    """Microseconds since 1970."""
    return f"CAST(extract(epoch FROM {moment}) * 1000000 AS bigint)"
