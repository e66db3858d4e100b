"""Checkpoints put to a URL: once for good and once as the newest, and nothing is signed where that cannot be seen."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.domain.log.notes import Checkpoint, text_of
from app.services.log.restored import departed
from app.services.log.signing import PlaceUnusable
from app.signers.checkpoint_url import CheckpointUrl
from tests.factories import TENANT
from tests.signing import NAME, ORIGIN, free, note_of, signer, write


class Bucket(ThreadingHTTPServer):
    """What an archive keeps by path; `answers` says something else in its place."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Kept)
        self.kept: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.answers: int | None = None

    @property
    def url(self) -> str:
        return f"http://anna:secret@127.0.0.1:{self.server_port}/archive"


class Kept(BaseHTTPRequestHandler):
    server: Bucket

    def do_GET(self) -> None:
        there = self.server.kept.get(self.path)
        self._say(200 if there is not None else 404, there or b"")

    def do_PUT(self) -> None:
        content, there = self.rfile.read(int(self.headers["Content-Length"])), self.server.kept.get(self.path)
        unless, only = self.headers.get("If-None-Match"), self.headers.get("If-Match")
        if (unless == "*" and there is not None) or (only and only != _version(there or b"")):
            return self._say(412, b"")
        if self.server.answers is None:
            self.server.kept[self.path] = content
        return self._say(201, content)

    def _say(self, status: int, content: bytes) -> None:
        self.server.asked.append((self.command, self.path))
        status = self.server.answers or status
        if self.headers.get("Authorization") != "Basic YW5uYTpzZWNyZXQ=":
            status = 401
        body = content if self.command == "GET" else b""
        self.send_response(status)
        self.send_header("ETag", _version(content))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def _version(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()}"'


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with Bucket() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def test_a_checkpoint_is_put_once_for_good_and_as_the_newest_and_an_idle_log_is_not_asked_for(store, bucket):
    signing = signer(store, CheckpointUrl(bucket.url))
    for count in (2, 1):
        await write(store, count)
        assert (await signing.look()).signed == 1
    assert sorted(bucket.kept) == [f"/archive/{ORIGIN}/{name}.txt" for name in ("2", "3", "latest")]
    stored = await store.checkpoint(TENANT)
    assert (
        bucket.kept[f"/archive/{ORIGIN}/latest.txt"] == bucket.kept[f"/archive/{ORIGIN}/3.txt"] == stored.note.encode()
    )
    asked = len(bucket.asked)
    assert (await signing.look()).signed == 0
    assert len(bucket.asked) == asked
    await write(store, 1)
    await free(store)
    assert (await signer(store, CheckpointUrl(bucket.url)).look()).signed == 1


async def test_a_log_that_does_not_begin_with_what_stands_there_is_not_signed(store, bucket):
    bucket.kept[f"/archive/{ORIGIN}/latest.txt"] = note_of(1, bytes(32)).encode()
    await write(store, 2)
    refused = await signer(store, CheckpointUrl(bucket.url)).look()
    assert list(refused.refused) == [TENANT]
    found = [before.size async for _, before in departed(store, CheckpointUrl(bucket.url), NAME)]
    assert found == [1]


async def test_where_nothing_can_be_put_nothing_is_signed_and_it_is_said_without_the_password(store, bucket):
    signing = signer(store, CheckpointUrl(bucket.url))
    await write(store, 1)
    bucket.answers = 503
    refused = await signing.look()
    assert (refused.signed, await store.checkpoint(TENANT)) == (0, None)
    assert "it answers 503 to a GET" in refused.refused[""]
    assert "secret" not in refused.refused[""]
    [warning] = await signing.warnings()
    assert warning == refused.refused[""]
    assert signing.manner == "unpublished"
    bucket.answers = None
    assert (await signing.look()).signed == 1
    assert (await signing.warnings(), signing.manner) == ([], "published")


async def test_what_was_put_before_a_crash_is_taken_up_and_what_another_wrote_stops_it(bucket):
    place, note = CheckpointUrl(bucket.url), note_of(1, bytes(32))
    await place.latest([ORIGIN])
    bucket.kept[f"/archive/{ORIGIN}/1.txt"] = note.encode()
    await place.append([note], None)
    assert Checkpoint.parse(text_of(bucket.kept[f"/archive/{ORIGIN}/latest.txt"].decode())).size == 1
    bucket.kept[f"/archive/{ORIGIN}/2.txt"] = note_of(2, b"x" * 32).encode()
    with pytest.raises(PlaceUnusable, match="says something else already"):
        await place.append([note_of(2, bytes(32))], None)
    bucket.kept[f"/archive/{ORIGIN}/latest.txt"] = note_of(9, bytes(32)).encode()
    with pytest.raises(PlaceUnusable, match="somebody else published meanwhile"):
        await place.append([note_of(3, bytes(32))], None)
    bucket.kept[f"/archive/{ORIGIN}/latest.txt"] = b"<html>"
    with pytest.raises(PlaceUnusable, match="holds no checkpoint"):
        await place.latest([ORIGIN])
    del bucket.kept[f"/archive/{ORIGIN}/latest.txt"]
    with pytest.raises(PlaceUnusable, match="is gone"):
        await place.latest([ORIGIN])


async def test_a_server_that_is_not_there_is_said(tmp_path: Path):
    with Bucket() as nobody:
        url = nobody.url
    with pytest.raises(PlaceUnusable, match="ConnectError"):
        await CheckpointUrl(url).latest([ORIGIN])
