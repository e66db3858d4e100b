"""Let triggers of PostgreSQL hold an entry to its hash, its columns, its chain and its case, and queue it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SAYS = {
    **dict.fromkeys(("tenant", "entry_id", "kind", "case_id", "source", "target", "prev"), 'text COLLATE "C"'),
    "case_seq": "bigint",
    "at": "timestamptz",
}
"""What stands in the text of an entry and in a column too."""
COLUMNS = {"prev": "prev_hash"}
MOST_LOOKED_AT = 1_000


def _hash(before: str, text: str) -> str:
    """SHA-256 over bytes in hex and a text."""
    return f"encode(sha256(decode('{before}', 'hex') || convert_to({text}, 'UTF8')), 'hex')"


_OWNER = "'[' || to_json(a.tenant) || ',' || to_json(a.case_id) || ',' || to_json(t.definition ->> 'hash') || ']'"
ORIGIN = _hash(b"stateward-case/1\0".hex(), _OWNER)
"""What the first entry of a case follows."""


def upgrade() -> None:
    held = sa.Column("held", COUNT, primary_key=True, autoincrement=False)
    op.create_table("log_turn", held, sqlite_strict=True, if_not_exists=True)
    _tell_what_waits()
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("GRANT SELECT ON log_waiting TO stateward_service")
    _hold_entries()
    _hold_cases()
    _hold_pending()
    _sequence()


def _tell_what_waits() -> None:
    """Of all tenants; of some, for a queue that nobody empties may be long."""
    op.execute("DROP VIEW IF EXISTS log_waiting")
    op.execute(f"""
        CREATE VIEW log_waiting AS SELECT min(e.at) AS since
        FROM (SELECT tenant, entry_id FROM audit_pending LIMIT {MOST_LOOKED_AT}) p
        JOIN audit_entry e ON e.tenant = p.tenant AND e.entry_id = p.entry_id""")


def _function(name: str, declared: str, body: str, returns: str = "trigger", settings: tuple[str, ...] = ()) -> None:
    """Of the owner's: it sees what the service may not, and not only the tenants that a transaction named."""
    given = " ".join(f"SET {one}" for one in ("search_path = public, pg_temp", *settings))
    op.execute(f"""
        CREATE OR REPLACE FUNCTION {name} RETURNS {returns} LANGUAGE plpgsql SECURITY DEFINER {given} AS $$
        {declared}BEGIN
            {body}
        END $$""")


def _hold_entries() -> None:
    """Once per statement. What comes in one statement may follow one another in one chain.

    The hash is no CHECK: that would either be tried on all that is there, or stand as NOT VALID, which SQLAlchemy 2.0
    cannot reflect.
    """
    said = ", ".join(f"{name} {kind}" for name, kind in SAYS.items())
    wrong = {
        "has another hash than its text": f"a.entry_hash <> {_hash('00', 'a.entry')}",
        "says something else than its columns": " OR ".join(
            f"t.{name} IS DISTINCT FROM a.{COLUMNS.get(name, name)}" for name in SAYS
        ),
        "does not follow the one before it": f"""(a.prev_hash IS NULL) <> (a.case_seq IS NULL)
            OR a.prev_hash IS DISTINCT FROM CASE WHEN a.case_seq = 1 THEN {ORIGIN} WHEN a.case_seq > 1 THEN (
                SELECT b.entry_hash FROM audit_entry b
                WHERE b.tenant = a.tenant AND b.case_id = a.case_id AND b.case_seq = a.case_seq - 1) END""",
    }
    cases = " ".join(f"WHEN {condition} THEN '{words}'" for words, condition in wrong.items())
    _function(
        "hold_entries()",
        "DECLARE wrong text; ",
        f"""
            SELECT 'the entry ' || w.entry_id || ' ' || w.fault INTO wrong FROM (
                SELECT a.entry_id, CASE {cases} END AS fault FROM added a
                CROSS JOIN LATERAL json_to_record(CAST(a.entry AS json)) AS t ({said}, definition json)) w
            WHERE w.fault IS NOT NULL LIMIT 1;
            IF wrong IS NOT NULL THEN
                RAISE EXCEPTION '%', wrong USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            INSERT INTO audit_pending (tenant, entry_id) SELECT tenant, entry_id FROM added ON CONFLICT DO NOTHING;
            RETURN NULL;""",
        settings=("enable_seqscan = off",),
    )
    op.execute("DROP POLICY IF EXISTS the_owner_may_insert ON audit_pending")
    op.execute("CREATE POLICY the_owner_may_insert ON audit_pending FOR INSERT TO stateward_owner WITH CHECK (true)")
    op.execute("""
        CREATE OR REPLACE TRIGGER entries_held AFTER INSERT ON audit_entry REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION hold_entries()""")


def _hold_cases() -> None:
    _function(
        "hold_cases()",
        "DECLARE wrong text; ",
        """
            SELECT c.id INTO wrong FROM stands c WHERE c.last_hash IS DISTINCT FROM (
                SELECT e.entry_hash FROM audit_entry e
                WHERE e.tenant = c.tenant AND e.case_id = c.id AND e.case_seq = c.seq)
            LIMIT 1;
            IF wrong IS NOT NULL THEN
                RAISE EXCEPTION 'the last_hash of the case % is not that of its entry', wrong
                USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NULL;""",
        settings=("enable_seqscan = off",),
    )
    for change in ("INSERT", "UPDATE"):
        op.execute(f"""
            CREATE OR REPLACE TRIGGER last_hash_held_on_{change.lower()} AFTER {change} ON cases
            REFERENCING NEW TABLE AS stands FOR EACH STATEMENT EXECUTE FUNCTION hold_cases()""")


def _hold_pending() -> None:
    """The release before writes these rows itself. What the owner's trigger writes needs no second look."""
    _function(
        "hold_pending()",
        "",
        """
            IF EXISTS (SELECT FROM audit_entry e WHERE e.tenant = NEW.tenant AND e.entry_id = NEW.entry_id)
               AND NOT EXISTS (SELECT FROM audit_leaf l WHERE l.tenant = NEW.tenant AND l.entry_id = NEW.entry_id) THEN
                RETURN NULL;
            END IF;
            RAISE EXCEPTION 'no entry % waits for its place', NEW.entry_id
            USING ERRCODE = 'integrity_constraint_violation';""",
    )
    op.execute("DROP TRIGGER IF EXISTS pending_held ON audit_pending")
    op.execute("""
        CREATE CONSTRAINT TRIGGER pending_held AFTER INSERT ON audit_pending DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (current_user <> 'stateward_owner') EXECUTE FUNCTION hold_pending()""")


def _sequence() -> None:
    """As 0001 has it, but for two things. The turn is a lock that only who owns `log_turn` may ask for, while any
    login may take an advisory one; the release before calls this function, so that there is one kind of turn. And rows
    that say nothing, without an entry or with one that has its place, go without stopping the others.

    The turn is asked for in a statement of its own: the next one sees what the last sequencer committed.
    """
    plans = ("join_collapse_limit = 1", *(f"enable_{one} = off" for one in ("seqscan", "hashjoin", "mergejoin")))
    _function(
        "sequence_log(most bigint)",
        "DECLARE moved bigint; grown text[]; ",
        """
            BEGIN
                LOCK TABLE log_turn IN SHARE UPDATE EXCLUSIVE MODE NOWAIT;
            EXCEPTION WHEN lock_not_available THEN
                RETURN 0;
            END;
            WITH RECURSIVE waiting (tenant) AS (
                SELECT min(tenant) FROM audit_pending
                UNION ALL
                SELECT (SELECT min(p.tenant) FROM audit_pending p WHERE p.tenant > w.tenant) FROM waiting w
                WHERE w.tenant IS NOT NULL
            ), first (tenant, entry_id, waits) AS MATERIALIZED (
                SELECT w.tenant, p.entry_id, p.waits FROM waiting w
                CROSS JOIN LATERAL (SELECT p.entry_id, p.ctid AS waits FROM audit_pending p WHERE p.tenant = w.tenant
                                    ORDER BY p.entry_id LIMIT most) p
            ), taken (tenant, entry_id, case_id, case_seq, at, waits) AS (
                SELECT e.tenant, e.entry_id, e.case_id, e.case_seq, e.at, f.waits FROM first f
                JOIN audit_entry e ON e.tenant = f.tenant AND e.entry_id = f.entry_id
                UNION
                SELECT e.tenant, e.entry_id, e.case_id, e.case_seq, e.at, p.ctid FROM taken t
                JOIN audit_entry e ON e.tenant = t.tenant AND e.case_id = t.case_id AND e.case_seq = t.case_seq - 1
                JOIN audit_pending p ON p.tenant = e.tenant AND p.entry_id = e.entry_id
            ), reached AS (
                SELECT *, CASE WHEN case_seq IS NULL THEN at ELSE max(at) OVER (
                    PARTITION BY tenant, case_id, case_seq IS NULL ORDER BY case_seq) END AS moment FROM taken t
                WHERE NOT EXISTS (SELECT FROM audit_leaf l WHERE l.tenant = t.tenant AND l.entry_id = t.entry_id)
            ), placed AS (
                SELECT tenant, entry_id, row_number() OVER (
                    PARTITION BY tenant ORDER BY moment, case_id, case_seq, entry_id) - 1 AS place FROM reached
            ), ended AS MATERIALIZED (
                SELECT w.tenant, coalesce((SELECT max(l.leaf_index) + 1 FROM audit_leaf l WHERE l.tenant = w.tenant), 0)
                    AS size FROM waiting w
            ), gone AS (
                DELETE FROM audit_pending p
                WHERE p.ctid = ANY (ARRAY(SELECT waits FROM first UNION SELECT waits FROM taken))
            ), appended AS MATERIALIZED (
                INSERT INTO audit_leaf (tenant, leaf_index, entry_id)
                SELECT d.tenant, e.size + d.place, d.entry_id FROM placed d JOIN ended e ON e.tenant = d.tenant
                RETURNING tenant
            )
            SELECT count(*), array_agg(DISTINCT tenant) INTO moved, grown FROM appended;
            PERFORM pg_notify('stateward_log', tenant) FROM unnest(grown) tenant;
            RETURN moved;""",
        returns="bigint",
        settings=plans,
    )
