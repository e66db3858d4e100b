"""A later release adds columns while this one serves: what it prepared before goes on."""

from app.services.assembly import Assembly
from app.services.entries.identity import new_id
from app.services.store.case_query import CaseQuery
from app.services.store.ports import Store
from app.services.store.stored import CaseKey
from tests.databases import Database
from tests.factories import TENANT, an_answer
from tests.house import CLERK, SUPERVISOR, applied, attempt, change, open_claim, rows, tried
from tests.working import claim, comment, release

TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%case_words%'",
    "postgres": "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
}


async def use(house: Assembly, store: Store, case_id: str) -> None:
    """Go every way to cases and what belongs to them."""
    key = CaseKey(TENANT, case_id)
    async with store.transaction(TENANT) as tx:
        await tx.lock([key, CaseKey(TENANT, case_type="expense_claim", reference="R-1")], [an_answer().key])
        await tx.lock_due(10)
    await open_claim(house, to="checks")
    applied(await claim(house, case_id, CLERK))
    applied(await release(house, case_id, CLERK))
    applied(await comment(house, case_id, SUPERVISOR, "Please"))
    applied(await tried(house, attempt(SUPERVISOR, "add_note", case_id, key=new_id(), payload={"note": "Soon"})))
    await store.sequence(1_000)
    await store.cases(CaseQuery(tenant=TENANT, visible=await house.cases.visible(SUPERVISOR)))
    await store.entries(TENANT, case_id, denied=True, after=None, limit=10)
    await store.clocks(TENANT, [case_id])
    await store.every_clock(None, 10)
    await store.policy_lines()
    await store.next_due()
    assert (await house.cases.read(SUPERVISOR, case_id)).state == "review.first_line"


async def test_a_column_more_in_any_table_breaks_nothing_that_is_open(
    house: Assembly, store: Store, database: Database
):
    case_id = await open_claim(house, to="review")
    for _ in range(2):
        await use(house, store, case_id)
    for table in await rows(database, TABLES[database.kind]):
        await change(database, f"ALTER TABLE {table['name']} ADD COLUMN of_a_later_release TEXT DEFAULT 'x'")
    for _ in range(2):
        await use(house, store, case_id)
