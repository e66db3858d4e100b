"""Files of a case: kept once under their SHA-256, read back as they came, never shown by a browser."""

import hashlib
from collections.abc import AsyncIterator

import pytest

from app.domain.values.media_types import sniffed
from app.services.assembly import Assembly
from app.services.work.uploads import PIECE, AttachmentLimits
from tests.databases import Database
from tests.house import entries, open_claim, rows, state
from tests.work.test_http_work import CASES, client

PDF = b"%PDF-1.7 " + bytes(range(256)) * 3000
HTML = b"<!DOCTYPE html><script>alert(1)</script>"


async def test_a_file_comes_back_as_it_went_in_and_the_log_holds_its_checksum(
    house: Assembly, database: Database
) -> None:
    case_id = await open_claim(house)
    place = f"{CASES}/{case_id}/attachments"
    name = "Rechnung für Zoe.pdf"
    async with client(house) as http:
        headers = {"content-type": "Application/PDF", "Idempotency-Key": "k"}
        made, again = [
            await http.post(place, params={"file_name": name}, content=PDF, headers=headers) for _ in range(2)
        ]
        assert (made.status_code, again.json()) == (201, made.json())
        told = made.json()["attachment"]
        digest = hashlib.sha256(PDF).hexdigest()
        assert (told["sha256"], told["size"], told["declared_type"]) == (digest, len(PDF), "application/pdf")
        assert (told["sniffed_type"], told["file_name"], told["author"]) == ("application/pdf", name, "user:carl")
        assert (await http.get(place)).json()["items"] == [told]
        fetched = await http.get(f"{place}/{told['id']}")
    assert fetched.content == PDF
    [entry] = await entries(database, "attachment")
    assert (entry["attachment"]["sha256"], list(entry["fields"])) == (digest, ["/file_name"])
    assert "Zoe" not in str(entry)
    assert (await state(house, case_id)).version == 1
    pieces = await rows(database, "SELECT length(content) AS size FROM blob_chunk ORDER BY n")
    assert [piece["size"] for piece in pieces] == [PIECE, PIECE, len(PDF) - 2 * PIECE]


async def test_no_browser_shows_or_runs_a_file(house: Assembly) -> None:
    place = f"{CASES}/{await open_claim(house)}/attachments"
    async with client(house) as http:
        headers = {"content-type": "text/csv"}
        made = await http.post(place, params={"file_name": 'a";\r\n.html'[:3] + ".html"}, content=HTML, headers=headers)
        told = made.json()["attachment"]
        assert (told["declared_type"], told["sniffed_type"]) == ("text/csv", "text/html")
        fetched = await http.get(f"{place}/{told['id']}")
    assert fetched.headers["content-type"] == "application/octet-stream"
    assert fetched.headers["content-disposition"] == "attachment; filename*=UTF-8''a%22%3B.html"
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert fetched.headers["content-security-policy"].startswith("sandbox")


async def test_the_same_bytes_are_kept_once(house: Assembly, database: Database) -> None:
    one, other = [f"{CASES}/{await open_claim(house)}/attachments" for _ in range(2)]
    async with client(house) as http:
        for place, name in ((one, "a"), (one, "b"), (other, "c")):
            assert (await http.post(place, params={"file_name": name}, content=PDF)).status_code == 201
    assert await rows(database, "SELECT count(*) AS n FROM blob") == [{"n": 1}]
    assert await rows(database, "SELECT count(DISTINCT upload) AS n FROM blob_chunk") == [{"n": 1}]
    assert await rows(database, "SELECT count(*) AS n FROM attachment") == [{"n": 3}]


async def test_too_large_empty_and_nameless_files_leave_nothing_behind(house: Assembly, database: Database) -> None:
    place = f"{CASES}/{await open_claim(house)}/attachments"
    house.uploads.limits = AttachmentLimits(attachment_bytes=PIECE + 10)

    async def streamed() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield bytes(PIECE // 2)

    async with client(house) as http:
        for content in (bytes(PIECE + 11), streamed()):
            answer = await http.post(place, params={"file_name": "a"}, content=content)
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert (await http.post(place, params={"file_name": "a"}, content=b"")).status_code == 422
        assert (await http.post(place, content=b"a")).status_code == 422
    assert await rows(database, "SELECT n FROM blob_chunk") == []
    assert await entries(database, "attachment") == []


async def test_of_who_may_not_attach_nothing_is_kept_and_the_refusal_is_logged(
    house: Assembly, database: Database
) -> None:
    place = f"{CASES}/{await open_claim(house)}/attachments"
    async with client(house, "cash", "cashier") as reader, client(house, "steve", "nobody") as stranger:
        assert (await reader.post(place, params={"file_name": "a"}, content=PDF)).json()["code"] == "denied"
        assert (await stranger.post(place, params={"file_name": "a"}, content=PDF)).status_code == 404
        assert (await stranger.get(place)).status_code == 404
    assert await rows(database, "SELECT n FROM blob_chunk") == []
    assert [entry["act"] for entry in await entries(database, "denied")] == ["case:attach"] * 2


async def test_a_file_of_another_case_or_nobodys_is_not_there(house: Assembly) -> None:
    one, other = [f"{CASES}/{await open_claim(house)}/attachments" for _ in range(2)]
    async with client(house) as http, client(house, "steve", "nobody") as stranger:
        told = (await http.post(one, params={"file_name": "a"}, content=PDF)).json()["attachment"]
        assert (await http.get(f"{other}/{told['id']}")).status_code == 404
        assert (await stranger.get(f"{one}/{told['id']}")).status_code == 404
        assert (await http.get(f"{one}/x")).status_code == 404


@pytest.mark.parametrize("content", [HTML, b"MZ and so on", b"hello"])
async def test_a_file_that_is_not_the_picture_or_document_it_is_said_to_be_is_refused(
    house: Assembly, content: bytes
) -> None:
    place = f"{CASES}/{await open_claim(house)}/attachments"
    async with client(house) as http:
        for declared in ("image/png", "Application/PDF; x=y"):
            sent = {"params": {"file_name": "a"}, "content": content, "headers": {"content-type": declared}}
            refused = await http.post(place, **sent)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "Content-Type")
        assert (await http.get(place)).json()["items"] == []


def test_signatures_tell_what_a_file_is_and_nothing_is_guessed() -> None:
    known = {
        b"\x89PNG\r\n\x1a\n": "image/png",
        b"RIFF\0\0\0\0WEBP": "image/webp",
        b"\xef\xbb\xbf \n<SVG onload=x>": "image/svg+xml",
        b"PK\x03\x04": "application/zip",
        b"hello": None,
        b"": None,
    }
    assert {head: sniffed(head) for head in known} == known
