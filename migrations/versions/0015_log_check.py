"""Keep who checks the log now, and what came of the last time; the release before looks at none of it."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    word, count, moment = (
        ('varchar COLLATE "C"', "bigint", "timestamptz") if on_postgres else ("TEXT", "INTEGER", "INTEGER")
    )
    op.execute(f"""
        CREATE TABLE IF NOT EXISTS log_check (
            id {count} NOT NULL PRIMARY KEY, holder {word}, ends_at {moment}, checked_at {moment},
            entries {count}, faults {count}, problem {word},
            CONSTRAINT one_log_check CHECK (id = 1)) {"" if on_postgres else "STRICT, WITHOUT ROWID"}""")
    op.execute("INSERT INTO log_check (id) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM log_check)")
    if on_postgres:
        op.execute("GRANT SELECT, UPDATE ON log_check TO stateward_service")
        return
    for change in ("DELETE", "INSERT"):
        op.execute(f"""
            CREATE TRIGGER IF NOT EXISTS log_check_refuses_{change.lower()} BEFORE {change} ON log_check
            BEGIN SELECT RAISE(ABORT, 'rows of log_check stay'); END""")
