"""The tables, what keeps the log append-only, and the service's rights."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LOG = ("audit_entry", "audit_payload")
APPEND_ONLY = (*LOG, "sla_firing", "calendar", "audit_leaf")
Kind = Callable[[], sa.types.TypeEngine]


def text() -> sa.types.TypeEngine:
    """Sorts by code point in both databases."""
    return sa.Text().with_variant(postgresql.VARCHAR(collation="C"), "postgresql")


def count() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def moment() -> sa.types.TypeEngine:
    return postgresql.TIMESTAMP(timezone=True).with_variant(sa.Integer(), "sqlite")


def json() -> sa.types.TypeEngine:
    return sa.Text()


def upgrade() -> None:
    _create_log()
    _create_cases()
    _create_people()
    _create_clocks()
    _create_idempotency()
    _create_definition()
    _create_policy()
    _create_callers()
    _create_work()
    _create_leaves()
    _create_search()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgres()
        _read_on_postgres()
        _sequence_on_postgres()
        _grant()
        _grant_callers()
        _guard_work_on_postgres()
        _search_on_postgres()
        _build_walls()
    else:
        _guard_on_sqlite()
        _guard_work_on_sqlite()
        _search_on_sqlite()
        _open_windows("every_clock", "every_case", "every_policy_line")
    _keep_revoked()


def _key(name: str, kind: Kind = text) -> sa.Column:
    return sa.Column(name, kind(), primary_key=True, nullable=False, autoincrement=False)


def _must(name: str, kind: Kind = text) -> sa.Column:
    return sa.Column(name, kind(), nullable=False)


def _may(name: str, kind: Kind = text) -> sa.Column:
    return sa.Column(name, kind(), nullable=True)


def _create(name: str, *parts: sa.schema.SchemaItem, wide: bool = False) -> None:
    """`wide`: rows that would overflow the pages of a table without rowid (sqlite.org/withoutrowid.html)."""
    op.create_table(name, *parts, sqlite_strict=True, sqlite_with_rowid=wide)


def _index(name: str, table: str, *columns: str, where: str | None = None, unique: bool = False) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(name, table, list(columns), unique=unique, sqlite_where=condition, postgresql_where=condition)


def _create_log() -> None:
    _create(
        "audit_entry",
        _key("tenant"),
        _key("entry_id"),
        _must("kind"),
        _must("at", moment),
        _may("case_id"),
        _may("case_seq", count),
        _may("source"),
        _may("target"),
        _may("prev_hash"),
        _must("entry_hash"),
        _must("entry"),
        sa.UniqueConstraint("tenant", "entry_hash", name="one_entry_per_hash"),
        sa.UniqueConstraint("tenant", "case_id", "case_seq", name="one_entry_per_seq"),
        sa.UniqueConstraint("tenant", "case_id", "case_seq", "target", name="entries_say_where_a_case_went"),
        sa.CheckConstraint("(case_seq IS NULL) = (target IS NULL)", name="a_chained_entry_has_a_target"),
        sa.CheckConstraint("case_seq IS NULL OR case_id IS NOT NULL", name="a_chained_entry_has_a_case"),
        wide=True,
    )
    _index("entries_outside_of_chains", "audit_entry", "tenant", "case_id", "entry_id", where="case_seq IS NULL")
    _create(
        "audit_payload",
        _key("tenant"),
        _key("entry_id"),
        _key("path"),
        _must("salt", sa.LargeBinary),
        _must("value", json),
        sa.ForeignKeyConstraint(
            ["tenant", "entry_id"], ["audit_entry.tenant", "audit_entry.entry_id"], name="a_value_has_an_entry"
        ),
    )
    _create("audit_pending", _key("tenant"), _key("entry_id"))


def _create_cases() -> None:
    _create(
        "cases",
        _key("tenant"),
        _key("id"),
        _must("case_type"),
        _must("definition"),
        _must("definition_version", count),
        _may("reference"),
        _must("state"),
        _must("version", count),
        _must("seq", count),
        _must("data", json),
        _must("creator"),
        _must("opened_at", moment),
        _must("changed_at", moment),
        _must("last_hash"),
        _must("memory", json),
        _may("assignee"),
        _may("team"),
        _must("urgency", count),
        _may("closed_at", moment),
        _may("due_at", moment),
        sa.UniqueConstraint("tenant", "case_type", "reference", name="one_case_per_reference"),
        sa.ForeignKeyConstraint(
            ["tenant", "id", "seq", "state"],
            ["audit_entry.tenant", "audit_entry.case_id", "audit_entry.case_seq", "audit_entry.target"],
            name="every_state_is_audited",
            deferrable=True,
            initially="DEFERRED",
        ),
        wide=True,
    )
    # `team` and `state` last: a walk in order passes by what a filter leaves out without fetching it
    _index("cases_by_opened", "cases", "tenant", "opened_at", "id", "team", "state")
    _index("cases_by_changed", "cases", "tenant", "changed_at", "id")
    _index("cases_by_urgency", "cases", "tenant", "urgency", "id", "team", "state")
    _index("cases_by_reference", "cases", "tenant", "case_type", "reference", "id")
    _index("cases_by_state", "cases", "tenant", "state", "case_type")
    _index("cases_by_creator", "cases", "tenant", "creator")
    for column in ("assignee", "team"):
        where = f"{column} IS NOT NULL"
        _index(f"cases_by_{column}", "cases", "tenant", column, "changed_at", "id", "state", where=where)
    _index("cases_by_due", "cases", "tenant", "case_type", "due_at", "id", where="due_at IS NOT NULL")


def _create_people() -> None:
    _create("case_actor", _key("tenant"), _key("case_id"), _key("event"), _key("subject"))
    _create("case_role", _key("tenant"), _key("case_id"), _key("subject"), _key("role"))
    _index("cases_of_a_subject", "case_role", "tenant", "subject", "role", "case_id")


def _create_clocks() -> None:
    _create(
        "clock",
        _key("tenant"),
        _key("case_id"),
        _key("name"),
        _key("cycle", count),
        _must("case_type"),
        _must("current", count),
        _must("status"),
        _may("due_at", moment),
        _may("next_fire_at", moment),
        _may("breached_at", moment),
        _must("facts", json),
        sa.ForeignKeyConstraint(["tenant", "case_id"], ["cases.tenant", "cases.id"], name="a_clock_has_a_case"),
        sa.CheckConstraint("current IN (0, 1)", name="current_is_a_flag"),
        sa.CheckConstraint("next_fire_at IS NULL OR current = 1", name="only_the_newest_cycle_fires"),
        wide=True,
    )
    _index("one_current_cycle", "clock", "tenant", "case_id", "name", where="current = 1", unique=True)
    _index("clocks_by_next_fire", "clock", "next_fire_at", where="next_fire_at IS NOT NULL")
    counted = "status IN ('running', 'paused')"
    _index("clocks_by_status", "clock", "case_type", "name", "status", where=counted)
    _create_firings()
    calendar = (_key("name"), _key("version", count), _must("hash"), _must("applies_from", moment), _must("text"))
    _create("calendar", *calendar, wide=True)


def _create_firings() -> None:
    _create(
        "sla_firing",
        _key("tenant"),
        _key("case_id"),
        _key("clock"),
        _key("cycle", count),
        _key("step", count),
        _key("n", count),
        _must("entry_id"),
        sa.ForeignKeyConstraint(
            ["tenant", "case_id", "clock", "cycle"],
            ["clock.tenant", "clock.case_id", "clock.name", "clock.cycle"],
            name="a_firing_has_a_clock",
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "entry_id"], ["audit_entry.tenant", "audit_entry.entry_id"], name="a_firing_has_an_entry"
        ),
    )


def _create_idempotency() -> None:
    _create(
        "idempotency",
        _key("tenant"),
        _key("subject"),
        _key("key"),
        _must("fingerprint"),
        _must("answer", json),
        _must("expires_at", moment),
        wide=True,
    )
    _index("answers_by_expiry", "idempotency", "expires_at")


def _create_definition() -> None:
    _create(
        "definition",
        _key("case_type"),
        _key("version", count),
        _must("hash"),
        _must("text"),
        sa.UniqueConstraint("hash", name="one_definition_per_hash"),
        wide=True,
    )


def _create_policy() -> None:
    words = ("kind", "role", "tenant", "obj", "act", "when_", "eft")
    _create(
        "policy_line",
        _key("id", count),
        *map(_must, words),
        _may("source"),
        _must("added", count),
        _may("removed", count),
    )
    _index("lines_by_added", "policy_line", "added")
    _index("lines_by_removed", "policy_line", "removed")
    _create("policy_file", _key("name"), _must("sha256"))
    _create(
        "policy_state",
        _key("id", count),
        _must("version", count),
        sa.CheckConstraint("id = 1", name="one_policy_state"),
    )
    op.execute("INSERT INTO policy_state (id, version) VALUES (1, 0)")


def _guard_on_postgres() -> None:
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END $$""")
    for table in APPEND_ONLY:
        op.execute(f"""
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only")
    op.execute("""
        CREATE FUNCTION refuse_lower_seq() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            RAISE EXCEPTION 'the seq of a case only grows' USING ERRCODE = 'integrity_constraint_violation';
        END $$""")
    op.execute("""
        CREATE TRIGGER seq_grows BEFORE UPDATE ON cases
        FOR EACH ROW WHEN (NEW.seq <= OLD.seq) EXECUTE FUNCTION refuse_lower_seq()""")
    op.execute("ALTER TABLE cases ENABLE ALWAYS TRIGGER seq_grows")


def _read_on_postgres() -> None:
    """What a batch reads, in one round trip: locking alone took a second one.

    `lock_cases` has statements of its own inside: in READ COMMITTED a statement that waited for a lock sees the
    locked rows as they are now, but every other table as it was before it waited, and four eyes would miss who
    acted meanwhile.
    """
    keys = "id_tenants text[], ids text[], ref_tenants text[], types text[], refs text[]"
    keys += ", key_tenants text[], subjects text[], keys text[]"
    named = """
        SELECT c.tenant, c.id FROM cases c JOIN unnest(id_tenants, ids) k (tenant, id) USING (tenant, id)
        UNION
        SELECT c.tenant, c.id FROM cases c
        JOIN unnest(ref_tenants, types, refs) k (tenant, case_type, reference) USING (tenant, case_type, reference)"""
    asked = "unnest(key_tenants, subjects, keys) k (tenant, subject, key)"
    shape = "read_at timestamptz, policy_version bigint, answers json, acted json, roles json, clocks json, found cases"
    op.execute(f"""
        CREATE FUNCTION read_cases({keys}) RETURNS TABLE ({shape}) LANGUAGE sql STABLE AS $$
        SELECT clock_timestamp(),
               (SELECT version FROM policy_state),
               CASE WHEN row_number() OVER () = 1 THEN (
                   SELECT json_agg(json_build_array(i.tenant, i.subject, i.key, i.fingerprint, CAST(i.answer AS json),
                          {_count("i.expires_at")}))
                   FROM idempotency i JOIN {asked} USING (tenant, subject, key)
                   WHERE i.expires_at > clock_timestamp()
               ) END,
               (SELECT json_agg(json_build_array(a.event, a.subject)) FROM case_actor a
                WHERE a.tenant = (c.found).tenant AND a.case_id = (c.found).id),
               (SELECT json_agg(json_build_array(r.subject, r.role)) FROM case_role r
                WHERE r.tenant = (c.found).tenant AND r.case_id = (c.found).id),
               (SELECT json_agg(json_build_array(k.name, k.cycle, k.case_type, k.status, {_count("k.due_at")},
                       {_count("k.next_fire_at")}, {_count("k.breached_at")}, CAST(k.facts AS json)) ORDER BY k.name)
                FROM clock k
                WHERE k.tenant = (c.found).tenant AND k.case_id = (c.found).id AND k.current = 1),
               c.found
        FROM (SELECT 1) one LEFT JOIN (SELECT cases AS found FROM cases JOIN ({named}) named USING (tenant, id)) c
             ON true
        $$""")
    op.execute(f"""
        CREATE FUNCTION lock_cases({keys}) RETURNS TABLE ({shape}, busy json) LANGUAGE plpgsql AS $$
        DECLARE
            taken json;
        BEGIN
            PERFORM 1 FROM cases JOIN ({named}) named USING (tenant, id) ORDER BY tenant, id FOR UPDATE OF cases;
            SELECT json_agg(json_build_array(k.tenant, k.subject, k.key)) INTO taken FROM {asked}
            WHERE NOT pg_try_advisory_xact_lock(
                hashtextextended(CAST(json_build_array(k.tenant, k.subject, k.key) AS text), 0));
            RETURN QUERY SELECT r.*, taken FROM read_cases(
                id_tenants, ids, ref_tenants, types, refs, key_tenants, subjects, keys) r;
        END $$""")
    _lock_due_on_postgres(shape)


def _count(moment: str) -> str:
    """Microseconds since 1970."""
    return f"CAST(extract(epoch FROM {moment}) * 1000000 AS bigint)"


def _lock_due_on_postgres(shape: str) -> None:
    """`take_due` walks the index from the oldest, whatever the statistics say: sorting all that is due, or joining
    all cases, would cost by their number. A case counts by its oldest clock. The reads follow the locks in a
    statement of their own for the reason that `lock_cases` has.

    It runs as the owner, for what is due may be anybody's; from then on the transaction is about these tenants."""
    settings = {"search_path": "public, pg_temp"}
    settings |= {f"enable_{name}": "off" for name in ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin")}
    op.execute(f"""
        CREATE FUNCTION take_due(most bigint, OUT tenants text[], OUT ids text[]) LANGUAGE plpgsql SECURITY DEFINER
        {" ".join(f"SET {name} = {value}" for name, value in settings.items())} AS $$
        DECLARE
            until timestamptz := clock_timestamp();
        BEGIN
            SELECT array_agg(t.tenant), array_agg(t.id) INTO tenants, ids FROM (
                SELECT c.tenant, c.id FROM clock k JOIN cases c ON c.tenant = k.tenant AND c.id = k.case_id
                WHERE k.next_fire_at <= until AND NOT EXISTS (
                    SELECT FROM clock o WHERE o.tenant = k.tenant AND o.case_id = k.case_id
                    AND (o.next_fire_at, o.name) < (k.next_fire_at, k.name))
                ORDER BY k.next_fire_at LIMIT most FOR UPDATE OF c SKIP LOCKED) t;
        END $$""")
    op.execute(f"""
        CREATE FUNCTION lock_due(most bigint) RETURNS TABLE ({shape}) LANGUAGE plpgsql AS $$
        DECLARE
            taken record;
        BEGIN
            SELECT * INTO taken FROM take_due(most);
            PERFORM set_config('stateward.tenants', CAST(taken.tenants AS text), true);
            RETURN QUERY SELECT * FROM read_cases(taken.tenants, taken.ids, NULL, NULL, NULL, NULL, NULL, NULL);
        END $$""")
    op.execute("REVOKE ALL ON FUNCTION take_due FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION take_due TO stateward_service")


def _grant() -> None:
    rights = {
        "SELECT, INSERT": (*LOG, "sla_firing", "calendar", "audit_pending", "case_actor", "definition"),
        "SELECT, INSERT, UPDATE": ("cases", "case_role", "clock", "policy_line", "policy_file"),
        "SELECT, UPDATE": ("policy_state",),
        "SELECT, INSERT, UPDATE, DELETE": ("idempotency",),
        "SELECT": ("alembic_version", "audit_leaf"),
    }
    op.execute("GRANT USAGE ON SCHEMA public TO stateward_service")
    for right, tables in rights.items():
        op.execute(f"GRANT {right} ON {', '.join(tables)} TO stateward_service")


def _guard_on_sqlite() -> None:
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(f"""
                CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table}
                BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END""")
    _refuse_replacing(
        "audit_entry",
        "entry_id = NEW.entry_id",
        "entry_hash = NEW.entry_hash",
        "(case_id = NEW.case_id AND case_seq = NEW.case_seq)",
        rowid=True,
    )
    _refuse_replacing("audit_payload", "(entry_id = NEW.entry_id AND path = NEW.path)")
    _refuse_replacing("audit_leaf", "leaf_index = NEW.leaf_index", "entry_id = NEW.entry_id")
    firing = " AND ".join(f"{name} = NEW.{name}" for name in ("case_id", "clock", "cycle", "step", "n"))
    _refuse_replacing("sla_firing", f"({firing})")
    _refuse_replacing("calendar", "version = NEW.version", owner="name", rowid=True)
    _refuse_replacing("cases", "id = NEW.id", "(case_type = NEW.case_type AND reference = NEW.reference)", rowid=True)
    op.execute("""
        CREATE TRIGGER cases_seq_grows BEFORE UPDATE ON cases WHEN NEW.seq <= OLD.seq
        BEGIN SELECT RAISE(ABORT, 'the seq of a case only grows'); END""")


def _refuse_replacing(table: str, *keys: str, owner: str = "tenant", rowid: bool = False) -> None:
    """INSERT OR REPLACE deletes the row in the way, and unless `recursive_triggers` is on no DELETE trigger fires."""
    taken = " UNION ALL ".join(f"SELECT 1 FROM {table} WHERE {owner} = NEW.{owner} AND {key}" for key in keys)
    if rowid:
        taken += f" UNION ALL SELECT 1 FROM {table} WHERE rowid = NEW.rowid"
    op.execute(f"""
        CREATE TRIGGER {table}_refuses_replacing BEFORE INSERT ON {table} WHEN EXISTS ({taken})
        BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: {table} has that key'); END""")


def _create_callers() -> None:
    _create(
        "api_key",
        _key("tenant"),
        _key("id"),
        _must("title"),
        _must("subject"),
        _must("roles", json),
        _must("acts", json),
        _must("case_types", json),
        _must("hash"),
        _must("created_by"),
        _must("created_at", moment),
        _may("expires_at", moment),
        _may("revoked_at", moment),
        _may("revoked_by"),
        _may("last_used_at", moment),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="somebody_revoked_it"),
        wide=True,
    )
    _create("rate_limit", _key("tenant"), _key("subject"), _must("full_at", count), _must("asked", count))


def _grant_callers() -> None:
    """What an API key is good for never changes."""
    op.execute("GRANT SELECT, INSERT, UPDATE (revoked_at, revoked_by, last_used_at) ON api_key TO stateward_service")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limit TO stateward_service")


def _keep_revoked() -> None:
    """Nobody makes a key good again that was revoked."""
    on_postgres = op.get_bind().dialect.name == "postgresql"
    changed = "OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS "
    if not on_postgres:
        op.execute(f"""
            CREATE TRIGGER api_key_stays_revoked BEFORE UPDATE ON api_key WHEN {changed} NOT OLD.revoked_at
            BEGIN SELECT RAISE(ABORT, 'a revoked API key stays revoked'); END""")
        return
    op.execute("""
        CREATE FUNCTION refuse_unrevoking() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            RAISE EXCEPTION 'a revoked API key stays revoked' USING ERRCODE = 'integrity_constraint_violation';
        END $$""")
    op.execute(f"""
        CREATE TRIGGER stays_revoked BEFORE UPDATE ON api_key
        FOR EACH ROW WHEN ({changed} DISTINCT FROM OLD.revoked_at) EXECUTE FUNCTION refuse_unrevoking()""")


WORK = ("comment", "attachment", "case_link")


def _create_work() -> None:
    """What people do with cases besides firing events, and the queues that they claim from."""
    entry = ["audit_entry.tenant", "audit_entry.entry_id"]
    _create(
        "comment",
        _key("tenant"),
        _key("id"),
        _must("case_id"),
        _must("case_seq", count),
        _must("author"),
        _must("written_at", moment),
        _must("mentions", json),
        _may("edits"),
        sa.ForeignKeyConstraint(["tenant", "id"], entry, name="a_comment_has_an_entry"),
        sa.UniqueConstraint("tenant", "case_id", "case_seq", name="comments_in_order"),
    )
    _index("edits_of_a_comment", "comment", "tenant", "edits", "case_seq", where="edits IS NOT NULL")
    _create_attachments(entry)
    cases = ["cases.tenant", "cases.id"]
    _create(
        "case_link",
        _key("tenant"),
        _key("case_id"),
        _key("type"),
        _key("to_id"),
        _must("author"),
        _must("linked_at", moment),
        sa.ForeignKeyConstraint(["tenant", "case_id"], cases, name="a_link_has_a_case"),
        sa.ForeignKeyConstraint(["tenant", "to_id"], cases, name="a_link_has_a_far_end"),
    )
    # plain columns, for both databases to walk: the most urgent first, then by due moment, then by age
    waiting, order = "assignee IS NULL AND closed_at IS NULL", ("case_type", "urgency", "due_at", "opened_at", "id")
    _index("cases_waiting", "cases", "tenant", *order, where=waiting)
    _index("cases_waiting_in_team", "cases", "tenant", "team", *order, where=f"team IS NOT NULL AND {waiting}")


def _create_attachments(entry: list[str]) -> None:
    _create(
        "blob",
        _key("tenant"),
        _key("sha256"),
        _must("size", count),
        _may("upload"),
        _must("kept_at", moment),
    )
    chunk = (_key("tenant"), _key("upload"), _key("n", count), _must("content", sa.LargeBinary))
    _create("blob_chunk", *chunk, wide=True)
    _create(
        "attachment",
        _key("tenant"),
        _key("id"),
        _must("case_id"),
        _must("case_seq", count),
        _must("author"),
        _must("attached_at", moment),
        _must("sha256"),
        _must("size", count),
        _must("declared_type"),
        _may("sniffed_type"),
        sa.ForeignKeyConstraint(["tenant", "id"], entry, name="an_attachment_has_an_entry"),
        sa.ForeignKeyConstraint(
            ["tenant", "sha256"], ["blob.tenant", "blob.sha256"], name="an_attachment_has_its_bytes"
        ),
        sa.UniqueConstraint("tenant", "case_id", "case_seq", name="attachments_in_order"),
    )
    _index("attachments_by_content", "attachment", "tenant", "sha256")
    _show_what_nobody_refers_to()


def _show_what_nobody_refers_to() -> None:
    """Of all tenants: who cleans up asks for none."""
    op.execute("""
        CREATE VIEW unattached_blob AS SELECT tenant, sha256, size, upload, kept_at FROM blob b WHERE NOT EXISTS
            (SELECT 1 FROM attachment a WHERE a.tenant = b.tenant AND a.sha256 = b.sha256)""")
    op.execute("""
        CREATE VIEW loose_upload AS SELECT tenant, upload FROM blob_chunk c WHERE n = 0 AND NOT EXISTS
            (SELECT 1 FROM blob b WHERE b.tenant = c.tenant AND b.upload = c.upload)""")


def _guard_work_on_postgres() -> None:
    """What stands behind an entry does not change. Bytes are deleted where nothing refers to them, and a role is."""
    for table in WORK:
        op.execute(f"""
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only")
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(WORK)} TO stateward_service")
    op.execute("GRANT SELECT, INSERT, DELETE ON blob, blob_chunk TO stateward_service")
    op.execute("GRANT UPDATE (upload, kept_at) ON blob TO stateward_service")
    op.execute("GRANT SELECT ON unattached_blob, loose_upload TO stateward_service")
    op.execute("GRANT DELETE ON case_role TO stateward_service")


def _guard_work_on_sqlite() -> None:
    for table in WORK:
        for change in ("UPDATE", "DELETE"):
            op.execute(f"""
                CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table}
                BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END""")


def _create_leaves() -> None:
    """No foreign key to `audit_entry`: it would lock, and so write, each of those rows once more (WAL times three).
    A leaf is only ever made from the entry itself, and no entry can be deleted."""
    _create(
        "audit_leaf",
        _key("tenant"),
        _key("leaf_index", count),
        _must("entry_id"),
        sa.UniqueConstraint("tenant", "entry_id", name="one_leaf_per_entry"),
        sa.CheckConstraint("leaf_index >= 0", name="leaves_are_counted_from_0"),
    )


def _sequence_on_postgres() -> None:
    """`sequence_log` runs as the owner, so that the service can neither place an entry nor take one from the queue.

    The lock is asked for in a statement of its own: the next one sees what the last sequencer committed. Entries of a
    case are chained: what is taken takes along what comes before it in its case and still waits. Within a case the
    order is that of `case_seq`, across cases that of `at`. The notice goes out with the commit.

    The tables change so fast that statistics are wrong: joins go along indexes in the order they are written in, and
    rows of the queue are deleted by their place.
    """
    settings = {"search_path": "public, pg_temp", "join_collapse_limit": "1"}
    settings |= dict.fromkeys(("enable_seqscan", "enable_hashjoin", "enable_mergejoin"), "off")
    op.execute(f"""
        CREATE FUNCTION sequence_log(most bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
        {" ".join(f"SET {name} = {value}" for name, value in settings.items())} AS $$
        DECLARE
            moved bigint;
            grown text[];
        BEGIN
            IF NOT pg_try_advisory_xact_lock(hashtextextended('stateward sequencer', 0)) THEN
                RETURN 0;
            END IF;
            WITH RECURSIVE waiting (tenant) AS (
                SELECT min(tenant) FROM audit_pending
                UNION ALL
                SELECT (SELECT min(p.tenant) FROM audit_pending p WHERE p.tenant > w.tenant) FROM waiting w
                WHERE w.tenant IS NOT NULL
            ), taken (tenant, entry_id, case_id, case_seq, at, waits) AS (
                SELECT e.tenant, e.entry_id, e.case_id, e.case_seq, e.at, p.ctid FROM waiting w
                CROSS JOIN LATERAL (SELECT p.entry_id, p.ctid FROM audit_pending p WHERE p.tenant = w.tenant
                                    ORDER BY p.entry_id LIMIT most) p
                JOIN audit_entry e ON e.tenant = w.tenant AND e.entry_id = p.entry_id
                UNION
                SELECT e.tenant, e.entry_id, e.case_id, e.case_seq, e.at, p.ctid FROM taken t
                JOIN audit_entry e ON e.tenant = t.tenant AND e.case_id = t.case_id AND e.case_seq = t.case_seq - 1
                JOIN audit_pending p ON p.tenant = e.tenant AND p.entry_id = e.entry_id
            ), reached AS (
                SELECT *, CASE WHEN case_seq IS NULL THEN at ELSE max(at) OVER (
                    PARTITION BY tenant, case_id, case_seq IS NULL ORDER BY case_seq) END AS moment FROM taken
            ), placed AS (
                SELECT tenant, entry_id, waits, row_number() OVER (
                    PARTITION BY tenant ORDER BY moment, case_id, case_seq, entry_id) - 1 AS place FROM reached
            ), ended AS MATERIALIZED (
                SELECT w.tenant, coalesce((SELECT max(l.leaf_index) + 1 FROM audit_leaf l WHERE l.tenant = w.tenant), 0)
                    AS size FROM waiting w
            ), gone AS (
                DELETE FROM audit_pending p WHERE p.ctid = ANY (ARRAY(SELECT waits FROM placed))
            ), appended AS MATERIALIZED (
                INSERT INTO audit_leaf (tenant, leaf_index, entry_id)
                SELECT d.tenant, e.size + d.place, d.entry_id FROM placed d JOIN ended e ON e.tenant = d.tenant
                RETURNING tenant
            )
            SELECT count(*), array_agg(DISTINCT tenant) INTO moved, grown FROM appended;
            PERFORM pg_notify('stateward_log', tenant) FROM unnest(grown) tenant;
            RETURN moved;
        END $$""")
    op.execute("REVOKE ALL ON FUNCTION sequence_log FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION sequence_log TO stateward_service")


WALLED = (
    *(*LOG, "audit_pending", "audit_leaf", "cases", "case_actor", "case_role", "clock", "sla_firing", "idempotency"),
    *("policy_line", "api_key", "rate_limit", "comment", "blob", "blob_chunk", "attachment", "case_link", "case_text"),
)
OF_THE_OWNER = {
    "audit_pending": ("SELECT", "DELETE"),
    "audit_entry": ("SELECT",),
    "audit_leaf": ("SELECT", "INSERT"),
    "clock": ("SELECT",),
    "cases": ("SELECT", "UPDATE"),
    "policy_line": ("SELECT",),
    "idempotency": ("SELECT", "DELETE"),
    "rate_limit": ("SELECT", "DELETE"),
    "blob": ("SELECT",),
    "blob_chunk": ("SELECT",),
    "attachment": ("SELECT",),
    "case_text": ("SELECT",),
}
"""What the functions and views of the owner do with rows of all tenants (app/db/reads/every_tenant.py tells why)."""

WINDOWS = {
    "every_clock": ("*", "clock", "SELECT"),
    "every_case": ("tenant, id, definition", "cases", "SELECT"),
    "every_policy_line": ("*", "policy_line", "SELECT"),
    "every_answer": ("expires_at", "idempotency", "SELECT, DELETE"),
    "every_rate": ("full_at", "rate_limit", "SELECT, DELETE"),
}


def _build_walls() -> None:
    """No row is there for the service but those of the tenants that its transaction named, for anybody else none at
    all. The owner is not above that: where its functions and views need more, a policy says so.

    The array is read once per statement. `array_position` and not `= ANY`: the planner would guess that each tenant
    has a part of what the filter of the query leaves over already, and take other plans than without the wall.
    """
    named = "(SELECT CAST(NULLIF(current_setting('stateward.tenants', true), '') AS text[]))"
    theirs = f"(array_position({named}, tenant) IS NOT NULL)"
    for table in WALLED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_named_tenants ON {table} TO stateward_service USING {theirs} WITH CHECK {theirs}")
    for table, commands in OF_THE_OWNER.items():
        for command in commands:
            clause = "WITH CHECK" if command == "INSERT" else "USING"
            name = f"the_owner_may_{command.lower()}"
            op.execute(f"CREATE POLICY {name} ON {table} FOR {command} TO stateward_owner {clause} (true)")
    _open_windows(*WINDOWS)
    for name, (_, _, rights) in WINDOWS.items():
        op.execute(f"GRANT {rights} ON {name} TO stateward_service")
    _read_within_on_postgres()


def _open_windows(*names: str) -> None:
    for name in names:
        columns, table, _ = WINDOWS[name]
        op.execute(f"CREATE VIEW {name} AS SELECT {columns} FROM {table}")


def _read_within_on_postgres() -> None:
    """A case is read in one round trip all the same. Planning it anew each time took seven times as long as reading:
    its plan does not depend on what is asked."""
    keys = "id_tenants text[], ids text[], ref_tenants text[], types text[], refs text[]"
    shape = "read_at timestamptz, policy_version bigint, answers json, acted json, roles json, clocks json, found cases"
    op.execute(f"""
        CREATE FUNCTION read_within(tenants text[], {keys}) RETURNS TABLE ({shape}) LANGUAGE plpgsql
        SET plan_cache_mode = force_generic_plan AS $$
        BEGIN
            PERFORM set_config('stateward.tenants', CAST(tenants AS text), true);
            RETURN QUERY SELECT * FROM read_cases(id_tenants, ids, ref_tenants, types, refs, NULL, NULL, NULL);
        END $$""")


def _create_search() -> None:
    """No foreign key to `cases`, for the reason that leaves have none to entries. What stands here is derived, and is
    written in the transaction that changes the case."""
    text = (_must("case_type"), _must("own"), _must("said"))
    _create("case_text", _key("tenant"), _key("case_id"), *text, wide=True)


def _search_on_postgres() -> None:
    """Each word is indexed with a mark of tenant and case type before it: a word that is frequent in one of them
    costs nothing in another. Without positions, for phrases are looked for in the text itself.

    The list of what waits to be indexed is short, because every search reads all of it.
    """
    op.execute("""
        CREATE FUNCTION word_mark(tenant text, case_type text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT left(md5(tenant || '/' || case_type), 8)
        $$""")
    op.execute("""
        CREATE FUNCTION case_words(tenant text, case_type text, words text) RETURNS tsvector
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT CAST(replace(rtrim(replace(words, E' \\n', E'\\n')), ' ',
                                ' ' || left(md5(tenant || '/' || case_type), 8)) AS tsvector)
        $$""")
    op.execute("""
        CREATE INDEX case_words ON case_text USING gin (case_words(tenant, case_type, own || said))
        WITH (fastupdate = on, gin_pending_list_limit = 256)""")
    _said_after()
    _search_cases()
    op.execute("GRANT SELECT, INSERT, UPDATE ON case_text TO stateward_service")


def _said_after() -> None:
    """Each line begins with the id of a comment: a new line takes the place of the one with its id. Of what is too
    long whole comments are left out, the oldest first."""
    op.execute("""
        CREATE FUNCTION said_after(before text, added text, most bigint) RETURNS text
        LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
        DECLARE
            ids text := (SELECT string_agg(m[1], '|') FROM regexp_matches(added, E'\\n([^ ]+)', 'g') m);
            whole text := regexp_replace(before, E'\\n(' || ids || E') [^\\n]*', '', 'g') || added;
        BEGIN
            IF length(whole) <= most THEN
                RETURN whole;
            END IF;
            RETURN regexp_replace(right(whole, CAST(most AS int)), E'^[^\\n]*', '');
        END $$""")


def _search_cases() -> None:
    """`search_cases` runs as the owner, because row-level security hides the index from whoever is subject to it. It
    keeps to the tenants that the transaction named all the same.

    `words` are spelled as the text is; a star behind one means all that begin so.
    """
    settings = {"search_path": "public, pg_temp", "plan_cache_mode": "force_custom_plan", "enable_seqscan": "off"}
    op.execute(f"""
        CREATE FUNCTION search_cases(asked text, types text[], words text[], most bigint) RETURNS SETOF text
        LANGUAGE plpgsql STABLE SECURITY DEFINER
        {" ".join(f"SET {name} = {value}" for name, value in settings.items())} AS $$
        DECLARE
            wanted tsquery := (
                SELECT string_agg(of_type.words, ' | ') FROM unnest(types) one CROSS JOIN LATERAL (
                    SELECT '(' || string_agg(quote_literal(word_mark(asked, one) || rtrim(word, '*'))
                           || CASE WHEN word LIKE '%*' THEN ':*' ELSE '' END, ' & ') || ')' AS words
                    FROM unnest(search_cases.words) word) of_type);
        BEGIN
            IF array_position(CAST(current_setting('stateward.tenants', true) AS text[]), asked) IS NULL THEN
                RETURN;
            END IF;
            RETURN QUERY SELECT CAST(t.case_id AS text) FROM case_text t
                WHERE case_words(t.tenant, t.case_type, t.own || t.said) @@ wanted
                AND t.tenant || '' = asked LIMIT most;
        END $$""")
    op.execute("REVOKE ALL ON FUNCTION search_cases FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION search_cases TO stateward_service")


def _search_on_sqlite() -> None:
    """An FTS5 table finds by rowid, and the rowids of `case_text` may change (sqlite.org/rowidtable.html), so that
    `case_words_of` keeps which row is whose. The tokenizer only splits: the words are spelled already."""
    op.execute("CREATE TABLE case_words_of (n INTEGER PRIMARY KEY, tenant TEXT NOT NULL, case_id TEXT NOT NULL) STRICT")
    op.execute("CREATE UNIQUE INDEX case_words_by_case ON case_words_of (tenant, case_id)")
    op.execute("""
        CREATE VIRTUAL TABLE case_words USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii')""")
    put = "INSERT INTO case_words (rowid, words) SELECT n, NEW.own || NEW.said"
    take = "INSERT INTO case_words (case_words, rowid, words) SELECT 'delete', n, OLD.own || OLD.said"
    of = "FROM case_words_of WHERE tenant = {0}.tenant AND case_id = {0}.case_id"
    new = "INSERT INTO case_words_of (tenant, case_id) VALUES (NEW.tenant, NEW.case_id)"
    gone = "DELETE FROM case_words_of WHERE tenant = OLD.tenant AND case_id = OLD.case_id"
    texts = {
        "INSERT": [new, f"{put} {of.format('NEW')}"],
        "UPDATE": [f"{take} {of.format('OLD')}", f"{put} {of.format('NEW')}"],
        "DELETE": [f"{take} {of.format('OLD')}", gone],
    }
    for change, statements in texts.items():
        body = "; ".join(statements)
        op.execute(f"CREATE TRIGGER case_text_{change.lower()} AFTER {change} ON case_text BEGIN {body}; END")
