"""Know people by name, and where they are signed in: what the pages need, and the log does not."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PERSON = {
    **dict.fromkeys(("tenant", "subject"), "word!"),
    **dict.fromkeys(("display_name", "shown_name", "address", "zone", "language"), "word"),
    **dict.fromkeys(("theme", "density"), "word!"),
    "keys": "count!",
    **dict.fromkeys(("password", "otp"), "word"),
    "otp_step": "count",
    "made_at": "moment!",
    **dict.fromkeys(("seen_at", "disabled_at"), "moment"),
}
SESSION = {
    **dict.fromkeys(("tenant", "hash", "subject", "how"), "word!"),
    "roles": "json!",
    **dict.fromkeys(("made_at", "seen_at", "ends_at"), "moment!"),
}
FIXED = ("tenant", "subject", "made_at")
"""Of a person: the log names them by it."""


def upgrade() -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    _create("person", PERSON, "subject", on_postgres, ", CONSTRAINT keys_is_a_flag CHECK (keys IN (0, 1))")
    _create("session", SESSION, "hash", on_postgres)
    op.execute("CREATE INDEX IF NOT EXISTS sessions_of_a_person ON session (tenant, subject, made_at)")
    if on_postgres:
        _build_walls()
        changed = ", ".join(name for name in PERSON if name not in FIXED)
        op.execute(f"GRANT SELECT, INSERT, UPDATE ({changed}) ON person TO stateward_service")
        op.execute("GRANT SELECT, INSERT, UPDATE (seen_at, ends_at), DELETE ON session TO stateward_service")
    else:
        _guard_on_sqlite()


def _create(name: str, columns: dict[str, str], key: str, on_postgres: bool, more: str = "") -> None:
    kinds = (
        {"word": 'varchar COLLATE "C"', "json": "text", "count": "bigint", "moment": "timestamptz"}
        if on_postgres
        else {"word": "TEXT", "json": "TEXT", "count": "INTEGER", "moment": "INTEGER"}
    )
    declared = (
        f"{column} {kinds[kind.rstrip('!')]}{' NOT NULL' * kind.endswith('!')}" for column, kind in columns.items()
    )
    op.execute(f"""
        CREATE TABLE IF NOT EXISTS {name} ({", ".join(declared)}, PRIMARY KEY (tenant, {key}){more})
        {"" if on_postgres else "STRICT, WITHOUT ROWID"}""")


def _build_walls() -> None:
    """As those of the first migration: `array_position` for the reason that it has there."""
    named = "(SELECT CAST(NULLIF(current_setting('stateward.tenants', true), '') AS text[]))"
    theirs = f"(array_position({named}, tenant) IS NOT NULL)"
    for table in ("person", "session"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"DROP POLICY IF EXISTS of_named_tenants ON {table}")
        op.execute(f"CREATE POLICY of_named_tenants ON {table} TO stateward_service USING {theirs} WITH CHECK {theirs}")


def _guard_on_sqlite() -> None:
    """What the rights on PostgreSQL refuse."""
    moves = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in FIXED)
    taken = "EXISTS (SELECT 1 FROM person WHERE tenant = NEW.tenant AND subject = NEW.subject)"
    for what, change, when, words in (
        ("delete", "DELETE", "1", "rows of person stay"),
        ("another_key", "UPDATE", moves, "the key of a row of person stays"),
        ("replacing", "INSERT", taken, "UNIQUE constraint failed: person has that key"),
    ):
        op.execute(f"""
            CREATE TRIGGER IF NOT EXISTS person_refuses_{what} BEFORE {change} ON person WHEN {when}
            BEGIN SELECT RAISE(ABORT, '{words}'); END""")
