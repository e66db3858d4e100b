"""Keep of each content whether somebody looked at it and what was found; the release before asks for none of it."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STATES = "state IN ('unchecked', 'clean', 'infected')"
OF_A_CONTENT = "FOREIGN KEY (tenant, sha256) REFERENCES blob (tenant, sha256) ON DELETE CASCADE"
WAITING = "CREATE INDEX IF NOT EXISTS scans_waiting ON blob_scan (next_at) WHERE state = 'unchecked'"
SEEN = "SELECT tenant, sha256, kept_at, next_at FROM blob_scan WHERE state = 'unchecked'"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _on_postgres()
    else:
        _on_sqlite()


def _on_postgres() -> None:
    word = 'varchar COLLATE "C"'
    op.execute(f"""
        CREATE TABLE IF NOT EXISTS blob_scan (
            tenant {word} NOT NULL, sha256 {word} NOT NULL,
            state {word} NOT NULL CONSTRAINT state_is_known CHECK ({STATES}),
            kept_at timestamptz NOT NULL, next_at timestamptz NOT NULL, tries bigint NOT NULL,
            looked_at timestamptz, found {word}, PRIMARY KEY (tenant, sha256),
            CONSTRAINT a_scan_has_its_content {OF_A_CONTENT})""")
    op.execute(WAITING)
    _build_walls()
    op.execute(f"CREATE OR REPLACE VIEW every_scan AS {SEEN}")
    op.execute("GRANT SELECT, INSERT, UPDATE ON blob_scan TO stateward_service")
    op.execute("GRANT SELECT ON every_scan TO stateward_service")


def _build_walls() -> None:
    """As those of the first migration: `array_position` for the reason that it has there."""
    named = "(SELECT CAST(NULLIF(current_setting('stateward.tenants', true), '') AS text[]))"
    theirs = f"(array_position({named}, tenant) IS NOT NULL)"
    op.execute("ALTER TABLE blob_scan ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE blob_scan FORCE ROW LEVEL SECURITY")
    op.execute("DROP POLICY IF EXISTS of_named_tenants ON blob_scan")
    op.execute(f"CREATE POLICY of_named_tenants ON blob_scan TO stateward_service USING {theirs} WITH CHECK {theirs}")
    op.execute("DROP POLICY IF EXISTS the_owner_may_select ON blob_scan")
    op.execute("CREATE POLICY the_owner_may_select ON blob_scan FOR SELECT TO stateward_owner USING (true)")


def _on_sqlite() -> None:
    op.execute(f"""
        CREATE TABLE IF NOT EXISTS blob_scan (
            tenant TEXT NOT NULL, sha256 TEXT NOT NULL, state TEXT NOT NULL CONSTRAINT state_is_known CHECK ({STATES}),
            kept_at INTEGER NOT NULL, next_at INTEGER NOT NULL, tries INTEGER NOT NULL,
            looked_at INTEGER, found TEXT, PRIMARY KEY (tenant, sha256),
            CONSTRAINT a_scan_has_its_content {OF_A_CONTENT}) STRICT""")
    op.execute(WAITING)
    op.execute(f"CREATE VIEW IF NOT EXISTS every_scan AS {SEEN}")
    op.execute("""
        CREATE TRIGGER IF NOT EXISTS scan_refuses_delete BEFORE DELETE ON blob_scan
        WHEN EXISTS (SELECT 1 FROM blob WHERE tenant = OLD.tenant AND sha256 = OLD.sha256)
        BEGIN SELECT RAISE(ABORT, 'what a scanner said of a file goes with the file'); END""")
