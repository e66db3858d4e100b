"""Let people list the work that is theirs in the order in which it is done, and keep the views that they save."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

IN_ORDER = ("due_at", sa.text("urgency DESC"), "opened_at", "id")
OPEN = "closed_at IS NULL"
INDEXES = (
    ("cases_of_nobody", ("tenant", "case_type", *IN_ORDER), f"assignee IS NULL AND {OPEN}"),
    ("cases_in_hand", ("tenant", "assignee", *IN_ORDER, "case_type"), f"assignee IS NOT NULL AND {OPEN}"),
    ("cases_open_in_team", ("tenant", "team", *IN_ORDER, "case_type"), f"team IS NOT NULL AND {OPEN}"),
)


def upgrade() -> None:
    """On PostgreSQL nobody waits meanwhile, and whatever an interrupted run left is made anew."""
    on_postgres = op.get_bind().dialect.name == "postgresql"
    _make_views(on_postgres)
    for name, columns, where in INDEXES:
        condition = sa.text(where)
        if not on_postgres:
            op.create_index(name, "cases", list(columns), sqlite_where=condition, if_not_exists=True)
            continue
        with op.get_context().autocommit_block():
            op.drop_index(name, "cases", if_exists=True, postgresql_concurrently=True)
            op.create_index(name, "cases", list(columns), postgresql_where=condition, postgresql_concurrently=True)


def _make_views(on_postgres: bool) -> None:
    word = 'varchar COLLATE "C"' if on_postgres else "TEXT"
    count, moment, json = ("bigint", "timestamptz", "text") if on_postgres else ("INTEGER", "INTEGER", "TEXT")
    op.execute(f"""
        CREATE TABLE IF NOT EXISTS saved_view (tenant {word} NOT NULL, id {word} NOT NULL, owner {word} NOT NULL,
            title {word} NOT NULL, shared {count} NOT NULL, preferred {count} NOT NULL, told {json} NOT NULL,
            changed_at {moment} NOT NULL, PRIMARY KEY (tenant, id),
            CONSTRAINT one_view_per_title UNIQUE (tenant, owner, title),
            CONSTRAINT shared_is_a_flag CHECK (shared IN (0, 1)),
            CONSTRAINT preferred_is_a_flag CHECK (preferred IN (0, 1))) {"" if on_postgres else "STRICT"}""")
    op.execute("CREATE INDEX IF NOT EXISTS shared_views ON saved_view (tenant, title) WHERE shared = 1")
    if not on_postgres:
        return
    named = "(SELECT CAST(NULLIF(current_setting('stateward.tenants', true), '') AS text[]))"
    theirs = f"(array_position({named}, tenant) IS NOT NULL)"
    op.execute("ALTER TABLE saved_view ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE saved_view FORCE ROW LEVEL SECURITY")
    op.execute("DROP POLICY IF EXISTS of_named_tenants ON saved_view")
    op.execute(f"CREATE POLICY of_named_tenants ON saved_view TO stateward_service USING {theirs} WITH CHECK {theirs}")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON saved_view TO stateward_service")
