"""Row-level security on PostgreSQL: who forgot the tenant's filter finds nothing, in every table that has tenants."""

from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest
from sqlalchemy import Select, true
from sqlalchemy.engine import make_url
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.visitors import replacement_traverse

from app.db import open_store
from app.db.connections.row_security import SETTING, entering
from app.db.reads import ledger, listing, log_order
from app.db.reads.filters import Kind
from app.db.schema.migrate import migrate
from app.services.store.case_query import CaseQuery
from app.services.store.failures import Refused
from app.services.store.stored import CaseKey, Record, Visible
from tests.clock_making import LONG_AGO, a_clock
from tests.databases import Database
from tests.factories import TENANT, a_case, an_answer, denied, opening

OF_NOBODY = {
    "alembic_version",
    "calendar",
    "definition",
    "log_check",
    "log_signer",
    "log_turn",
    "policy_file",
    "policy_state",
}
BOTH = ("acme", "globex")
ALL = Visible(subject="user:root", all_types=True)

TABLES = """SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS walled,
    EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant') AS has_tenant
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1"""
COLUMNS = """SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
    WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"""


async def connected(url: str, *settings: str) -> "asyncpg.Connection":
    parsed = make_url(url)
    connection = await asyncpg.connect(host=parsed.query["host"], user=parsed.username, database=parsed.database)
    for setting in settings:
        await connection.execute(f"SET {setting}")
    return connection


def within(*tenants: str) -> str:
    return entering(tenants).removeprefix("SET LOCAL ")


async def inserting(connection: "asyncpg.Connection", table: str, tenant: str, number: int) -> str:
    """A row with something in every column, whatever the table; some ids are counted over all tenants."""
    columns = await connection.fetch(COLUMNS, table)
    given = {"tenant": tenant, "id": number, "state": "done" if table == "export_job" else "clean"}
    values = [f"CAST('{given.get(name, '2026-01-01' if 'time' in kind else 1)}' AS {kind})" for name, kind in columns]
    return f"INSERT INTO {table} ({', '.join(name for name, _ in columns)}) VALUES ({', '.join(values)})"


@pytest.fixture
async def superuser(postgres: Database) -> AsyncIterator["asyncpg.Connection"]:
    connection = await connected(postgres.admin_url)
    yield connection
    await connection.close()


@pytest.fixture
async def tables(superuser) -> Sequence[str]:
    """Every table that has a tenant, with a row of each of two."""
    found = [row["name"] for row in await superuser.fetch(TABLES) if row["has_tenant"]]
    await superuser.execute("SET session_replication_role = replica")
    for name in found:
        for number, tenant in enumerate(BOTH):
            await superuser.execute(await inserting(superuser, name, tenant, number))
    return found


@pytest.fixture
async def service(postgres: Database, tables) -> AsyncIterator["asyncpg.Connection"]:
    connection = await connected(postgres.url, "ROLE stateward_service")
    yield connection
    await connection.close()


async def owners(connection: "asyncpg.Connection", tables: Sequence[str]) -> dict[str, set[str]]:
    """Whose rows a query without any filter finds."""
    return {name: {row["tenant"] for row in await connection.fetch(f"SELECT tenant FROM {name}")} for name in tables}


async def test_every_table_has_a_tenant_and_a_wall_or_is_nobodys(superuser):
    found = await superuser.fetch(TABLES)
    assert {row["name"] for row in found if not row["has_tenant"]} == OF_NOBODY
    assert [row["name"] for row in found if row["has_tenant"] and not row["walled"]] == []


async def test_a_query_without_a_filter_finds_nothing_in_any_table(service, tables):
    assert await owners(service, tables) == {name: set() for name in tables}


async def test_a_query_without_a_filter_finds_what_the_transaction_named(service, tables):
    await service.execute(f"SET {within('globex')}")
    assert await owners(service, tables) == {name: {"globex"} for name in tables}
    await service.execute(f"SET {within(*BOTH)}")
    assert await owners(service, tables) == {name: set(BOTH) for name in tables}


async def test_no_row_is_written_for_another_tenant(service, tables):
    await service.execute(f"SET {within('acme')}")
    for name in tables:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(await inserting(service, name, "globex", 2))


async def test_what_keeps_such_rows_out_is_the_wall_and_not_the_rights(service, tables):
    may = [name for name in tables if await service.fetchval("SELECT has_table_privilege($1, 'INSERT')", name)]
    assert set(tables) - set(may) == {"audit_leaf", "blob_usage"}
    for name in may:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="violates row-level security policy"):
            await service.execute(await inserting(service, name, "globex", 2))


async def test_no_row_is_moved_to_another_tenant_and_none_of_another_is_changed(service, tables):
    await service.execute(f"SET {within('acme')}")
    changed = []
    for name in tables:
        if not await service.fetchval("SELECT has_column_privilege($1, 'tenant', 'UPDATE')", name):
            continue
        grows = ", seq = seq + 1" if name == "cases" else ""
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="violates row-level security policy"):
            await service.execute(f"UPDATE {name} SET tenant = 'initech'{grows}")
        assert await service.execute(f"UPDATE {name} SET tenant = tenant{grows} WHERE tenant = 'globex'") == "UPDATE 0"
        changed.append(name)
    assert {"cases", "clock", "idempotency", "policy_line"} <= set(changed)


async def test_nothing_of_another_tenant_is_deleted(service, tables):
    await service.execute(f"SET {within('acme')}")
    may = [name for name in tables if await service.fetchval("SELECT has_table_privilege($1, 'DELETE')", name)]
    assert "blob" in may
    for name in may:
        assert await service.execute(f"DELETE FROM {name} WHERE tenant = 'globex'") == "DELETE 0"


async def test_the_owner_sees_no_more_than_its_functions_need(superuser, tables):
    await superuser.execute("RESET session_replication_role; SET ROLE stateward_owner")
    seen = {name for name, found in (await owners(superuser, tables)).items() if found}
    assert seen == {
        *("audit_entry", "audit_leaf", "audit_pending", "cases", "case_text", "clock", "idempotency", "policy_line"),
        *(
            "audit_checkpoint",
            "audit_tile",
            "rate_limit",
            "attachment",
            "blob",
            "blob_chunk",
            "blob_upload",
            "blob_usage",
            "blob_scan",
            "export_job",
        ),
    }


async def test_the_windows_show_what_they_are_for_and_nothing_else(service, superuser):
    columns = """SELECT relname, array_agg(attname::text ORDER BY attnum) AS columns FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
        AND relname NOT IN ('every_clock', 'every_policy_line') GROUP BY 1"""
    assert dict(await superuser.fetch(columns)) == {
        "every_case": ["tenant", "id", "definition"],
        "case_count": ["definition", "cases", "open"],
        "every_answer": ["expires_at"],
        "log_waiting": ["since"],
        "every_rate": ["full_at"],
        "unattached_blob": ["tenant", "sha256", "size", "upload", "kept_at"],
        "loose_upload": ["tenant", "upload"],
        "every_upload": ["tenant", "upload"],
        "every_scan": ["tenant", "sha256", "kept_at", "next_at"],
        "every_export": ["tenant", "id", "state", "held_until", "ends_at"],
    }
    for window in ("every_clock", "every_case", "every_policy_line", "every_answer", "every_rate"):
        assert await service.fetchval(f"SELECT count(*) FROM {window}") == 2
    for change in ("UPDATE every_clock SET status = 'x'", "DELETE FROM every_clock", "DELETE FROM every_policy_line"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(change)


async def test_a_role_of_ones_own_sees_nothing_until_a_policy_says_whose_rows(superuser, tables):
    name = await superuser.fetchval("SELECT current_database()")
    await superuser.execute(f"CREATE ROLE report_{name}; GRANT SELECT ON cases TO report_{name}")
    await superuser.execute(f"SET ROLE report_{name}; SET {within(*BOTH)}")
    assert await owners(superuser, ["cases"]) == {"cases": set()}
    policy = f"CREATE POLICY report_{name} ON cases FOR SELECT TO report_{name} USING (tenant = 'acme')"
    await superuser.execute(f"RESET ROLE; {policy}; SET ROLE report_{name}")
    assert await owners(superuser, ["cases"]) == {"cases": {"acme"}}
    await superuser.execute(f"RESET ROLE; DROP OWNED BY report_{name}; DROP ROLE report_{name}")


def without_the_tenant(wanted: Select) -> Select:
    """The same query as somebody would write it who forgot whose rows he wants."""

    def forgotten(element, **_):
        names = isinstance(element, BinaryExpression) and getattr(element.left, "key", None) == "tenant"
        return true() if names and not hasattr(element.right, "table") else None

    return replacement_traverse(wanted, {}, forgotten)


async def test_the_queries_of_the_store_find_nothing_where_they_forget_the_tenant(postgres: Database):
    store, case = open_store(postgres.url), a_case(reference="R-1")
    async with store.transaction(TENANT) as tx:
        await tx.record(opening(case))
    await store.sequence(10)
    kinds = [Kind(case.state, case.case_type)]
    for wanted in (
        listing.page(CaseQuery(tenant=TENANT, visible=ALL), kinds, store._now()),
        ledger.entries(TENANT, case.id, False, None, 10),
        log_order.of_case(TENANT, case.id, -1, 10),
    ):
        forgot = without_the_tenant(wanted)
        assert TENANT in wanted.compile().params.values()
        assert TENANT not in forgot.compile().params.values()
        assert len(await store._rows(forgot, TENANT)) == 1
        assert await store._rows(forgot, "globex") == []
        assert await store._rows(wanted) == []
    await store.close()


async def test_what_a_transaction_named_ends_with_it(postgres: Database):
    """On a pool of one connection, so that everybody gets the same."""
    store, case, key = open_store(postgres.url, pool_size=1), a_case(), an_answer().key
    at_rest = listing.text(f"SELECT current_setting('{SETTING}') AS named")

    async def named() -> str:
        return (await store._rows(at_rest))[0]["named"]

    async with store.transaction(TENANT) as tx:
        await tx.record(opening(case))
    ((_, driver),) = store._idle
    assert await driver.fetchval(f"SELECT current_setting('{SETTING}')") == ""
    await store.close()
    assert (await store.case(CaseKey(TENANT, case.id))).case == case
    assert await named() == ""
    assert await store.cases(CaseQuery(tenant=TENANT, visible=ALL)) == [case]
    assert await named() == ""
    with pytest.raises(Exception, match="division by zero"):
        await store._rows(listing.text("SELECT 1 / 0"), TENANT)
    assert await named() == ""
    await store.note_api_key_uses({(TENANT, key.key): case.opened_at})
    assert await named() == ""
    with pytest.raises(Refused):
        await store._write(listing.text("INSERT INTO audit_pending VALUES ('acme', 'x'), ('acme', 'x')"), TENANT)
    assert await named() == ""
    await store.close()


async def test_a_transaction_that_looks_for_what_is_due_is_about_what_it_found(postgres: Database):
    store, case, other = open_store(postgres.url), a_case(), a_case(tenant="globex")
    async with store.transaction(*BOTH) as tx:
        await tx.record(opening(case, other))
        await tx.record(Record(clocks=[a_clock(case, next_fire_at=LONG_AGO)]))
    async with store.transaction() as tx:
        assert list((await tx.lock_due(10)).cases) == [CaseKey(TENANT, case.id)]
        assert (await tx.lock([CaseKey("globex", other.id)], [])).cases == {}
        await tx.record(Record(entries=[denied(case)]))

    async def about_another() -> None:
        async with store.transaction() as tx:
            await tx.lock_due(10)
            await tx.record(Record(entries=[denied(other)]))

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="audit_"):
        await about_another()
    await store.close()


@pytest.mark.parametrize("name", ["", "ACME", "a,b", "a'; DROP TABLE cases; --", '"', "{acme}", "**"])
def test_only_the_name_of_a_tenant_becomes_part_of_a_statement(name):
    with pytest.raises(ValueError, match="not the name of a tenant"):
        entering([TENANT, name])


async def test_a_tenant_may_be_called_null(postgres: Database):
    store, case = open_store(postgres.url), a_case(tenant="null")
    async with store.transaction("null") as tx:
        await tx.record(opening(case))
    assert await store.cases(CaseQuery(tenant="null", visible=ALL)) == [case]
    await store.close()


async def test_all_that_concerns_every_tenant_works_where_an_owner_who_is_no_superuser_migrated(
    postgres_server, empty_postgres: Database
):
    name = make_url(empty_postgres.url).database
    await postgres_server.run(
        f"CREATE ROLE builder_{name} LOGIN CREATEROLE",
        f"GRANT stateward_owner, stateward_service TO builder_{name} WITH ADMIN OPTION",
        f"ALTER DATABASE {name} OWNER TO builder_{name}",
    )
    await migrate(empty_postgres.url, postgres_server.url(name, f"builder_{name}"))
    store, case, other = open_store(empty_postgres.url), a_case(), a_case(tenant="globex")
    clocks = [a_clock(one, next_fire_at=LONG_AGO) for one in (case, other)]
    async with store.transaction(*BOTH) as tx:
        await tx.record(opening(case, other))
        await tx.record(Record(clocks=clocks, answers=[an_answer("k", {}, tenant=tenant) for tenant in BOTH]))
    async with store.transaction() as tx:
        assert len((await tx.lock_due(10)).cases) == 2
    assert (await store.next_due())[0] == LONG_AGO
    assert len(await store.every_clock(None, 10)) == 2
    assert [count for *_, count in await store.clock_counts()] == [2]
    assert await store.sequence(10) == 2
    assert await store.forget_answers() == 0
    await store.forget_rates()
    assert await store.warnings() == []
    await store.close()


async def test_a_wall_that_somebody_took_down_is_a_warning(postgres: Database, superuser):
    store = open_store(postgres.url)
    assert await store.warnings() == []
    await superuser.execute("ALTER TABLE cases NO FORCE ROW LEVEL SECURITY")
    await superuser.execute("ALTER TABLE comment DISABLE ROW LEVEL SECURITY")
    assert await store.warnings() == ["row-level security is off, or not forced, on cases, comment"]
    await store.close()
