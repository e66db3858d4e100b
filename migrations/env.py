"""Run migrations on the connection that app/db/migrate.py opened and locked."""

from alembic import context
from sqlmodel import SQLModel

import app.db.policy_tables
import app.db.tables
import app.db.text_tables
import app.db.work_tables  # noqa: F401

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
