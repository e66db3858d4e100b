"""Keep exports that somebody asked for by the API: what was asked, how far it is, and the bytes in pieces.

No table of the log: what was asked for stands there, and this is forgotten after a while. The release before knows of
none of it.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATES = "state IN ('asked', 'queued', 'making', 'done', 'failed', 'stopped')"
WORDS = ("tenant", "id", "subject", "who", "format", "filter", "state")
MOMENTS = ("asked_at", "held_until", "ends_at")
NUMBERS = ("tree_size", "looked_at", "entries", "size", "tries")
UNLESS_KNOWN = ("holder", "sha256", "problem")
SEEN = "SELECT tenant, id, state, held_until, ends_at FROM export_job"


def upgrade() -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    word, count, moment, blob, kind = (
        ('varchar COLLATE "C"', "bigint", "timestamptz", "bytea", "")
        if on_postgres
        else ("TEXT", "INTEGER", "INTEGER", "BLOB", "STRICT")
    )
    json = "text" if on_postgres else word
    columns = [f"{name} {json if name in ('who', 'filter') else word} NOT NULL" for name in WORDS]
    columns += [f"{name} {moment} NOT NULL" for name in MOMENTS]
    columns += [f"{name} {count} NOT NULL" for name in NUMBERS]
    columns += [f"{name} {word}" for name in UNLESS_KNOWN]
    op.execute(f"""
        CREATE TABLE IF NOT EXISTS export_job ({", ".join(columns)}, PRIMARY KEY (tenant, id),
        CONSTRAINT state_of_an_export_is_known CHECK ({STATES})) {kind}""")
    op.execute(f"""
        CREATE TABLE IF NOT EXISTS export_piece (
        tenant {word} NOT NULL, export {word} NOT NULL, attempt {count} NOT NULL, n {count} NOT NULL,
        content {blob} NOT NULL, PRIMARY KEY (tenant, export, attempt, n),
        CONSTRAINT a_piece_has_an_export FOREIGN KEY (tenant, export) REFERENCES export_job (tenant, id)) {kind}""")
    op.execute("CREATE INDEX IF NOT EXISTS exports_of_a_person ON export_job (tenant, subject, id)")
    if on_postgres:
        _build_walls()
        op.execute(f"CREATE OR REPLACE VIEW every_export AS {SEEN}")
        op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON export_job TO stateward_service")
        op.execute("GRANT SELECT, INSERT, DELETE ON export_piece TO stateward_service")
        op.execute("GRANT SELECT ON every_export TO stateward_service")
    else:
        op.execute(f"CREATE VIEW IF NOT EXISTS every_export AS {SEEN}")
        op.execute("""
            CREATE TRIGGER IF NOT EXISTS export_piece_refuses_update BEFORE UPDATE ON export_piece
            BEGIN SELECT RAISE(ABORT, 'pieces of an export stay'); END""")


def _build_walls() -> None:
    """As those of the first migration: `array_position` for the reason that it has there."""
    named = "(SELECT CAST(NULLIF(current_setting('stateward.tenants', true), '') AS text[]))"
    theirs = f"(array_position({named}, tenant) IS NOT NULL)"
    for table in ("export_job", "export_piece"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"DROP POLICY IF EXISTS of_named_tenants ON {table}")
        op.execute(f"CREATE POLICY of_named_tenants ON {table} TO stateward_service USING {theirs} WITH CHECK {theirs}")
    op.execute("DROP POLICY IF EXISTS the_owner_may_select ON export_job")
    op.execute("CREATE POLICY the_owner_may_select ON export_job FOR SELECT TO stateward_owner USING (true)")
