"""The bytes of attachments are kept alike in the database and in a folder: once, wholly, and no longer than needed."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.commands.opening.services import build
from app.commands.terminal.failing import CommandFailed
from app.db import open_store
from app.db.blobs.folder import AttachmentFolder
from app.services.assembly import Assembly
from app.services.entries.identity import new_id
from app.services.store.ports import Store
from app.services.work.attachments import UNATTACHED_FOR
from app.services.work.uploads import AttachmentLimits
from app.settings import load_settings
from tests.calling import signed_in
from tests.databases import Database
from tests.factories import TENANT
from tests.house import actor, change, open_claim, rows, running
from tests.work.test_http_work import CASES, client

PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2500
DIGEST = hashlib.sha256(PHOTO).hexdigest()
LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "attachments"


@pytest.fixture(params=["in the database", "in a folder"])
async def house(request: pytest.FixtureRequest, store: Store, folder: Path) -> AsyncIterator[Assembly]:
    """A house that keeps new bytes in the one or the other."""
    kept_in = AttachmentFolder(folder) if request.param == "in a folder" else None
    async with running(store, folder=kept_in) as started:
        yield started


@pytest.fixture
async def place(house: Assembly) -> str:
    return f"{CASES}/{await open_claim(house)}/attachments"


async def pieces(content: bytes = PHOTO) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 100_000):
        yield content[start : start + 100_000]


async def content(database: Database, folder: Path) -> int:
    """How many contents there are, of uploads that go on too."""
    [row] = await rows(database, "SELECT count(DISTINCT upload) AS n FROM blob_chunk")
    return int(row["n"]) + len(files(folder))


def files(folder: Path, name: str = "*") -> list[Path]:
    return [path for path in folder.rglob(name) if path.is_file()]


def in_the_way(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("in the way")


def linked(path: Path, to: Path) -> None:
    path.parent.mkdir()
    to.mkdir()
    path.symlink_to(to)


async def test_a_file_comes_back_as_it_went_in(house: Assembly, place: str) -> None:
    async with client(house) as http:
        made = await http.post(place, params={"file_name": "a"}, content=pieces())
        told = made.json()["attachment"]
        assert (told["sha256"], told["size"], told["sniffed_type"]) == (DIGEST, len(PHOTO), "image/png")
        fetched = await http.get(f"{place}/{told['id']}")
    assert fetched.content == PHOTO


async def test_bytes_are_kept_once_however_often_and_at_once_they_come(
    house: Assembly, place: str, database: Database, folder: Path
) -> None:
    async with client(house) as http:
        sent = [http.post(place, params={"file_name": f"{n}"}, content=PHOTO) for n in range(8)]
        answers = await asyncio.gather(*sent)
        assert [answer.status_code for answer in answers] == [201] * 8
        for answer in answers:
            assert (await http.get(f"{place}/{answer.json()['attachment']['id']}")).content == PHOTO
    assert await content(database, folder) == 1


async def test_what_is_refused_or_broken_off_leaves_nothing_behind(
    house: Assembly, place: str, database: Database, folder: Path
) -> None:
    async def broken_off() -> AsyncIterator[bytes]:
        yield PHOTO
        raise ConnectionResetError("the caller went away")

    house.uploads.limits = AttachmentLimits(attachment_bytes=len(PHOTO))
    async with client(house) as http:
        assert (await http.post(place, params={"file_name": "a"}, content=pieces(PHOTO + b"x"))).status_code == 413
        assert (await http.post(place, params={"file_name": "a"}, content=b"")).status_code == 422
    with pytest.raises(Exception, match=r"went away|cannot be kept"):
        await house.uploads.receive(TENANT, broken_off())
    assert await content(database, folder) == 0


async def test_lost_bytes_are_a_clear_error_until_they_are_sent_again(
    house: Assembly, place: str, database: Database, folder: Path
) -> None:
    async with client(house) as http:
        made = await http.post(place, params={"file_name": "a"}, content=PHOTO)
        one = f"{place}/{made.json()['attachment']['id']}"
        for file in files(folder, DIGEST):
            file.write_bytes(PHOTO[:-1])
        await change(database, "DELETE FROM blob_chunk")
        answer = await http.get(one)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert "Tell whoever runs this service" in answer.json()["detail"]
        if files(folder, DIGEST):
            assert (await http.post(place, params={"file_name": "b"}, content=PHOTO)).status_code == 201
            assert (await http.get(one)).content == PHOTO


async def test_what_nobody_attached_is_forgotten_and_what_is_attached_never(
    house: Assembly, place: str, database: Database, folder: Path
) -> None:
    async with client(house) as http:
        made = await http.post(place, params={"file_name": "a"}, content=PHOTO)
        await house.uploads.receive(TENANT, pieces(b"never attached"))
        assert await house.attachments.forget_unattached(datetime.now(UTC) - UNATTACHED_FOR) == 0
        assert await content(database, folder) == 2
        assert await house.attachments.forget_unattached(LATER) == 1
        assert await content(database, folder) == 1
        assert (await http.get(f"{place}/{made.json()['attachment']['id']}")).content == PHOTO
        again = await http.post(place, params={"file_name": "b"}, content=b"never attached")
        assert (await http.get(f"{place}/{again.json()['attachment']['id']}")).content == b"never attached"


async def test_what_another_tenant_attached_keeps_nothing_of_ours(house: Assembly, place: str) -> None:
    theirs = await open_claim(house, by=actor("alice", tenant="globex"))
    async with client(house) as http:
        http.headers.update(signed_in("carl", "clerk", tenant="globex"))
        made = await http.post(f"{CASES}/{theirs}/attachments", params={"file_name": "a"}, content=PHOTO)
        assert made.status_code == 201
        await house.uploads.receive(TENANT, pieces())
        assert await house.attachments.forget_unattached(LATER) == 1
        told = made.json()["attachment"]
        assert (await http.get(f"{CASES}/{theirs}/attachments/{told['id']}")).content == PHOTO
        assert await house.attachments.forget_unattached(LATER) == 0


async def test_what_came_again_is_not_old(house: Assembly, place: str, database: Database, folder: Path) -> None:
    await house.uploads.receive(TENANT, pieces())
    between = datetime.now(UTC)
    await house.uploads.receive(TENANT, pieces())
    assert await house.attachments.forget_unattached(between) == 0
    assert await content(database, folder) == 1


async def test_an_upload_that_a_crash_broke_off_is_dropped_when_it_is_old(
    house: Assembly, place: str, database: Database, folder: Path
) -> None:
    await house.uploads.kept_in.add("acme", new_id(), 0, PHOTO)
    await house.attachments.forget_unattached(datetime.now(UTC) - UNATTACHED_FOR)
    assert await content(database, folder) == 1
    await house.attachments.forget_unattached(LATER)
    assert await content(database, folder) == 0


async def test_another_place_for_new_ones_leaves_the_old_ones_readable(database: Database, folder: Path) -> None:
    async with running(open_store(database.url)) as before, client(before) as http:
        place = f"{CASES}/{await open_claim(before)}/attachments"
        told = (await http.post(place, params={"file_name": "a"}, content=PHOTO)).json()["attachment"]
    async with running(open_store(database.url), folder=AttachmentFolder(folder)) as after, client(after) as http:
        assert (await http.get(f"{place}/{told['id']}")).content == PHOTO
        other = (await http.post(place, params={"file_name": "b"}, content=b"other")).json()["attachment"]
        assert (await http.get(f"{place}/{other['id']}")).content == b"other"
    async with running(open_store(database.url)) as without, client(without) as http:
        assert (await http.get(f"{place}/{other['id']}")).status_code == 503
        assert (await http.post(place, params={"file_name": "c"}, content=b"other")).status_code == 201
        assert (await http.get(f"{place}/{other['id']}")).content == b"other"


async def test_a_folder_has_a_file_per_content_that_nobody_else_may_read(folder: Path) -> None:
    upload, contents = new_id(), AttachmentFolder(folder)
    await contents.add("acme", upload, 0, PHOTO[:1000])
    await contents.add("acme", upload, 1, PHOTO[1000:])
    await contents.keep("acme", upload, DIGEST)
    kept = folder / "acme" / DIGEST[:2] / DIGEST
    assert kept.read_bytes() == PHOTO
    assert kept.stat().st_mode & 0o777 == 0o600
    assert files(folder) == [kept]


@pytest.mark.parametrize("tenant", ["..", "../acme", "/etc", "", ".uploads", "a/b", "a\0b"])
async def test_no_name_leads_out_of_the_folder(folder: Path, tenant: str) -> None:
    contents, upload = AttachmentFolder(folder), new_id()
    await contents.add("acme", upload, 0, PHOTO)
    with pytest.raises(ValueError, match="do not name a file"):
        await contents.keep(tenant, upload, DIGEST)
    with pytest.raises(ValueError, match="do not name a file"):
        await contents.keep("acme", upload, "../" + DIGEST)
    with pytest.raises(ValueError, match="not the id of an upload"):
        await contents.add("acme", f"../{upload}", 0, PHOTO)


async def test_no_link_leads_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    linked(folder / "acme", to=tmp_path / "elsewhere")
    contents, upload = AttachmentFolder(folder), new_id()
    await contents.add("acme", upload, 0, PHOTO)
    with pytest.raises(ValueError, match="leads out"):
        await contents.keep("acme", upload, DIGEST)
    assert files(tmp_path / "elsewhere") == []


def test_a_folder_that_cannot_be_written_is_told_at_the_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_way(folder)
    monkeypatch.setenv("STATEWARD_ATTACHMENTS", str(folder))
    with pytest.raises(CommandFailed, match="STATEWARD_ATTACHMENTS must be a folder that the service may write"):
        build(load_settings())


async def test_a_disk_that_takes_no_more_is_no_fault_of_the_caller(store: Store, folder: Path) -> None:
    in_the_way(folder / ".uploads")
    async with running(store, folder=AttachmentFolder(folder)) as house, client(house) as http:
        place = f"{CASES}/{await open_claim(house)}/attachments"
        answer = await http.post(place, params={"file_name": "a"}, content=PHOTO)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert (await http.get(place)).json()["items"] == []
