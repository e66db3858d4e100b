"""Tell whether a database has the schema that this release needs."""

from functools import cache

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from app.db.schema.shipped import shipped

REMEDY = "run `stateward migrate`"


def problem_of(connection: Connection) -> str | None:
    """None where the schema is this release's, or a later one that this release knows nothing of."""
    current = MigrationContext.configure(connection).get_current_revision()
    if current is None:
        return f"the database has no schema yet: {REMEDY}"
    if missing := missing_tables(connection):
        return f"{missing}: restore a whole backup into an empty database"
    known, head = _revisions()
    if current == head or current not in known:
        return None
    return f"the database has schema {current}, this release needs {head}: {REMEDY}"


def missing_tables(connection: Connection) -> str | None:
    """What a database lacks that says it has this release's schema, as one that was restored by half."""
    current = MigrationContext.configure(connection).get_current_revision()
    if current is None or current != _revisions()[1]:
        return None
    from app.db.tables.every_table import TABLES  # a quarter of all that a migration loads

    missing = sorted(TABLES - set(inspect(connection).get_table_names()))
    return f"the database says that it has schema {current}, and lacks the table {missing[0]}" if missing else None


def is_later(connection: Connection) -> bool:
    """Whether a later release has migrated the database: this one runs beside it and leaves its schema alone."""
    current = MigrationContext.configure(connection).get_current_revision()
    return current is not None and current not in _revisions()[0]


def config() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(shipped("migrations")).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    return settings


@cache
def _revisions() -> tuple[frozenset[str], str | None]:
    script = ScriptDirectory.from_config(config())
    return frozenset(revision.revision for revision in script.walk_revisions()), script.get_current_head()
