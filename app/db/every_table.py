"""The names of all tables of this release, whichever of them a command has loaded."""

from sqlmodel import SQLModel

import app.db.caller_tables
import app.db.leaf_table
import app.db.policy_tables
import app.db.tables
import app.db.text_tables
import app.db.work_tables  # noqa: F401

TABLES = frozenset(SQLModel.metadata.tables)
