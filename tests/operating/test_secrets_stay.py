"""Secrets stay where they are: not in what is printed, logged, answered or said when a start fails."""

import re
import socketserver
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from app.http.app import HttpSettings
from app.main import main
from app.settings import SettingsError, load_settings
from tests.running import ROOT, Done, done, stateward

JWT_SECRET = "jwt-hush-7f3a9c51d2e84b60-jwt-hush-7f3a9c51"
PASSWORD = "database-hush-51d2e84b60"
ISSUER_PASSWORD = "issuer-hush-84b60f3a9c"
UNREACHABLE = f"postgresql://stateward:{PASSWORD}@127.0.0.1:1/none"
LOUD = {"log_level": "debug", "log_format": "json"}


def holds_none(told: str, *further: str) -> None:
    for secret in (JWT_SECRET, PASSWORD, ISSUER_PASSWORD, *further):
        assert secret not in told


def run(folder: Path, *words: str, **settings: str) -> Done:
    return done(folder, *words, **{"jwt_secret": JWT_SECRET, **LOUD, **settings})


class Refusing(socketserver.StreamRequestHandler):
    """A PostgreSQL that wants a password in clear text, keeps it, and says that it is wrong."""

    seen: list[bytes] = []

    def handle(self) -> None:
        length, code = struct.unpack("!II", self.rfile.read(8))
        if (length, code) == (8, 80877103):  # SSLRequest
            self.wfile.write(b"N")
            length, code = struct.unpack("!II", self.rfile.read(8))
        self.rfile.read(length - 8)
        self.wfile.write(b"R" + struct.pack("!II", 8, 3))  # AuthenticationCleartextPassword
        kind, size = struct.unpack("!cI", self.rfile.read(5))
        self.seen.append(kind + self.rfile.read(size - 4))
        fields = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "stateward"\0\0'
        self.wfile.write(b"E" + struct.pack("!I", 4 + len(fields)) + fields)


@contextmanager
def refusing_database() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"postgresql://stateward:{PASSWORD}@127.0.0.1:{server.server_address[1]}/none"
        server.shutdown()


@pytest.mark.parametrize("command", ["serve", "migrate", "work"])
def test_a_start_that_fails_says_no_password(tmp_path: Path, command: str) -> None:
    unreachable = run(tmp_path, command, database_url=UNREACHABLE)
    with refusing_database() as url:
        refused = run(tmp_path, command, database_url=url)
    assert any(PASSWORD.encode() in seen for seen in Refusing.seen)
    for failed in (unreachable, refused):
        assert failed.returncode != 0
        assert failed.stderr.strip()
        holds_none(failed.stdout + failed.stderr)
        assert "Traceback" not in failed.stderr


def test_a_service_that_runs_tells_no_secret(tmp_path: Path) -> None:
    with stateward(tmp_path, "serve", "--port", "0", jwt_secret=JWT_SECRET, **LOUD) as service:
        minted = run(tmp_path, "token", "--tenant", "acme", "--user", "root", "--role", "admin")
        token = minted.stdout.strip().splitlines()[-1]
        with httpx.Client(base_url=service.url, headers={"authorization": f"Bearer {token}"}) as http:
            key = {"title": "A key", "subject": "service:import", "roles": ["role:clerk"]}
            api_key = http.post("/api/v1/api-keys", json=key).json()["key"]
            told = [*_answers(http), *_answers(http, api_key), *_answers(http, token[:-4] + "AAAA")]
        service.stop()
        told += [service.told, service.errors.read_text()]
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("stateward.db*"))
    holds_none("\n".join(told), token, api_key, api_key.rpartition("_")[2], token.rpartition(".")[2])
    assert api_key.rpartition("_")[2].encode() not in stored
    assert JWT_SECRET.encode() not in stored


def _answers(http: httpx.Client, bearer: str | None = None) -> list[str]:
    headers = {} if bearer is None else {"authorization": f"Bearer {bearer}"}
    asked = ("/healthz", "/readyz", "/metrics", "/schema/openapi.json", "/api/v1/api-keys", "/api/v1/cases", "/nowhere")
    answers = [http.get(path, headers=headers) for path in asked]
    answers += [http.post("/api/v1/cases", content=body, headers=headers) for body in (b"{", b'{"case_type": 1}')]
    return [f"{answer.headers} {answer.text}" for answer in answers]


def test_no_help_shows_what_is_set(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("STATEWARD_JWT_SECRET", JWT_SECRET)
    monkeypatch.setenv("STATEWARD_DATABASE_URL", UNREACHABLE)
    commands = re.findall(r"^    ([a-z]+) ", _helped(capsys), re.MULTILINE)
    assert {"serve", "token", "diagram"} <= set(commands)
    for command in commands:
        holds_none(_helped(capsys, command))


def _helped(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit):
        main([*words, "--help"])
    told = capsys.readouterr()
    return told.out + told.err


def test_no_secret_shows_where_an_object_that_holds_it_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATEWARD_JWT_SECRET", JWT_SECRET)
    monkeypatch.setenv("STATEWARD_DATABASE_URL", UNREACHABLE)
    settings = load_settings()
    shown = [settings, settings.model_dump(), settings.model_dump_json(), HttpSettings(JWT_SECRET)]
    holds_none(" ".join(f"{one!r} {one}" for one in shown))


@pytest.mark.parametrize("user", ["user", ""])
def test_an_address_of_an_issuer_takes_no_password_and_repeats_none(monkeypatch: pytest.MonkeyPatch, user: str) -> None:
    address = f"https://{user}:{ISSUER_PASSWORD}@login.example.com"
    for told in (address, f'["{address}"]'):
        monkeypatch.setenv("STATEWARD_OIDC_ISSUER", told)
        with pytest.raises(SettingsError, match="STATEWARD_OIDC_ISSUER must be") as refused:
            load_settings()
        holds_none(str(refused.value))


def test_no_secret_is_in_the_tree() -> None:
    """Nothing that looks like a private key, a token of a cloud, or an API key of ours."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    pattern = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]|AKIA[0-9A-Z]{16}|ghp_\w{36}|xox[bp]-\d")
    assert [
        name for name in listed.split("\0") if (ROOT / name).is_file() and pattern.search((ROOT / name).read_bytes())
    ] == []
