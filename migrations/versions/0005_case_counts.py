"""Let an operator be told how many cases of each version there are, of all tenants together."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    counts = "count(*) AS cases, sum(CASE WHEN closed_at IS NULL THEN 1 ELSE 0 END) AS open"
    op.execute("DROP VIEW IF EXISTS case_count")
    op.execute(f"CREATE VIEW case_count AS SELECT definition, {counts} FROM cases GROUP BY definition")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("GRANT SELECT ON case_count TO stateward_service")
