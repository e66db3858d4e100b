"""Let a walk in order pass by what a filter by team leaves out, and a team's cases be sorted, without fetching them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WIDER = (
    ("cases_by_reference", ("tenant", "case_type", "reference", "id", "team", "state"), None),
    ("cases_by_due", ("tenant", "case_type", "due_at", "id", "team", "state"), "due_at IS NOT NULL"),
    (
        "cases_by_team",
        ("tenant", "team", "changed_at", "id", "state", "urgency", "opened_at"),
        "team IS NOT NULL",
    ),
)


def upgrade() -> None:
    """Each is the old one with more behind it, so the release before finds what it needs. On PostgreSQL nobody waits
    meanwhile, and whatever an interrupted run left is made anew."""
    on_postgres = op.get_bind().dialect.name == "postgresql"
    for name, columns, where in WIDER:
        condition = None if where is None else sa.text(where)
        if not on_postgres:
            op.drop_index(name, "cases")
            op.create_index(name, "cases", list(columns), sqlite_where=condition)
            continue
        with op.get_context().autocommit_block():
            op.drop_index(f"{name}_wider", "cases", if_exists=True, postgresql_concurrently=True)
            op.create_index(
                f"{name}_wider", "cases", list(columns), postgresql_where=condition, postgresql_concurrently=True
            )
            op.drop_index(name, "cases", if_exists=True, postgresql_concurrently=True)
            op.execute(f"ALTER INDEX {name}_wider RENAME TO {name}")
