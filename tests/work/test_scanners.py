"""A command and an ICAP server say whether a file is harmful; where they cannot, nothing is decided."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.scanners.naming import scanner_of
from app.services.work.scanning import ScanFailed, Verdict
from tests.work.icap_server import CLEAN, HARM, icap_server

FINE, HARMFUL = b"a receipt" * 90_000, b"a receipt" * 90_000 + HARM


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 256 * 1024):
        yield content[start : start + 256 * 1024]


async def broken() -> AsyncIterator[bytes]:
    yield b"the first bytes"
    raise OSError("the disk is gone")


def command(folder: Path, script: str, *words: str) -> str:
    path = folder / "scanner.py"
    path.write_text(script)
    return " ".join([sys.executable, str(path), *words])


READS = f"""
import pathlib, sys
content = pathlib.Path(sys.argv[1]).read_bytes() if len(sys.argv) > 1 else sys.stdin.buffer.read()
found = {HARM!r} in content
print("Eicar-Test FOUND" if found else "OK")
sys.exit(1 if found else 0)
"""


@pytest.mark.parametrize("words", [(), ("{file}",)])
async def test_a_command_reads_the_file_from_stdin_or_from_a_path(tmp_path: Path, words: tuple[str, ...]) -> None:
    scanner = scanner_of(command(tmp_path, READS, *words))
    assert await scanner.scan(pieces(FINE), len(FINE)) == Verdict(False)
    assert await scanner.scan(pieces(HARMFUL), len(HARMFUL)) == Verdict(True, "Eicar-Test FOUND")


async def test_a_command_that_knows_enough_need_not_read_on(tmp_path: Path) -> None:
    scanner = scanner_of(command(tmp_path, "import sys; sys.exit(0)"))
    assert await scanner.scan(pieces(FINE * 4), len(FINE) * 4) == Verdict(False)


async def test_a_command_sees_none_of_our_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATEWARD_JWT_SECRET", "not for scanners")
    seen = "import os, sys; sys.exit(any(name.startswith('STATEWARD') for name in os.environ))"
    assert await scanner_of(command(tmp_path, seen)).scan(pieces(FINE), len(FINE)) == Verdict(False)


async def test_another_exit_code_decides_nothing(tmp_path: Path) -> None:
    with pytest.raises(ScanFailed, match="exit code 2"):
        await scanner_of(command(tmp_path, "raise SystemExit(2)")).scan(pieces(FINE), len(FINE))


async def test_a_command_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    script = f"import os, pathlib, signal; pathlib.Path({str(told)!r}).write_text(str(os.getpid())); signal.pause()"
    scanning = asyncio.create_task(scanner_of(command(tmp_path, script)).scan(pieces(b"a"), 1))
    while not told.exists() or not told.read_text():  # noqa: ASYNC110  a process sets no event
        await asyncio.sleep(0.02)
    scanning.cancel()
    await asyncio.gather(scanning, return_exceptions=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)


async def test_what_a_command_started_is_ended_with_it(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    opened = f"file = open({str(alive)!r}, 'wb', 0); file.write(b'x')"
    child = f"import signal; {opened}; signal.alarm(20); signal.pause()"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    scanning = asyncio.create_task(scanner_of(command(tmp_path, script)).scan(pieces(b"a"), 1))
    with await asyncio.to_thread(alive.open, "rb", 0) as file:
        assert await asyncio.to_thread(file.read, 1) == b"x"
        scanning.cancel()
        async with asyncio.timeout(10):
            await asyncio.gather(scanning, return_exceptions=True)
            assert await asyncio.to_thread(file.read, 1) == b"", "nobody has it open any more"


async def test_an_icap_server_is_asked_as_rfc_3507_says() -> None:
    async with icap_server() as (url, asked):
        scanner = scanner_of(url)
        assert await scanner.scan(pieces(FINE), len(FINE)) == Verdict(False)
        assert await scanner.scan(pieces(HARMFUL), len(HARMFUL)) == Verdict(True, "Eicar-Test")
    assert asked.bodies == [FINE, HARMFUL]
    head, request, response = asked.heads[:3]
    assert head.startswith(f"RESPMOD {url} ICAP/1.0\r\n")
    places = f"req-hdr=0, res-hdr={len(request)}, res-body={len(request) + len(response)}"
    assert f"Encapsulated: {places}\r\n" in head
    assert f"Content-Length: {len(FINE)}\r\n" in response


def changed(body: bytes, shown: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> bytes:
    """What a server answers that lets something else pass, or the same."""
    comes = b"res-hdr=0, res-body=%d" % len(shown) if shown else b"res-body=0"
    head = b"ICAP/1.0 200 OK\r\nEncapsulated: %s\r\n\r\n%s" % (comes, shown)
    halves = (body[: len(body) // 2], body[len(body) // 2 :])
    return head + b"".join(b"%x\r\n%s\r\n" % (len(half), half) for half in halves if half) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (changed(FINE), False),
        (changed(FINE, b""), False),
        (b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=26\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n", True),
        (b"ICAP/1.0 200 OK\r\nX-Virus-ID: Worm\r\n\r\n", True),
        (CLEAN, False),
    ],
)
async def test_what_a_server_would_not_let_pass_is_harmful(answer: bytes, verdict: bool) -> None:
    async with icap_server() as (url, asked):
        asked.answer = answer
        assert (await scanner_of(url).scan(pieces(FINE), len(FINE))).infected is verdict


@pytest.mark.parametrize(
    "answer",
    [
        changed(b"<p>This file was blocked.</p>"),
        changed(b"B" + FINE[1:]),
        changed(FINE + b"!"),
        changed(b"<p>This file was blocked.</p>", b""),
        b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, null-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"ICAP/1.0 200 OK\r\nEncapsulated: null-body=0\r\n\r\n",
        b"ICAP/1.0 200 OK\r\n\r\n",
        changed(FINE)[: len(FINE) // 2],
        changed(FINE).replace(b"\r\n0\r\n", b"??0\r\n"),
    ],
    ids=["page", "other", "more", "bare page", "no body", "nothing", "not told", "broken off", "no chunk"],
)
async def test_a_server_that_lets_something_else_pass_and_says_nothing_decides_nothing(answer: bytes) -> None:
    async with icap_server() as (url, asked):
        asked.answer = answer
        with pytest.raises(ScanFailed):
            await scanner_of(url).scan(pieces(FINE), len(FINE))


@pytest.mark.parametrize(
    "answer",
    [b"ICAP/1.0 500 Oops\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"what?\r\n\r\n", b"ICAP/1.0", b"ICAP/1.0\r\n\r\n"],
)
async def test_a_server_that_cannot_tell_decides_nothing(answer: bytes) -> None:
    async with icap_server() as (url, asked):
        asked.answer = answer
        with pytest.raises(ScanFailed):
            await scanner_of(url).scan(pieces(FINE), len(FINE))


async def test_a_server_that_is_away_decides_nothing() -> None:
    async with icap_server() as (url, _):
        pass
    with pytest.raises(OSError, match=r"refused|Connect"):
        await scanner_of(url).scan(pieces(FINE), len(FINE))


async def test_a_file_that_cannot_be_read_is_not_waited_for() -> None:
    async with icap_server() as (url, _):
        with pytest.raises(OSError, match="the disk is gone"):
            await scanner_of(url).scan(broken(), 40)


@pytest.mark.parametrize("told", ["", "no-such-command-here -", "icap://", "icap://host", "icap://a:b@host/scan", '"'])
def test_what_names_no_scanner_is_said_at_the_start(told: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        scanner_of(told)
