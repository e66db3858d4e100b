"""Know of each file which category it has; the release before attaches files without one."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE attachment ADD COLUMN IF NOT EXISTS category varchar COLLATE "C"')
    elif "category" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("attachment")}:
        op.execute("ALTER TABLE attachment ADD COLUMN category TEXT")
