"""What is new in a log is signed and published, by one process at a time, and never against what was published."""

import asyncio
from dataclasses import replace

import pytest

from app.db import open_store
from app.domain.log.notes import Checkpoint, SigningKey, opened
from app.domain.log.tiles import tile_root
from app.domain.log.tree import Frontier, verify_consistency, verify_inclusion
from app.metrics.process import Metrics
from app.services.assembly import Assembly
from app.services.log import tiling
from app.services.log.checkpoints import Checkpoints
from app.services.log.restored import departed, tell_restored
from app.services.store.failures import Refused
from app.services.store.log_tree import FullTile, StoredCheckpoint
from app.services.store.ports import Store
from app.worker import readiness
from tests import note_reader
from tests.databases import Database
from tests.factories import OPENED, TENANT
from tests.house import connect, rows
from tests.signing import KEY, NAME, ORIGIN, Shelf, free, note_of, published, signer, write


async def hashes(database: Database, tenant: str = TENANT) -> list[bytes]:
    """The leaves, read without our code."""
    found = await rows(
        database,
        f"""SELECT e.entry_hash FROM audit_leaf l JOIN audit_entry e
        ON e.tenant = l.tenant AND e.entry_id = l.entry_id WHERE l.tenant = '{tenant}' ORDER BY l.leaf_index""",
    )
    return [bytes.fromhex(row["entry_hash"]) for row in found]


def root_over(leaves: list[bytes]) -> bytes:
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


async def test_what_is_new_is_signed_stored_and_published(store: Store, database: Database, tmp_path):
    await write(store, 3)
    done = await signer(store, tmp_path).look()
    assert done is not None
    assert (done.signed, done.refused) == (1, {})
    stored = await store.checkpoint(TENANT)
    assert stored is not None
    root = root_over(await hashes(database))
    assert note_reader.read(stored.note.encode(), str(KEY.verifier)) == (ORIGIN, 3, root)
    assert (stored.size, stored.root) == (3, root)
    assert await published(tmp_path) == {ORIGIN: (3, stored.note)}


async def test_nothing_new_is_signed_once(store: Store, tmp_path):
    await write(store, 1)
    signing = signer(store, tmp_path)
    assert [done.signed for _ in range(3) if (done := await signing.look())] == [1, 0, 0]


async def test_a_log_grows_past_full_tiles_and_each_checkpoint_is_of_its_moment(store, database, tmp_path):
    signing, sizes = signer(store, tmp_path), []
    for count in (255, 1, 1, 300):
        await write(store, count)
        await signing.look()
        sizes.append((await store.checkpoint(TENANT)).size)
    assert sizes == [255, 256, 257, 557]
    leaves = await hashes(database)
    for size in sizes:
        assert (await store.checkpoint(TENANT, size)).root == root_over(leaves[:size])
    assert [await store.tiles_kept(TENANT, level) for level in (0, 1)] == [2, 0]
    for index in (0, 255, 256, 511, 512, 556):
        path = await tiling.path(store, TENANT, index, 557)
        assert verify_inclusion(index, 557, leaves[index], path, root_over(leaves))
    for first in sizes:
        steps = await tiling.steps(store, TENANT, first, 557)
        assert verify_consistency(first, 557, steps, root_over(leaves[:first]), root_over(leaves))


async def test_every_tenant_has_a_log_of_its_own(store, database, tmp_path):
    for tenant, count in (("acme", 2), ("globex", 5)):
        await write(store, count, tenant)
    await signer(store, tmp_path).look()
    found = await published(tmp_path)
    assert {origin: size for origin, (size, _) in found.items()} == {f"{NAME}/acme": 2, f"{NAME}/globex": 5}
    assert len(next(iter(tmp_path.glob("*.jsonl"))).read_text().splitlines()) == 2


async def test_without_a_key_nothing_is_signed_and_without_a_place_it_is_signed_here_alone(store):
    await write(store, 1)
    unsigned = Checkpoints(store, None, None)
    assert (await unsigned.look(), unsigned.manner, await store.checkpoint(TENANT)) == (None, "unsigned", None)
    here = signer(store, None)
    assert (await here.look()).signed == 1
    assert here.manner == "unpublished"
    assert signer(store, Shelf()).manner == "published"


async def test_one_process_signs_until_its_lease_ends(store):
    await write(store, 1)
    first, second = signer(store, None), signer(store, None)
    assert await first.look() is not None
    await write(store, 1)
    assert await second.look() is None
    assert (await first.look()).signed == 1
    await free(store)
    assert await second.look() is not None
    assert await first.look() is None


async def test_many_who_would_sign_at_once_publish_each_size_once(store, database):
    shelf = Shelf()
    others = [open_store(database.url) for _ in range(3)]
    for _ in range(3):
        await write(store, 2)
        await asyncio.gather(*(signer(one, shelf).look() for one in others))
    sizes = [Checkpoint.parse(note.partition("\n\n")[0] + "\n").size for note in shelf.notes]
    assert sizes == sorted(set(sizes))
    for one in others:
        await one.close()


async def test_what_was_published_before_a_crash_is_taken_up_again(store, database):
    """The process ended between the place and the database."""
    await write(store, 2)
    shelf = Shelf()
    shelf.notes = [note_of(2, root_over(await hashes(database)))]
    assert (await signer(store, shelf).look()).signed == 1
    assert (await store.checkpoint(TENANT)).note == shelf.notes[0] == shelf.notes[-1]


async def test_what_was_signed_here_alone_is_published_once_there_is_a_place(store: Store):
    """Also where nothing new comes."""
    await write(store, 2)
    await signer(store, None).look()
    await free(store)
    shelf = Shelf()
    signing = signer(store, shelf)
    assert [(await signing.look()).signed for _ in range(2)] == [1, 0]
    assert shelf.notes == [(await store.checkpoint(TENANT)).note]


class TestWhatWasPublished:
    """A log that is not what was published of it is not signed."""

    async def test_a_shorter_log_is_refused_loudly_though_nothing_is_new(self, store, caplog):
        await write(store, 2)
        shelf = Shelf()
        await signer(store, shelf).look()
        shelf.notes = [note_of(5, bytes(32))]
        signing = signer(store, shelf)
        await free(store)
        done = await signing.look()
        assert list(done.refused) == [TENANT]
        assert done.signed == 0
        assert "stateward audit restored" in (await signing.warnings())[0]
        assert "refused to sign" in caplog.text

    async def test_a_log_that_says_something_else_is_refused(self, store):
        await write(store, 2)
        shelf = Shelf()
        shelf.notes = [note_of(1, b"\1" * 32)]
        done = await signer(store, shelf).look()
        assert (done.signed, list(done.refused)) == (0, [TENANT])
        assert await store.checkpoint(TENANT) is None
        assert len(shelf.notes) == 1

    async def test_one_tenants_trouble_is_nobody_elses(self, store):
        for tenant in ("acme", "globex"):
            await write(store, 2, tenant)
        shelf = Shelf()
        shelf.notes = [note_of(1, b"\1" * 32)]
        done = await signer(store, shelf).look()
        assert (done.signed, list(done.refused)) == (1, ["acme"])

    async def test_what_a_stranger_signed_is_refused(self, store):
        await write(store, 2)
        shelf = Shelf()
        stranger = SigningKey.new(NAME)
        await signer(store, shelf, stranger).look()
        await free(store)
        await write(store, 1)
        done = await signer(store, shelf).look()
        assert "set both" in done.refused[TENANT]

    async def test_while_the_place_is_away_nothing_is_signed_and_then_all_of_it(self, store):
        await write(store, 2)
        shelf = Shelf()
        shelf.usable = False
        signing = signer(store, shelf)
        done = await signing.look()
        assert (done.signed, await store.checkpoint(TENANT)) == (0, None)
        assert "the share is away" in (await signing.warnings())[0]
        shelf.usable = True
        assert (await signing.look()).signed == 1
        assert await signing.warnings() == []

    async def test_a_restored_backup_is_signed_again_once_an_operator_said_so(self, store, database):
        await write(store, 2)
        shelf = Shelf()
        shelf.notes = [note_of(5, b"\1" * 32)]
        signing = signer(store, shelf)
        assert list((await signing.look()).refused) == [TENANT]
        found = [one async for one in departed(store, shelf, NAME)]
        assert [(head.tenant, before.size) for head, before in found] == [(TENANT, 5)]
        for head, before in found:
            await tell_restored(store, head, before, "operator:ann", "the disk died")
        assert list((await signing.look()).refused) == [TENANT], "until the entry has its place"
        await store.sequence(10)
        assert (await signing.look()).signed == 1
        assert [one async for one in departed(store, shelf, NAME)] == []
        entries = [row["entry"] for row in await rows(database, "SELECT entry FROM audit_entry WHERE kind = 'restore'")]
        assert len(entries) == 1
        assert "the disk died" not in entries[0]
        assert '"continues":{"size":2}' in entries[0]

    async def test_what_an_operator_said_once_is_no_leave_for_the_next_time(self, store):
        await write(store, 2)
        shelf = Shelf()
        shelf.notes = [note_of(5, b"\1" * 32)]
        async for head, before in departed(store, shelf, NAME):
            await tell_restored(store, head, before, "operator:ann", "the disk died")
        await store.sequence(10)
        shelf.notes = [note_of(6, b"\1" * 32)]
        assert list((await signer(store, shelf).look()).refused) == [TENANT]


async def test_while_keys_are_exchanged_both_sign(store):
    await write(store, 1)
    shelf, later = Shelf(), SigningKey.new(NAME)
    for keys in ([KEY], [KEY, later], [later]):
        await free(store)
        assert (await signer(store, shelf, *keys).look()).refused == {}
        await write(store, 1)
    assert [signers(note, KEY, later) for note in shelf.notes] == [{0}, {0, 1}, {1}]


def signers(note: str, *keys: SigningKey) -> set[int]:
    known = [key.verifier for key in keys]
    return {known.index(key) for key in opened(note, known).signers}


async def test_readyz_and_the_metrics_say_how_the_signing_stands(house: Assembly, tmp_path):
    (tmp_path / "policies").mkdir()
    await house.store.sequence(1_000)  # what was declared may have waited for a while
    found = await readiness(house, tmp_path / "policies")
    assert (found.details["checkpoints"], found.warnings) == ("unsigned", ())
    await write(house.store, 1)
    shelf, metrics = Shelf(), Metrics(house.store)
    house.checkpoints = signer(house.store, shelf)
    house.tell_signed(metrics.record_signed)
    await house.checkpoints.look()
    assert "stateward_log_signing_refused 0.0" in (await metrics.exposed())[1].decode()
    shelf.notes.append(note_of(9, bytes(32)))
    await house.checkpoints.look()
    found = await readiness(house, tmp_path / "policies")
    assert found.details["checkpoints"] == "published"
    assert [TENANT in warning for warning in found.warnings] == [True]
    told = (await metrics.exposed())[1].decode()
    assert "stateward_log_signing_refused 1.0" in told
    assert "stateward_log_checkpoints_total 2.0" in told


async def test_a_signer_that_is_gone_is_told(store: Store):
    await write(store, 1)
    signing = signer(store, None)
    await signing.look()
    assert await signing.warnings() == []
    assert await store.hold_signing(signing._me, -60) is not None
    [warning] = await signing.warnings()
    assert warning.startswith("nobody has looked for what to sign for ")


WIDE = 256


async def test_postgresql_takes_no_tile_and_no_checkpoint_that_the_log_does_not_bear_out(postgres: Database):
    """Whoever has the service's login could not put them right again."""
    store = open_store(postgres.url)
    await write(store, WIDE)
    [hashes_of] = await store.tiles_below(TENANT, 0, 0, 1)
    good = FullTile(0, 0, hashes_of, tile_root(hashes_of))
    above = await above_of(postgres)
    for wrong in (
        replace(good, root=bytes(32)),
        replace(good, hashes=hashes_of[::-1], root=tile_root(hashes_of[::-1])),
        replace(good, index=1),
        replace(above, root=bytes(32)),
        replace(above, hashes=above.hashes[::-1]),
        replace(above, index=1),
    ):
        with pytest.raises(Refused, match="the tile"):
            await store.keep_tiles(TENANT, [wrong])
    await store.keep_tiles(TENANT, [good])
    await store.keep_tiles("globex", [above])
    false = StoredCheckpoint(tenant=TENANT, size=WIDE + 1, root=bytes(32), note="note", at=OPENED)
    with pytest.raises(Refused, match="entries that are there"):
        await store.keep_checkpoints([false])
    await store.close()


async def above_of(postgres: Database) -> FullTile:
    """A tile of the second level, over 256 that nobody looked at."""
    admin = await connect(postgres)
    roots = [bytes([n]) * 32 for n in range(WIDE)]
    await admin.execute("SET session_replication_role = replica")
    await admin.executemany(
        "INSERT INTO audit_tile VALUES ('globex', 0, $1, $2, '')", [(n, root) for n, root in enumerate(roots)]
    )
    await admin.close()
    return FullTile(1, 0, b"".join(roots), tile_root(b"".join(roots)))
