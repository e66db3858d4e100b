"""Exports of a log that is signed: what a checkpoint holds, and one that was kept elsewhere contradicts."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.db import open_store
from app.domain.log.notes import SigningKey
from app.services.log.export_filter import ExportFilter
from app.services.log.exports import Asked, Exports
from app.verify import verify
from tests.exporting import TakenApart, export, live, verdict_of
from tests.factories import TENANT
from tests.house import change, open_claim
from tests.signing import KEY, ORIGIN, free, signer


@pytest.fixture
async def log(house, tmp_path):
    """A log with three checkpoints, published in a folder."""
    for _ in range(3):
        await live(house, 1)
        assert await signer(house.store, tmp_path / "published", KEY).look()
        await free(house.store)
    return house


def published(folder: Path, back: timedelta = timedelta(minutes=5)) -> str:
    """What stands outside, as if it had been published some time ago."""
    [file] = folder.glob("published/checkpoints-*.jsonl")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    at = (datetime.now(UTC) - back).isoformat().replace("+00:00", "Z")
    return "".join(json.dumps(line | {"at": at}) + "\n" for line in lines)


async def test_an_export_ends_with_the_newest_checkpoint_and_all_of_it_is_signed(log, tmp_path):
    signed = await log.store.log_size(TENANT)
    await open_claim(log)
    await log.ledger.sequence()
    path = await export(log.store, tmp_path / "export.zip")
    apart = TakenApart.of(path)
    assert len(apart.entries) == signed == apart.manifest["checkpoints"][-1]
    assert apart.manifest["origin"] == ORIGIN
    verdict = verdict_of(path, key=KEY, outside=[("published", published(tmp_path))])
    assert (verdict.verdict, verdict.exit_code, verdict.notes) == ("OK", 0, [])
    assert len(verdict.checkpoints) == 6
    stranger = verdict_of(path, key=SigningKey.new(KEY.name))
    assert {one["class"] for one in stranger.findings} == {"UNKNOWN_KEY"}
    nobody = verdict_of(path, key=None)
    assert (nobody.exit_code, nobody.bound, len(nobody.notes)) == (verify.UNBOUND, signed, 1)


async def test_what_is_not_signed_yet_comes_along_where_that_is_asked_for(log, tmp_path):
    await open_claim(log)
    await log.ledger.sequence()
    asked = Asked(
        tenant=TENANT,
        wanted=ExportFilter(),
        format="zip",
        operator="operator:olga",
        keys=[str(KEY.verifier)],
        unsigned=True,
    )
    path = await export(log.store, tmp_path / "export.zip", asked=asked)
    verdict = verdict_of(path, key=KEY)
    assert (verdict.findings, verdict.exit_code, verdict.size - verdict.bound) == ([], verify.UNBOUND, 1)
    assert verdict_of(path, key=None).notes == []  # keys.txt came along


async def test_a_filtered_export_is_proven_to_the_root_that_was_signed(log, tmp_path):
    path = await export(log.store, tmp_path / "export.zip", ExportFilter(kinds=frozenset({"opened"})))
    verdict = verdict_of(path, key=KEY)
    assert (verdict.findings, verdict.exit_code) == ([], 0)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # a copy of a file is the shortest way back
async def test_a_database_that_was_rolled_back_shows_by_what_was_published(log, database, tmp_path):
    """Before its last checkpoint, and signed on by the true key as if nothing had been there."""
    await change(database, f"VACUUM INTO '{tmp_path / 'back.db'}'")
    await live(log, 1)
    assert await signer(log.store, tmp_path / "published", KEY).look()
    kept = published(tmp_path)
    store = open_store(f"sqlite+aiosqlite:///{tmp_path / 'back.db'}")
    try:
        path = await export(store, tmp_path / "export.zip")
    finally:
        await store.close()
    assert verdict_of(path, key=KEY).exit_code == 0
    verdict = verdict_of(path, key=KEY, outside=[("published", kept)])
    assert {one["class"] for one in verdict.findings} == {"ROLLED_BACK"}


async def test_a_checkpoint_that_was_published_after_the_export_says_nothing_of_it(log, tmp_path):
    path = await export(log.store, tmp_path / "export.zip")
    await live(log, 1)
    await signer(log.store, tmp_path / "published", KEY).look()
    kept = published(tmp_path, back=timedelta(seconds=-5))
    verdict = verdict_of(path, key=KEY, outside=[("published", kept)])
    assert (verdict.findings, len(verdict.notes)) == ([], 1)


async def test_who_alters_the_database_and_all_hashes_of_it_meets_the_checkpoint_before_and_after(log, tmp_path):
    apart = TakenApart.of(await export(log.store, tmp_path / "export.zip"))
    first, second, _ = apart.manifest["checkpoints"]
    at = next(at for at in range(first, second) if apart.entry(at).get("case_id"))
    apart.say(at, apart.entry(at) | {"request_id": "another"})
    apart.rechain(apart.entry(at)["case_id"])
    apart.hash_anew()
    [found] = verdict_of(apart.write(tmp_path / "altered.zip"), key=KEY).findings
    assert (found["class"], found["leaf_index"], found["last_leaf_index"]) == ("ALTERED", first, second - 1)


async def test_of_many_checkpoints_some_are_enclosed_and_the_newest(log):
    size = await log.store.log_size(TENANT)
    found = await log.store.exported_checkpoints(TENANT, size, 2)
    assert (len(found), found[-1].size) == (2, size)
    asked = Asked(tenant=TENANT, wanted=ExportFilter(), format="zip", operator="operator:olga")
    extract = await Exports(log.store).begin(asked)
    assert [one.size for one in extract.checkpoints] == sorted({one.size for one in extract.checkpoints})
    assert len(extract.checkpoints) == 3
