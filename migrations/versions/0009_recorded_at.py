"""Keep when the newest entry of a case was written in a column of its own: the others say when it happened.

Until here `opened_at`, `changed_at` and `closed_at` were the moments of entries, also where those say that it happened
earlier. NULL in the new column means `changed_at`: what the release before writes, and what all cases mean that never
were told of the past, so that only the others are written anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

VERSION = 3
"""Of the functions that read cases, in their names (0003 tells why)."""
BEFORE = 2
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
NEW = {"recorded_at": "timestamptz"}
NAMES = "id_tenants text[], ids text[], ref_tenants text[], types text[], refs text[]"
KEYS = f"{NAMES}, key_tenants text[], subjects text[], keys text[]"
NAMED = """
    SELECT c.tenant, c.id FROM cases c JOIN unnest(id_tenants, ids) k (tenant, id) USING (tenant, id)
    UNION
    SELECT c.tenant, c.id FROM cases c
    JOIN unnest(ref_tenants, types, refs) k (tenant, case_type, reference) USING (tenant, case_type, reference)"""
OLDEST = "SELECT CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text)"
ASKED = "unnest(key_tenants, subjects, keys) k (tenant, subject, key)"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _fill_on_postgres()
        _read_as_before()
        _read_cases(VERSION, {**CASE, **NEW})
        _lock_cases()
        _lock_due()
        _read_within()
    else:
        _fill_on_sqlite()


def _fill_on_postgres() -> None:
    """The log is looked through before anybody has to wait. What was committed meanwhile is known by the transaction
    that wrote the row of its case: none that the look did not see is older than the oldest that ran when it began."""
    with op.get_context().autocommit_block():  # and what the migrations before this one hold is free again
        oldest = op.get_bind().exec_driver_sql(OLDEST).scalar_one()
    word = 'text COLLATE "C"'
    op.execute(f"CREATE TABLE told_late (tenant {word}, case_id {word}, PRIMARY KEY (tenant, case_id))")
    _find_cases()
    op.execute("ALTER TABLE cases ADD COLUMN IF NOT EXISTS recorded_at timestamptz")
    op.execute(f"""
        INSERT INTO told_late (tenant, case_id) SELECT tenant, id FROM cases
        WHERE age(xmin) <= age(CAST(CAST('{int(oldest)}' AS xid8) AS xid)) ON CONFLICT DO NOTHING""")
    op.execute("ANALYZE told_late")
    op.execute("ALTER TABLE cases DISABLE TRIGGER seq_grows")
    _fill("least", "greatest", "CAST(CAST(e.entry AS json) ->> 'occurred_at' AS timestamptz)")
    op.execute("ALTER TABLE cases ENABLE ALWAYS TRIGGER seq_grows")
    op.execute("DROP TABLE told_late")


def _fill_on_sqlite() -> None:
    op.execute("""
        CREATE TABLE told_late (tenant TEXT NOT NULL, case_id TEXT NOT NULL, PRIMARY KEY (tenant, case_id))
        STRICT, WITHOUT ROWID""")
    _find_cases()
    if "recorded_at" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("cases")}:
        op.execute("ALTER TABLE cases ADD COLUMN recorded_at INTEGER")
    op.execute("DROP TRIGGER cases_seq_grows")
    told = "json_extract(e.entry, '$.occurred_at')"
    microseconds = f"unixepoch(substr({told}, 1, 19)) * 1000000 + CAST(substr({told}, 21, 6) AS INTEGER)"
    _fill("min", "max", f"coalesce({microseconds}, e.at)")
    op.execute("""
        CREATE TRIGGER cases_seq_grows BEFORE UPDATE ON cases WHEN NEW.seq <= OLD.seq
        BEGIN SELECT RAISE(ABORT, 'the seq of a case only grows'); END""")
    op.execute("DROP TABLE told_late")


def _find_cases() -> None:
    """Entries are canonical JSON, so that no space stands between a name and its colon."""
    place_of = "strpos" if op.get_bind().dialect.name == "postgresql" else "instr"
    op.execute(f"""
        INSERT INTO told_late (tenant, case_id) SELECT DISTINCT tenant, case_id FROM audit_entry
        WHERE case_seq IS NOT NULL AND {place_of}(entry, '"occurred_at":') > 0""")


def _fill(least: str, greatest: str, occurred_at: str) -> None:
    """As a fold of their entries: what is told of the future happened when it was recorded, and what is told late
    takes nothing back."""
    op.execute(f"""
        WITH each AS (
            SELECT e.tenant, e.case_id, e.case_seq, e.at, {least}(e.at, {occurred_at}) AS happened,
                   max(CASE WHEN e.kind IN ('opened', 'transition') THEN e.case_seq END)
                       OVER (PARTITION BY e.tenant, e.case_id) AS last_move
            FROM told_late t JOIN audit_entry e ON e.tenant = t.tenant AND e.case_id = t.case_id
            WHERE e.case_seq IS NOT NULL
        ), told AS (
            SELECT tenant, case_id, max(at) AS recorded_at, max(happened) AS changed_at,
                   max(CASE WHEN case_seq = 1 THEN happened END) AS opened_at,
                   max(CASE WHEN case_seq = last_move THEN happened END) AS moved_at
            FROM each GROUP BY tenant, case_id
        )
        UPDATE cases AS c SET recorded_at = told.recorded_at, opened_at = told.opened_at, changed_at = told.changed_at,
            closed_at = CASE WHEN c.closed_at IS NOT NULL THEN {greatest}(told.opened_at, told.moved_at) END
        FROM told WHERE c.tenant = told.tenant AND c.id = told.case_id""")


def _read_as_before() -> None:
    """The release before keeps entries in order by `changed_at`, so that this is what it is given as such."""
    _read_cases(BEFORE, CASE, changed_at="greatest(c.recorded_at, c.changed_at)")


def _shape(case: dict[str, str]) -> str:
    read = {
        "read_at": "timestamptz",
        "policy_version": "bigint",
        **dict.fromkeys(("answers", "acted", "roles", "clocks"), "json"),
        **case,
    }
    return ", ".join(f"{name} {kind}" for name, kind in read.items())


def _read_cases(version: int, case: dict[str, str], **others: str) -> None:
    """The body is that of 0003."""
    columns = ", ".join(others.get(name, f"c.{name}") for name in case)
    op.execute(f"""
        CREATE OR REPLACE FUNCTION read_cases_{version}({KEYS}) RETURNS TABLE ({_shape(case)})
        LANGUAGE sql STABLE AS $$
        SELECT clock_timestamp(),
               (SELECT version FROM policy_state),
               CASE WHEN row_number() OVER () = 1 THEN (
                   SELECT json_agg(json_build_array(i.tenant, i.subject, i.key, i.fingerprint, CAST(i.answer AS json),
                          {_count("i.expires_at")}))
                   FROM idempotency i JOIN {ASKED} USING (tenant, subject, key)
                   WHERE i.expires_at > clock_timestamp()
               ) END,
               (SELECT json_agg(json_build_array(a.event, a.subject)) FROM case_actor a
                WHERE a.tenant = c.tenant AND a.case_id = c.id),
               (SELECT json_agg(json_build_array(r.subject, r.role)) FROM case_role r
                WHERE r.tenant = c.tenant AND r.case_id = c.id),
               (SELECT json_agg(json_build_array(k.name, k.cycle, k.case_type, k.status, {_count("k.due_at")},
                       {_count("k.next_fire_at")}, {_count("k.breached_at")}, CAST(k.facts AS json)) ORDER BY k.name)
                FROM clock k WHERE k.tenant = c.tenant AND k.case_id = c.id AND k.current = 1),
               {columns}
        FROM (SELECT 1) one LEFT JOIN (cases c JOIN ({NAMED}) named USING (tenant, id)) ON true
        $$""")


def _lock_cases() -> None:
    """Two statements, for the reason that 0001 gives."""
    op.execute(f"""
        CREATE OR REPLACE FUNCTION lock_cases_{VERSION}({KEYS})
        RETURNS TABLE ({_shape({**CASE, **NEW})}, busy json) LANGUAGE plpgsql AS $$
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
        CREATE OR REPLACE FUNCTION lock_due_{VERSION}(most bigint) RETURNS TABLE ({_shape({**CASE, **NEW})})
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
        CREATE OR REPLACE FUNCTION read_within_{VERSION}(tenants text[], {NAMES})
        RETURNS TABLE ({_shape({**CASE, **NEW})})
        LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
        BEGIN
            PERFORM set_config('stateward.tenants', CAST(tenants AS text), true);
            RETURN QUERY SELECT * FROM read_cases_{VERSION}(
                id_tenants, ids, ref_tenants, types, refs, NULL, NULL, NULL);
        END $$""")


def _count(moment: str) -> str:
    """Microseconds since 1970."""
    return f"CAST(extract(epoch FROM {moment}) * 1000000 AS bigint)"
