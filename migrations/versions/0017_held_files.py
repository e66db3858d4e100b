"""Know of an upload whose file it is and what it is called, so that a field may hold it before a case does."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

WORDS = ("owner", "file_name", "declared_type", "sniffed_type")
"""NULL for what the release before receives: it attaches each file at once."""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for word in WORDS:
            op.execute(f'ALTER TABLE blob_upload ADD COLUMN IF NOT EXISTS {word} varchar COLLATE "C"')
        return
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("blob_upload")}
    for word in WORDS:
        if word not in known:
            op.execute(f"ALTER TABLE blob_upload ADD COLUMN {word} TEXT")
