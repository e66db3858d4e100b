"""A new PostgreSQL takes events as quickly as an old one, though autovacuum has not come by yet."""

from app.db import open_store
from app.domain.case.case import Case
from app.services.store.stored import Changed, Record
from tests.clock_making import a_clock
from tests.databases import Database
from tests.factories import TENANT, a_case, entry_of, moved
from tests.house import connect

ROUNDS, TOGETHER = 75, 200
EVENTS = ROUNDS * TOGETHER * 2
MOST_READ = 40
"""Rows per event that indexes and whole tables gave, in the mean: twelve; thousands where a check walks a tenant."""
FIELDS = {"amount_cents": 100, "note": "lunch"}
NO_STATISTICS = """DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = false)', name);
    END LOOP; END $$"""
OTHERS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""
"""Who leaves says what they read, and is gone then."""
READ = """SELECT CAST((SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)
    + (SELECT sum(seq_tup_read) FROM pg_stat_user_tables) AS bigint)"""


def a_round(last: list[Case], new: list[Case]) -> Record:
    """The new cases open, each with a clock, and those of the round before go on."""
    went = [moved(case) for case in last]
    changes = [Changed(None, case) for case in new] + [
        Changed(case.seq, now) for case, now in zip(last, went, strict=True)
    ]
    entries = [entry_of(case, fields=FIELDS) for case in (*new, *went)]
    return Record(cases=changes, entries=entries, clocks=[a_clock(case) for case in new])


async def test_the_first_thirty_thousand_events_each_read_a_few_rows(postgres: Database) -> None:
    admin = await connect(postgres)
    await admin.execute(NO_STATISTICS)
    store, last = open_store(postgres.url), []
    for _ in range(ROUNDS + 1):
        new = [a_case() for _ in range(TOGETHER)]
        async with store.transaction(TENANT) as tx:
            await tx.record(a_round(last, new))
        await store.sequence(1000)
        last = new
    await store.close()
    while await admin.fetchval(OTHERS):
        pass
    assert await admin.fetchval("SELECT count(*) FROM audit_entry") >= EVENTS
    assert await admin.fetchval(READ) / EVENTS < MOST_READ
    await admin.close()
