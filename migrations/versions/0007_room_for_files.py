"""Know which uploads go on and how many bytes each tenant has, so that a refused one gives its bytes back at once."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COUNTED = ("blob", "blob_upload")
"""Where bytes stand; `size` says how many."""


def upgrade() -> None:
    """The release before counts along by the triggers. It leaves `claimed_at` as it was when it keeps bytes again."""
    if op.get_bind().dialect.name == "postgresql":
        _on_postgres()
    else:
        _on_sqlite()
    op.execute("DELETE FROM blob_usage")
    op.execute("""
        INSERT INTO blob_usage (tenant, size) SELECT tenant, sum(size) FROM (
            SELECT tenant, size FROM blob UNION ALL SELECT tenant, size FROM blob_upload) every GROUP BY tenant""")


def _on_postgres() -> None:
    op.execute("ALTER TABLE blob ADD COLUMN IF NOT EXISTS claimed_at timestamptz")
    op.execute("CREATE INDEX IF NOT EXISTS blobs_by_upload ON blob (tenant, upload) WHERE upload IS NOT NULL")
    word = 'varchar COLLATE "C"'
    op.execute(f"""
        CREATE TABLE IF NOT EXISTS blob_upload (tenant {word} NOT NULL, upload {word} NOT NULL, size bigint NOT NULL,
            sha256 {word}, PRIMARY KEY (tenant, upload))""")
    op.execute(f"CREATE TABLE IF NOT EXISTS blob_usage (tenant {word} PRIMARY KEY, size bigint NOT NULL)")
    _build_walls()
    _count_on_postgres()
    op.execute("CREATE OR REPLACE VIEW every_upload AS SELECT tenant, upload FROM blob_upload")
    op.execute("GRANT UPDATE (claimed_at) ON blob TO stateward_service")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON blob_upload TO stateward_service")
    op.execute("GRANT SELECT ON blob_usage, every_upload TO stateward_service")


def _build_walls() -> None:
    """As those of the first migration: `array_position` for the reason that it has there."""
    named = "(SELECT CAST(NULLIF(current_setting('stateward.tenants', true), '') AS text[]))"
    theirs = f"(array_position({named}, tenant) IS NOT NULL)"
    owners = {"blob_upload": ("SELECT",), "blob_usage": ("SELECT", "INSERT", "UPDATE", "DELETE")}
    for table, commands in owners.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"DROP POLICY IF EXISTS of_named_tenants ON {table}")
        op.execute(f"CREATE POLICY of_named_tenants ON {table} TO stateward_service USING {theirs} WITH CHECK {theirs}")
        for command in commands:
            name = f"the_owner_may_{command.lower()}"
            clause = "WITH CHECK" if command == "INSERT" else "USING"
            op.execute(f"DROP POLICY IF EXISTS {name} ON {table}")
            op.execute(f"CREATE POLICY {name} ON {table} FOR {command} TO stateward_owner {clause} (true)")


def _count_on_postgres() -> None:
    """It runs as the owner: nobody else writes what is counted. Whoever adds bytes holds the row of their tenant until
    they commit, so two cannot take the same room."""
    op.execute("""
        CREATE OR REPLACE FUNCTION count_bytes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
        DECLARE
            whose text := CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant ELSE NEW.tenant END;
            more bigint := 0;
        BEGIN
            IF TG_OP <> 'DELETE' THEN more := more + NEW.size; END IF;
            IF TG_OP <> 'INSERT' THEN more := more - OLD.size; END IF;
            INSERT INTO blob_usage (tenant, size) VALUES (whose, more)
            ON CONFLICT (tenant) DO UPDATE SET size = blob_usage.size + excluded.size;
            RETURN NULL;
        END $$""")
    op.execute("REVOKE ALL ON FUNCTION count_bytes FROM PUBLIC")
    for table in COUNTED:
        op.execute(f"DROP TRIGGER IF EXISTS counts_bytes ON {table}")
        op.execute(f"""
            CREATE TRIGGER counts_bytes AFTER INSERT OR DELETE OR UPDATE OF size ON {table}
            FOR EACH ROW EXECUTE FUNCTION count_bytes()""")


def _on_sqlite() -> None:
    if "claimed_at" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("blob")}:
        op.execute("ALTER TABLE blob ADD COLUMN claimed_at INTEGER")
    op.execute("CREATE INDEX IF NOT EXISTS blobs_by_upload ON blob (tenant, upload) WHERE upload IS NOT NULL")
    op.execute("""
        CREATE TABLE IF NOT EXISTS blob_upload (tenant TEXT NOT NULL, upload TEXT NOT NULL, size INTEGER NOT NULL,
            sha256 TEXT, PRIMARY KEY (tenant, upload)) STRICT, WITHOUT ROWID""")
    op.execute("""
        CREATE TABLE IF NOT EXISTS blob_usage (tenant TEXT NOT NULL PRIMARY KEY, size INTEGER NOT NULL)
        STRICT, WITHOUT ROWID""")
    op.execute("CREATE VIEW IF NOT EXISTS every_upload AS SELECT tenant, upload FROM blob_upload")
    changes = {
        "INSERT": ("NEW.tenant", "NEW.size"),
        "DELETE": ("OLD.tenant", "-OLD.size"),
        "UPDATE OF size": ("NEW.tenant", "NEW.size - OLD.size"),
    }
    for table in COUNTED:
        for change, (whose, more) in changes.items():
            op.execute(f"""
                CREATE TRIGGER IF NOT EXISTS {table}_counts_{change.split()[0].lower()} AFTER {change} ON {table} BEGIN
                INSERT INTO blob_usage (tenant, size) VALUES ({whose}, {more})
                ON CONFLICT (tenant) DO UPDATE SET size = size + excluded.size; END""")
