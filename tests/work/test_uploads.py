"""Bytes that no case refers to go back at once, however an upload ends, and all of a tenant's fit into its room."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.db.blobs.folder import AttachmentFolder
from app.domain.values.errors import OverQuota
from app.services.assembly import Assembly
from app.services.store.failures import StoreUnavailable
from app.services.store.ports import Store
from app.services.work.attachments import UNATTACHED_FOR
from app.services.work.uploads import PIECE, AttachmentLimits, Received
from tests.databases import Database
from tests.factories import TENANT
from tests.house import change, entries, open_claim, rows, running
from tests.work.test_http_work import CASES, client

PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2500
LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "attachments"


@pytest.fixture
async def house(store: Store, database: Database, folder: Path) -> AsyncIterator[Assembly]:
    """On SQLite the bytes are in a folder, on PostgreSQL in the database: neither place knows of the other's kind."""
    async with running(store, folder=AttachmentFolder(folder) if database.kind == "sqlite" else None) as started:
        yield started


@pytest.fixture
async def place(house: Assembly) -> str:
    return f"{CASES}/{await open_claim(house)}/attachments"


class Body:
    """A file that is sent in pieces, and counts those that were asked for."""

    def __init__(self, content: bytes = PHOTO) -> None:
        self.content = content
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.content), PIECE // 2):
            self.read += 1
            yield self.content[start : start + PIECE // 2]


async def pieces(content: bytes = PHOTO) -> AsyncIterator[bytes]:
    for piece in [content[start : start + PIECE] for start in range(0, len(content), PIECE)]:
        yield piece


async def left(database: Database, folder: Path) -> tuple[int, int, int, int]:
    """Contents, pieces and files, uploads that have not ended, and the bytes that are counted."""
    counted = "SELECT (SELECT count(*) FROM blob) AS blobs, (SELECT count(*) FROM blob_chunk) AS chunks,"
    counted += " (SELECT count(*) FROM blob_upload) AS uploads, (SELECT sum(size) FROM blob_usage) AS taken"
    [row] = await rows(database, counted)
    return row["blobs"], row["chunks"] + files(folder), row["uploads"], int(row["taken"] or 0)


def files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


NOTHING = (0, 0, 0, 0)
KNOWN_BEFORE = {
    "an old version": ("carl", "clerk", {"if-match": '"7"'}, 412),
    "an act that is not allowed": ("cash", "cashier", {}, 403),
    "a case that is not to be seen": ("steve", "nobody", {}, 404),
    "an old version and a key": ("carl", "clerk", {"if-match": '"7"', "idempotency-key": "k"}, 412),
}


@pytest.mark.parametrize("why", KNOWN_BEFORE)
async def test_what_is_refused_whatever_the_file_is_is_refused_before_it_is_read(
    house: Assembly, place: str, database: Database, folder: Path, why: str
) -> None:
    user, role, headers, status = KNOWN_BEFORE[why]
    replayed = []
    async with client(house, user, role) as http:
        for _ in range(2):
            body = Body()
            answer = await http.post(place, params={"file_name": "a"}, content=body, headers=headers)
            assert (answer.status_code, body.read) == (status, 0), answer.text
            replayed.append(answer.headers.get("idempotency-replayed"))
    assert replayed == [None, "true" if "idempotency-key" in headers else None]
    assert await left(database, folder) == NOTHING
    assert len(await entries(database, "denied")) == (2 if status in (403, 404) else 0)


async def test_a_case_that_is_not_there_is_told_before_the_file_is_read(house: Assembly) -> None:
    body = Body()
    async with client(house) as http:
        nowhere = f"{CASES}/0198c0de-0000-7000-8000-000000000001/attachments"
        assert (await http.post(nowhere, params={"file_name": "a"}, content=body)).status_code == 404
    assert body.read == 0


async def test_a_file_that_does_not_begin_as_it_says_is_read_no_further(
    house: Assembly, place: str, database: Database, folder: Path
) -> None:
    body = Body(bytes(20 * PIECE))
    async with client(house) as http:
        answer = await http.post(
            place, params={"file_name": "a"}, content=body, headers={"content-type": "application/pdf"}
        )
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Content-Type")
    assert body.read < 3
    assert await left(database, folder) == NOTHING


async def test_what_only_the_desk_finds_gives_the_bytes_back(
    house: Assembly, place: str, database: Database, folder: Path
) -> None:
    """Somebody is faster while the file comes; a key is another file's."""
    case_id = place.split("/")[-2]

    async def meanwhile() -> AsyncIterator[bytes]:
        async with client(house, "carl", "clerk", "supervisor") as http:
            assert (await http.post(f"{CASES}/{case_id}/claim")).status_code == 200
        yield PHOTO

    async with client(house) as http:
        late = await http.post(place, params={"file_name": "a"}, content=meanwhile(), headers={"if-match": '"1"'})
        assert late.status_code == 412
        assert await left(database, folder) == NOTHING
        key = {"idempotency-key": "k"}
        assert (await http.post(place, params={"file_name": "a"}, content=b"small", headers=key)).status_code == 201
        other = await http.post(place, params={"file_name": "a"}, content=PHOTO, headers=key)
        assert other.json()["code"] == "idempotency_mismatch"
    assert await left(database, folder) == (1, 1, 0, len(b"small"))


async def test_a_repeated_upload_is_answered_again_and_nothing_more_is_kept(
    house: Assembly, place: str, database: Database, folder: Path
) -> None:
    key = {"idempotency-key": "k"}
    async with client(house) as http:
        first, again = [await http.post(place, params={"file_name": "a"}, content=PHOTO, headers=key) for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    taken = await left(database, folder)
    assert (taken[0], taken[2:]) == (1, (0, len(PHOTO)))


async def test_an_upload_whose_caller_has_gone_ends_as_the_desk_decides(
    house: Assembly, place: str, database: Database, folder: Path
) -> None:
    deciding, ending, course = house.desk.submit, house.uploads.end_or_leave, []

    async def decides(attempts: Any) -> Any:
        sending.cancel()
        answers = await deciding(attempts)
        course.append("decided")
        return answers

    async def ends(tenant: str, upload: str) -> None:
        course.append("ended")
        await ending(tenant, upload)

    house.desk.submit, house.uploads.end_or_leave = decides, ends  # type: ignore[method-assign]
    async with client(house) as http:
        sending = asyncio.create_task(http.post(place, params={"file_name": "a"}, content=PHOTO))
        with pytest.raises(asyncio.CancelledError):
            await sending
        await house.attachments.stop()
        assert course == ["decided", "ended"]
        [kept] = (await http.get(place)).json()["items"]
        assert (await http.get(f"{place}/{kept['id']}")).content == PHOTO
    assert (await left(database, folder))[2:] == (0, len(PHOTO))


async def test_whoever_sends_the_same_bytes_at_once_keeps_them_until_the_last_has_ended(
    house: Assembly, place: str, database: Database, folder: Path
) -> None:
    one, other = [await house.uploads.receive(TENANT, pieces()) for _ in range(2)]
    assert await house.uploads.end(TENANT, str(other.upload)) is False
    assert (await left(database, folder))[0] == 1
    async with client(house) as http:
        made = await http.post(place, params={"file_name": "a"}, content=PHOTO)
        assert await house.uploads.end(TENANT, str(one.upload)) is False
        assert (await http.get(f"{place}/{made.json()['attachment']['id']}")).content == PHOTO
    two = [await house.uploads.receive(TENANT, pieces(b"others")) for _ in range(2)]
    assert [await house.uploads.end(TENANT, str(upload.upload)) for upload in two] == [False, True]
    assert (await left(database, folder))[2:] == (0, len(PHOTO))


async def test_two_that_end_at_once_leave_nothing(house: Assembly, database: Database, folder: Path) -> None:
    sent = await asyncio.gather(*(house.uploads.receive(TENANT, pieces()) for _ in range(6)))
    gone = await asyncio.gather(*(house.uploads.end(TENANT, str(one.upload)) for one in sent))
    assert sum(gone) == 1
    assert await left(database, folder) == NOTHING


async def test_bytes_that_the_release_before_keeps_again_stay_until_it_has_attached_them(
    house: Assembly, place: str, database: Database, folder: Path
) -> None:
    received = await house.uploads.receive(TENANT, pieces())
    later = "1" if database.kind == "sqlite" else "interval '1 us'"
    await change(database, f"UPDATE blob SET kept_at = kept_at + {later}")
    assert await house.uploads.end(TENANT, str(received.upload)) is False
    assert (await left(database, folder))[0] == 1


@pytest.mark.parametrize("attached", [True, False])
async def test_what_a_crash_left_between_the_bytes_and_their_entry_is_swept(
    house: Assembly, place: str, database: Database, folder: Path, attached: bool
) -> None:
    await house.uploads.receive(TENANT, pieces())
    async with client(house) as http:
        if attached:
            made = await http.post(place, params={"file_name": "a"}, content=PHOTO)
        await house.attachments.forget_unattached(datetime.now(UTC) - UNATTACHED_FOR)
        assert (await left(database, folder))[0:3:2] == (1, 1)
        assert await house.attachments.forget_unattached(LATER) == (0 if attached else 1)
        if attached:
            assert (await http.get(f"{place}/{made.json()['attachment']['id']}")).content == PHOTO
    assert (await left(database, folder))[2:] == (0, len(PHOTO) if attached else 0)


async def test_an_upload_that_broke_off_in_a_crash_takes_room_until_it_is_swept(
    house: Assembly, database: Database, folder: Path
) -> None:
    async def forever() -> AsyncIterator[bytes]:
        yield bytes(PIECE)
        came.set()
        await asyncio.Event().wait()

    came = asyncio.Event()
    end = house.uploads._store.end_upload

    async def away(*_: Any) -> bool:
        raise StoreUnavailable("away")

    sending = asyncio.create_task(house.uploads.receive(TENANT, forever()))
    await came.wait()
    house.uploads._store.end_upload = away  # type: ignore[method-assign]
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    house.uploads._store.end_upload = end  # type: ignore[method-assign]
    assert (await left(database, folder))[2:] == (1, PIECE)
    await house.attachments.forget_unattached(LATER)
    assert await left(database, folder) == NOTHING


async def test_a_file_that_does_not_fit_is_refused_and_says_what_to_do(
    house: Assembly, place: str, database: Database, folder: Path
) -> None:
    house.uploads.limits = AttachmentLimits(attachment_bytes_per_tenant=len(PHOTO) + 10)
    async with client(house) as http:
        for content in (PHOTO, b"x" * 10):
            assert (await http.post(place, params={"file_name": "a"}, content=content)).status_code == 201
        told = await http.post(place, params={"file_name": "a"}, content=b"y")
        assert (told.status_code, told.json()["code"]) == (413, "over_quota")
        assert "ask whoever runs this service for more room" in told.json()["detail"]
        untold = Body(bytes(20 * PIECE))
        assert (await http.post(place, params={"file_name": "a"}, content=untold)).json()["code"] == "over_quota"
        assert untold.read < 4
    taken = await left(database, folder)
    assert (taken[0], taken[2:]) == (2, (0, len(PHOTO) + 10))


async def test_those_who_send_at_once_do_not_pass_the_quota_together(
    house: Assembly, database: Database, folder: Path
) -> None:
    house.uploads.limits = AttachmentLimits(attachment_bytes_per_tenant=3 * PIECE)
    contents = [bytes([n]) * PIECE for n in range(8)]
    sent = await asyncio.gather(
        *(house.uploads.receive(TENANT, pieces(one)) for one in contents), return_exceptions=True
    )
    fits = [one for one in sent if isinstance(one, Received)]
    assert [type(one) for one in sent].count(OverQuota) == 5
    assert (await left(database, folder))[2:] == (3, 3 * PIECE)
    for one in fits:
        await house.uploads.end(TENANT, str(one.upload))
    assert await left(database, folder) == NOTHING


async def test_a_file_that_never_ends_takes_little_room_ahead(
    house: Assembly, database: Database, folder: Path
) -> None:
    async def forever() -> AsyncIterator[bytes]:
        yield bytes(PIECE)
        came.set()
        await asyncio.Event().wait()

    came = asyncio.Event()
    sending = asyncio.create_task(house.uploads.receive(TENANT, forever(), announced=25 * 2**20))
    await came.wait()
    assert (await left(database, folder))[3] == 4 * 2**20
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert await left(database, folder) == NOTHING


async def test_another_tenant_has_room_of_its_own(house: Assembly) -> None:
    house.uploads.limits = AttachmentLimits(attachment_bytes_per_tenant=10)
    await house.uploads.receive(TENANT, pieces(b"x" * 10))
    with pytest.raises(OverQuota):
        await house.uploads.check_room(TENANT, 1)
    await house.uploads.check_room("globex", 10)
    await house.uploads.receive("globex", pieces(b"x" * 10))
