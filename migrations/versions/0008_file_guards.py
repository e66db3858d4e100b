"""Refuse in a SQLite file what rights refuse on PostgreSQL: any process may write there, with no foreign keys on."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

FIXED = ("case_actor", "definition", "audit_pending", "blob_chunk")
"""Besides those of 0001."""
KEPT = ("cases", "clock", "policy_line", "policy_file", "policy_state", "case_text", "api_key")
"""Changed, and never deleted."""
OF_A_CASE = (("tenant", "id"), ("tenant", "case_id", "case_seq"))
ROWID = ("rowid",)
ONCE = {
    "comment": OF_A_CASE,
    "attachment": OF_A_CASE,
    "definition": (("case_type", "version"), ("hash",), ROWID),
    "api_key": (("tenant", "id"), ROWID),
    "policy_line": (("id",),),
    "policy_state": (("id",),),
    "blob_chunk": (("tenant", "upload", "n"), ROWID),
    "clock": (ROWID,),
    "case_text": (ROWID,),
}
"""What no row is inserted for twice: INSERT OR REPLACE would delete the one in the way without asking a trigger."""
KEYS = {
    "cases": ("tenant", "id", "case_type", "reference", "rowid"),
    "clock": ("tenant", "case_id", "name", "cycle", "rowid"),
    "case_text": ("tenant", "case_id", "rowid"),
    "api_key": ("tenant", "id", "rowid"),
    "policy_line": ("id",),
    "policy_file": ("name",),
    "policy_state": ("id",),
    "blob": ("tenant", "sha256"),
}
"""What stays: UPDATE OR REPLACE would delete the row whose key another one takes."""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        return
    for table in FIXED:
        _refuse(table, "update", f"{table} is append-only")
    for table in ("case_actor", "definition"):
        _refuse(table, "delete", f"{table} is append-only")
    for table in KEPT:
        _refuse(table, "delete", f"rows of {table} stay")
    for table, keys in ONCE.items():
        _refuse(table, "insert", f"UNIQUE constraint failed: {table} has that key", _taken(table, *keys), "replacing")
    for table, names in KEYS.items():
        moves = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in names)
        _refuse(table, "update", f"the key of a row of {table} stays", moves, "another_key")
    link = _taken("case_link", ("tenant", "case_id", "type", "to_id"))
    op.execute(f"""
        CREATE TRIGGER case_link_keeps_the_first BEFORE INSERT ON case_link WHEN {link}
        BEGIN SELECT RAISE(IGNORE); END""")
    _guard_clocks()
    _guard_the_queue()
    _guard_cases()
    attached = "EXISTS (SELECT 1 FROM attachment WHERE tenant = OLD.tenant AND sha256 = OLD.sha256)"
    _refuse("blob", "delete", "an attachment refers to these bytes", attached)


def _refuse(table: str, change: str, words: str, when: str = "1", what: str = "", time: str = "BEFORE") -> None:
    op.execute(f"""
        CREATE TRIGGER {table}_refuses_{what or change} {time} {change} ON {table} WHEN {when}
        BEGIN SELECT RAISE(ABORT, '{words}'); END""")


def _taken(table: str, *keys: tuple[str, ...]) -> str:
    same = (" AND ".join(f"{name} = NEW.{name}" for name in key) for key in keys)
    return " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {key})" for key in same)


def _guard_clocks() -> None:
    """A second current cycle would take the place of the first."""
    other = """NEW.current = 1 AND EXISTS (SELECT 1 FROM clock WHERE tenant = NEW.tenant AND case_id = NEW.case_id
        AND name = NEW.name AND current = 1 AND cycle <> NEW.cycle)"""
    for change in ("insert", "update"):
        words = "UNIQUE constraint failed: the clock has a current cycle"
        _refuse("clock", change, words, other, f"a_second_cycle_by_{change}")


def _guard_the_queue() -> None:
    """What waits is an entry without a place, until it has one."""
    place = "EXISTS (SELECT 1 FROM audit_leaf WHERE tenant = {0}.tenant AND entry_id = {0}.entry_id)"
    entry = "EXISTS (SELECT 1 FROM audit_entry WHERE tenant = NEW.tenant AND entry_id = NEW.entry_id)"
    false = f"NOT {entry} OR {place.format('NEW')}"
    _refuse("audit_pending", "insert", "only an entry without a place waits for one", false)
    _refuse("audit_pending", "delete", "an entry waits until it has its place", f"NOT {place.format('OLD')}")


def _guard_cases() -> None:
    """The foreign key says so too, to those who ask for foreign keys."""
    told = """EXISTS (SELECT 1 FROM audit_entry e WHERE e.tenant = NEW.tenant AND e.case_id = NEW.id
        AND e.case_seq = NEW.seq AND e.target = NEW.state AND e.entry_hash = NEW.last_hash)"""
    for change in ("insert", "update"):
        words = "a case is where its entry says, and ends in its hash"
        _refuse("cases", change, words, f"NOT {told}", f"{change}_untold", "AFTER")
