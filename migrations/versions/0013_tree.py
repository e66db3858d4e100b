"""Keep the tree over each tenant's log as full tiles, and the checkpoints of it that were signed.

Tiles of a log that is there already are made afterwards, beside the service: nothing here reads an entry. The release
before knows of none of this.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = {
    "audit_tile": ("tenant", "level", "tile_index"),
    "audit_checkpoint": ("tenant", "size"),
}
"""With their keys."""
HASH = 32
WIDTH = 256


def upgrade() -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    word, count, moment, blob = (
        ('varchar COLLATE "C"', "bigint", "timestamptz", "bytea")
        if on_postgres
        else ("TEXT", "INTEGER", "INTEGER", "BLOB")
    )
    columns = {
        "audit_tile": f"tenant {word} NOT NULL, level {count} NOT NULL, tile_index {count} NOT NULL, "
        f"root {blob} NOT NULL, hashes {blob} NOT NULL",
        "audit_checkpoint": f"tenant {word} NOT NULL, size {count} NOT NULL, root {blob} NOT NULL, "
        f"note {word} NOT NULL, at {moment} NOT NULL",
    }
    for table, key in TABLES.items():
        op.execute(f"""
            CREATE TABLE IF NOT EXISTS {table} ({columns[table]}, PRIMARY KEY ({", ".join(key)}))
            {"" if on_postgres else "STRICT"}""")
    op.execute(f"""
        CREATE TABLE IF NOT EXISTS log_signer (
            id {count} NOT NULL PRIMARY KEY, holder {word}, ends_at {moment}, problem {word},
            CONSTRAINT one_log_signer CHECK (id = 1)) {"" if on_postgres else "STRICT, WITHOUT ROWID"}""")
    op.execute("INSERT INTO log_signer (id) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM log_signer)")
    if on_postgres:
        _guard_on_postgres()
        _hold_tiles()
        _hold_checkpoints()
        _tell_heads()
    else:
        _guard_on_sqlite()


def _guard_on_postgres() -> None:
    """As the tables of the log: the service inserts and reads, of the tenants that its transaction named."""
    named = "(SELECT CAST(NULLIF(current_setting('stateward.tenants', true), '') AS text[]))"
    theirs = f"(array_position({named}, tenant) IS NOT NULL)"
    for table in TABLES:
        op.execute(f"""
            CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"DROP POLICY IF EXISTS of_named_tenants ON {table}")
        op.execute(f"CREATE POLICY of_named_tenants ON {table} TO stateward_service USING {theirs} WITH CHECK {theirs}")
        op.execute(f"DROP POLICY IF EXISTS the_owner_may_select ON {table}")
        op.execute(f"CREATE POLICY the_owner_may_select ON {table} FOR SELECT TO stateward_owner USING (true)")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO stateward_service")
    op.execute("GRANT SELECT, UPDATE ON log_signer TO stateward_service")


def _function(name: str, declared: str, body: str, returns: str = "trigger") -> None:
    """Of the owner's: it sees what the service may not."""
    given = "SET search_path = public, pg_temp SET enable_seqscan = off SET enable_hashjoin = off"
    op.execute(f"""
        CREATE OR REPLACE FUNCTION {name} RETURNS {returns} LANGUAGE plpgsql SECURITY DEFINER {given} AS $$
        #variable_conflict use_column
        {declared}BEGIN
            {body}
        END $$""")


def _hold_tiles() -> None:
    """A tile that says something else than the log could not be put right again, and would stop the signing."""
    _function(
        "hold_tiles()",
        "DECLARE one record; below bytea; parts bytea[]; wide int; ",
        f"""
            FOR one IN SELECT * FROM added LOOP
                IF one.level = 0 THEN
                    SELECT string_agg(decode(e.entry_hash, 'hex'), '' ORDER BY l.leaf_index) INTO below
                    FROM audit_leaf l JOIN audit_entry e ON e.tenant = l.tenant AND e.entry_id = l.entry_id
                    WHERE l.tenant = one.tenant AND l.leaf_index >= one.tile_index * {WIDTH}
                    AND l.leaf_index < (one.tile_index + 1) * {WIDTH};
                ELSE
                    SELECT string_agg(t.root, '' ORDER BY t.tile_index) INTO below FROM audit_tile t
                    WHERE t.tenant = one.tenant AND t.level = one.level - 1
                    AND t.tile_index >= one.tile_index * {WIDTH} AND t.tile_index < (one.tile_index + 1) * {WIDTH};
                END IF;
                IF below IS DISTINCT FROM one.hashes OR octet_length(below) <> {WIDTH * HASH} THEN
                    RAISE EXCEPTION 'the tile says something else than the log'
                    USING ERRCODE = 'integrity_constraint_violation';
                END IF;
                SELECT array_agg(substr(below, n * {HASH} + 1, {HASH}) ORDER BY n) INTO parts
                FROM generate_series(0, {WIDTH} - 1) n;
                wide := {WIDTH};
                WHILE wide > 1 LOOP
                    SELECT array_agg(sha256(CAST('\\x01' AS bytea) || parts[n] || parts[n + 1]) ORDER BY n) INTO parts
                    FROM generate_series(1, wide, 2) n;
                    wide := wide / 2;
                END LOOP;
                IF parts[1] IS DISTINCT FROM one.root THEN
                    RAISE EXCEPTION 'the tile has another root than its hashes'
                    USING ERRCODE = 'integrity_constraint_violation';
                END IF;
            END LOOP;
            RETURN NULL;""",
    )
    op.execute("""
        CREATE OR REPLACE TRIGGER tiles_held AFTER INSERT ON audit_tile REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION hold_tiles()""")


def _hold_checkpoints() -> None:
    """One of more entries than there are would be the latest for ever."""
    _function(
        "hold_checkpoints()",
        "",
        """
            IF EXISTS (SELECT FROM added a WHERE a.size < 1 OR NOT EXISTS (
                SELECT FROM audit_leaf l WHERE l.tenant = a.tenant AND l.leaf_index = a.size - 1)) THEN
                RAISE EXCEPTION 'a checkpoint is of entries that are there'
                USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NULL;""",
    )
    op.execute("""
        CREATE OR REPLACE TRIGGER checkpoints_held AFTER INSERT ON audit_checkpoint REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION hold_checkpoints()""")


def _tell_heads() -> None:
    """How long each tenant's log is and how much of it is signed: the signer is about all of them."""
    _function(
        "log_heads(beyond text, most bigint)",
        "",
        """
            RETURN QUERY
            WITH RECURSIVE each (tenant) AS (
                (SELECT l.tenant FROM audit_leaf l WHERE l.tenant > beyond ORDER BY l.tenant LIMIT 1)
                UNION ALL
                SELECT (SELECT l.tenant FROM audit_leaf l WHERE l.tenant > e.tenant ORDER BY l.tenant LIMIT 1)
                FROM each e WHERE e.tenant IS NOT NULL
            )
            SELECT CAST(e.tenant AS text),
                   (SELECT max(l.leaf_index) + 1 FROM audit_leaf l WHERE l.tenant = e.tenant),
                   (SELECT coalesce(max(c.size), 0) FROM audit_checkpoint c WHERE c.tenant = e.tenant)
            FROM each e WHERE e.tenant IS NOT NULL LIMIT most;""",
        returns="TABLE (tenant text, size bigint, signed bigint)",
    )
    op.execute("REVOKE ALL ON FUNCTION log_heads FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION log_heads TO stateward_service")


def _guard_on_sqlite() -> None:
    """INSERT OR REPLACE deletes the row in the way without a DELETE trigger."""
    for table, key in TABLES.items():
        for change in ("UPDATE", "DELETE"):
            op.execute(f"""
                CREATE TRIGGER IF NOT EXISTS {table}_refuses_{change.lower()} BEFORE {change} ON {table}
                BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END""")
        same = " AND ".join(f"{name} = NEW.{name}" for name in key)
        op.execute(f"""
            CREATE TRIGGER IF NOT EXISTS {table}_refuses_replacing BEFORE INSERT ON {table}
            WHEN EXISTS (SELECT 1 FROM {table} WHERE {same} UNION ALL SELECT 1 FROM {table} WHERE rowid = NEW.rowid)
            BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: {table} has that key'); END""")
    for change, word in (("DELETE", "stay"), ("INSERT", "stay")):
        op.execute(f"""
            CREATE TRIGGER IF NOT EXISTS log_signer_refuses_{change.lower()} BEFORE {change} ON log_signer
            BEGIN SELECT RAISE(ABORT, 'rows of log_signer {word}'); END""")
