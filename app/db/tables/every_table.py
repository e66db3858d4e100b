"""The names of all tables of this release, whichever of them a command has loaded."""

from sqlmodel import SQLModel

import app.db.tables.callers
import app.db.tables.exports
import app.db.tables.log_order
import app.db.tables.people
import app.db.tables.policy
import app.db.tables.search_texts
import app.db.tables.tables
import app.db.tables.tree
import app.db.tables.views
import app.db.tables.work  # noqa: F401

TABLES = frozenset(SQLModel.metadata.tables)
