"""The generated cases of the benchmark are such as the product would have made: every entry verifies."""

import json
from typing import Any

import pytest
import rfc8785

from app.db import open_store
from app.domain.case.sealing import commitment, entry_hash, genesis
from app.domain.case.search_text import own_words
from app.services.cases.views import Wanted
from bench.generate import generate
from bench.grown import without_clocks
from bench.stories import STORIES
from bench.words import FREQUENT
from tests.databases import Database
from tests.factories import TENANT
from tests.house import ADMIN, CLERK, actor, applied, declared, fire, rows, running, state

COUNT = 200


@pytest.fixture
async def generated(postgres: Database) -> Database:
    async with running(open_store(postgres.url), without_clocks(declared())) as house:
        await generate(postgres.url, house.definitions, house.policies.engine, TENANT, COUNT)
    return postgres


async def test_every_generated_entry_is_canonical_and_has_its_hash(generated: Database) -> None:
    for row in await _entries(generated):
        entry = json.loads(row["entry"])
        assert rfc8785.dumps(entry).decode() == row["entry"]
        assert entry_hash(row["entry"].encode()) == row["entry_hash"]
        columns = {"entry_id": "entry_id", "kind": "kind", "case_id": "case_id", "case_seq": "case_seq"}
        columns |= {"source": "source", "target": "target", "prev": "prev_hash", "tenant": "tenant"}
        assert {name: entry[name] for name in columns} == {name: row[column] for name, column in columns.items()}
        assert entry["at"] == row["at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def test_every_generated_value_has_its_commitment(generated: Database) -> None:
    values = await rows(generated, "SELECT * FROM audit_payload")
    by_entry: dict[str, dict[str, str]] = {}
    for row in values:
        committed = commitment(row["path"], row["salt"], json.loads(row["value"]))
        by_entry.setdefault(row["entry_id"], {})[row["path"]] = committed
    for row in await _entries(generated):
        assert json.loads(row["entry"])["fields"] == by_entry.get(row["entry_id"], {})


async def test_the_chains_of_generated_cases_hold_and_end_where_the_cases_are(generated: Database) -> None:
    cases = await rows(generated, "SELECT * FROM cases")
    assert len(cases) == COUNT
    entries = await _entries(generated)
    for case in cases:
        chain = [row for row in entries if row["case_id"] == case["id"]]
        hashes = [genesis(TENANT, case["id"], case["definition"]), *(row["entry_hash"] for row in chain)]
        assert [row["prev_hash"] for row in chain] == hashes[:-1]
        assert [row["case_seq"] for row in chain] == list(range(1, case["seq"] + 1))
        assert [row["at"] for row in chain] == sorted(row["at"] for row in chain)
        assert (chain[-1]["target"], hashes[-1]) == (case["state"], case["last_hash"])
        assert chain[-1]["at"] == case["changed_at"] == case["recorded_at"]


async def test_the_generated_log_has_what_comes_with_an_entry(generated: Database) -> None:
    entries = {row["entry_id"] for row in await _entries(generated)}
    pending = {
        row["entry_id"] for row in await rows(generated, f"SELECT * FROM audit_pending WHERE tenant = '{TENANT}'")
    }
    assert pending == entries
    submitted = {row["case_id"] for row in await _entries(generated) if json.loads(row["entry"])["event"] == "submit"}
    actors = await rows(generated, "SELECT * FROM case_actor WHERE event = 'submit'")
    assert {row["case_id"] for row in actors} == submitted


async def test_generated_cases_have_the_words_that_the_product_would_have_written(generated: Database) -> None:
    texts = {row["case_id"]: row for row in await rows(generated, "SELECT * FROM case_text")}
    async with running(open_store(generated.url), without_clocks(declared())) as house:
        for row in await rows(generated, "SELECT id FROM cases"):
            case = await state(house, row["id"])
            fields = house.definitions.of(case.definition).texts
            assert texts[case.id]["own"] == own_words(case, fields)
        page = await house.cases.find(ADMIN, Wanted(q=FREQUENT, count=True))
        assert page.count is not None
        assert COUNT * 0.3 < page.count.value < COUNT * 0.7


async def test_the_product_goes_on_with_generated_cases(generated: Database) -> None:
    async with running(open_store(generated.url), without_clocks(declared())) as house:
        waiting = "SELECT id FROM cases WHERE state = 'submitted' LIMIT 20"
        for row in await rows(generated, waiting):
            assert applied(await fire(house, row["id"], "triage", CLERK))["state"] == "review.first_line"
            assert (await state(house, row["id"])).seq == 3


async def test_the_creator_of_a_generated_case_may_not_approve_it(generated: Database) -> None:
    [row] = await rows(generated, "SELECT id, creator FROM cases WHERE state = 'review.first_line' LIMIT 1")
    async with running(open_store(generated.url), without_clocks(declared())) as house:
        creator = actor(row["creator"].removeprefix("user:"), "manager")
        answer = await fire(house, row["id"], "approve", creator)
        assert answer.error is not None
        assert answer.error.code == "denied"


async def test_the_same_seed_makes_the_same_ids_and_another_seed_others(generated: Database) -> None:
    async with running(open_store(generated.url), without_clocks(declared())) as house:
        for tenant, seed in (("same", 1), ("different", 2)):
            await generate(generated.url, house.definitions, house.policies.engine, tenant, COUNT, seed=seed)
    ids = {tenant: await _case_ids(generated, tenant) for tenant in (TENANT, "same", "different")}
    assert ids[TENANT] == ids["same"]
    assert not ids[TENANT] & ids["different"]


def test_the_shares_of_the_stories_are_of_a_thousand() -> None:
    assert sum(story.share for story in STORIES) == 1000


async def _entries(database: Database) -> list[dict[str, Any]]:
    sql = f"SELECT * FROM audit_entry WHERE tenant = '{TENANT}' ORDER BY case_id, case_seq"
    return await rows(database, sql)


async def _case_ids(database: Database, tenant: str) -> set[str]:
    return {row["id"] for row in await rows(database, f"SELECT id FROM cases WHERE tenant = '{tenant}'")}
