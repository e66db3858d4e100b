"""Images and PDFs of a case are shown in the browser; whatever a browser could run is saved, whatever it is called."""

from collections.abc import AsyncIterator

import pytest

from app.commands.demo.files import document, picture
from app.domain.case.attempt import Actor
from app.services.assembly import Assembly
from app.services.work.uploads import PIECE
from tests.house import CLERK, STRANGER, actor, open_claim
from tests.ui.serving import client_of, reader
from tests.work.test_http_work import CASES
from tests.work.test_http_work import client as api

PNG = picture((8, 8), [(0, 0, 4, 4, "#1d4f91")])
PDF = document(["Receipt"])
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(600)
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00" + bytes(20)
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8L" + bytes(20)
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
GIF_JS = b"GIF89a/*\x00\x00*/=1;alert(document.cookie)//"
LONG = PDF + b"%" + bytes(3 * PIECE)


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def attached(house: Assembly, content: bytes, name: str, declared: str = "application/octet-stream") -> str:
    """The place of a file of a claim that Carl may read."""
    case_id = await open_claim(house)
    async with api(house) as http:
        headers = {"content-type": declared}
        made = await http.post(
            f"{CASES}/{case_id}/attachments", params={"file_name": name}, content=content, headers=headers
        )
    return f"/cases/{case_id}/files/{made.json()['attachment']['id']}"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (GIF, "image/gif"),
        (WEBP, "image/webp"),
        (PDF, "application/pdf"),
        (LONG, "application/pdf"),
        (GIF_JS, "image/gif"),
    ],
)
async def test_images_and_documents_are_shown_as_what_their_bytes_say(
    house: Assembly, content: bytes, kind: str
) -> None:
    """Whatever their name: a GIF that is a script too is a broken picture, and runs nowhere."""
    place = await attached(house, content, "page.html")
    async with client_of(house) as browser:
        shown = await browser.get(f"{place}/view")
    assert (shown.status_code, shown.content) == (200, content)
    assert shown.headers["content-type"] == kind
    assert shown.headers["content-disposition"] == "inline; filename*=UTF-8''page.html"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["x-frame-options"] == "DENY"
    policy = shown.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert policy.endswith("sandbox")
    assert "script" not in policy


@pytest.mark.parametrize(
    ("content", "name", "declared"),
    [
        (HTML, "receipt.png", "text/plain"),
        (SVG, "logo.svg", "image/svg+xml"),
        (b"<?xml version='1.0'?>" + SVG, "logo.png", "text/xml"),
        (HTML + PDF, "contract.pdf", "text/plain"),
        (b"\n" + PDF, "contract.pdf", "text/plain"),
        (b"PK\x03\x04" + PDF, "contract.pdf", "text/plain"),
        (b"GIF88a" + GIF[6:], "a.gif", "text/plain"),
        (b"plain text", "notes.txt", "text/plain"),
    ],
)
async def test_what_a_browser_could_run_or_would_have_to_guess_is_saved(
    house: Assembly, content: bytes, name: str, declared: str
) -> None:
    place = await attached(house, content, name, declared)
    async with client_of(house) as browser:
        saved = await browser.get(f"{place}/view")
    assert (saved.status_code, saved.content) == (200, content)
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
    assert saved.headers["content-security-policy"].startswith("sandbox")


@pytest.mark.parametrize("somebody", [STRANGER, actor("carl", "clerk", tenant="other")])
async def test_whoever_may_not_read_the_case_finds_no_file(house: Assembly, somebody: Actor) -> None:
    place = await attached(house, PNG, "a.png")
    async with client_of(house, reader(somebody)) as browser:
        refused = await browser.get(f"{place}/view")
        nowhere = await browser.get("/cases/0198c0de-0000-7000-8000-000000000001/files/nothing/view")
    assert [refused.status_code, nowhere.status_code] == [404, 404]


async def test_a_file_is_found_on_its_own_case_only(house: Assembly) -> None:
    place, other = [await attached(house, PNG, "a.png") for _ in range(2)]
    mixed = f"{other.rpartition('/')[0]}/{place.rpartition('/')[2]}"
    async with client_of(house, reader(CLERK)) as browser:
        assert (await browser.get(f"{mixed}/view")).status_code == 404
        assert (await browser.get(f"{place}/view")).status_code == 200
