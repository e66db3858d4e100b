"""Who reads much takes places that are not others', and reads a portion at a time."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest

from app.db.reads.ledger import MOST_BYTES, MOST_ROWS, portions
from app.services.assembly import Assembly
from app.services.fairness.long_reads import Reads
from tests.databases import Database
from tests.factories import TENANT
from tests.house import ADMIN, ALICE, actor, attempt, open_claim, submit
from tests.over_http import client_of

ODD = 'a "name"\\ \n of ümlauts, 💼'
READS = {
    "the log of a case": "/cases/{case}/audit",
    "the refusals of a case": "/cases/{case}/audit?denied=true",
    "the log of the tenant": "/audit",
    "the log of the tenant that is waited for": "/audit?wait=1",
    "the log of the service": "/audit?log=service",
}


@pytest.mark.parametrize("read", READS)
async def test_a_tenant_that_reads_much_leaves_places_for_others(house: Assembly, read: str) -> None:
    case = await open_claim(house)
    path = "/api/v1" + READS[read].format(case=case)
    await house.ledger.sequence()
    places = house.cases.reads.places
    with ExitStack() as held:
        for n in range(places.most // 2):
            held.enter_context(places.taking((TENANT, f"user:reader-{n}")))
        async with client_of(house, "admin", user="root") as http:
            refused = await http.get(path)
            assert (refused.status_code, refused.json()["code"]) == (503, "unavailable"), refused.text
            assert "of your tenant" in refused.json()["detail"]
        async with house.cases.reads.reading(actor("x", tenant="globex")):
            pass
    async with client_of(house, "admin", user="root") as http:
        assert (await http.get(path)).status_code == 200
    assert places.taken == 0


async def test_one_of_a_tenant_reads_at_a_time_and_the_others_in_their_turn() -> None:
    reads, under_way, most = Reads(), Counter[str](), Counter[str]()

    async def read(tenant: str, n: int) -> None:
        async with reads.reading(actor(f"reader-{n % 4}", tenant=tenant)):
            under_way[tenant] += 1
            most[tenant] = max(most[tenant], under_way[tenant])
            for _ in range(3):
                await asyncio.sleep(0)
            under_way[tenant] -= 1

    await asyncio.gather(*(read(tenant, n) for tenant in ("acme", "globex") for n in range(20)))
    assert most == {"acme": 1, "globex": 1}
    assert reads._gates == {}


async def test_a_page_of_the_log_is_read_a_portion_at_a_time(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    payload = {"note": "n", ODD: [2.5, "\u2028"], **{f"f{n}": n for n in range(149)}}
    for _ in range(4):
        done = await submit(house, *(attempt(ALICE, "add_note", claim, payload=payload) for _ in range(5)))
        assert [one.error for one in done] == [None] * 5
    await house.ledger.sequence()
    reading, most = house.store._reading, []

    @asynccontextmanager
    async def counted(*tenants: str) -> AsyncIterator[Any]:
        async with reading(*tenants) as read:

            async def counting(asked: Any, values: Any = None) -> Sequence[Any]:
                rows = await read(asked, values)
                most.append(sum(len(json.loads(f"{{{row['whole']}}}")) for row in rows if "whole" in row))
                return rows

            yield counting

    house.store._reading = counted  # type: ignore[method-assign]
    entries = await house.cases.log(ADMIN, claim, False, None, 200)
    assert [len(entry.values) for entry in entries[1:]] == [151] * 20
    page = await house.ledger.feed(ADMIN, -1, 200, 0, _nobody)
    assert [leaf.entry.values for leaf in page.items if leaf.case_id == claim] == [entry.values for entry in entries]
    odd = entries[1].values[f"/payload/{ODD}"]
    assert odd == [2.5, "\u2028"]
    assert MOST_ROWS // 2 < max(most) <= MOST_ROWS


async def _nobody() -> Any:
    raise AssertionError("nobody waited")


def test_a_portion_has_an_entry_and_no_more_than_may_be_read_at_once() -> None:
    def told(*sizes: tuple[int, int]) -> list[Any]:
        return [{"entry_id": str(n), "count": count, "size": size} for n, (count, size) in enumerate(sizes)]

    cut: Callable[..., list[list[str]]] = lambda *sizes: list(portions(told(*sizes)))  # noqa: E731
    assert cut() == []
    assert cut((1, MOST_BYTES * 9)) == [["0"]]
    assert cut((1, 10), (1, MOST_BYTES), (1, 10)) == [["0"], ["1"], ["2"]]
    assert cut((MOST_ROWS, 1), (1, 1), (MOST_ROWS - 1, 1)) == [["0"], ["1", "2"]]
