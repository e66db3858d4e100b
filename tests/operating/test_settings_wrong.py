"""Whatever is set wrongly stops a command with exit code 2 and one sentence that names the variable."""

import asyncio
import re
import socket
from pathlib import Path

import pytest

from app.db.connections.sqlite_library import sqlite3
from app.domain.log.notes import SigningKey
from app.main import main
from app.settings import PUBLISHED, SECRETS, Settings
from tests.databases import Database
from tests.db.test_migrations import run
from tests.running import ROOT, SECRET

WRONG = {
    "database_url": ["hush", "mysql://u:hush@h/d", "postgresql://u:hush@h:port/d", "sqlite://", "sqlite:///:memory:"],
    "migrate_url": ["hush", "oracle://u:hush@h/d"],
    "machines": ["/nowhere/hush", __file__],
    "policies": ["/nowhere/hush", __file__],
    "jwt_secret": ["hush", "a-secret-of-thirty-two-bytes-or-more"],
    "oidc_issuer": ["login.example.com", "http://login.example.com", "[", '{"issuer": 7}'],
    "oidc_audience": [""],
    "oidc_client_id": ["x" * 256],
    "oidc_client_secret": ["hush" * 300],
    "session_secret": ["hush", "a-secret-of-thirty-two-bytes-or-more"],
    "sign_in_tenant": ["Acme", "a b"],
    "public_url": ["cases.example.com", "http://cases.example.com"],
    "forwarded_by": ["-1", "11", "many"],
    "brand_name": ["x" * 300],
    "brand_logo": ["/nowhere/hush"],
    "brand_accent": ["blue", "#ffff00"],
    "demo": ["maybe"],
    "demo_people": ["sue", "[1]", '[{"subject": "user:sue"}]'],
    "rate_limit": ["fast", "0/s", "100", "-1/s"],
    "operator": ["-x", "Ann Smith", "a\nb"],
    "host": ["nowhere.invalid", "192.0.2.1"],
    "port": ["http", "-1", "65536", "tcp://10.0.0.1:80"],
    "workers": ["0", "257", "many"],
    "pool_size": ["0", "1001", "many"],
    "attachments": [__file__, "/dev/null/x"],
    "behind_tls": ["maybe"],
    "attachment_bytes": ["0", "2147483649", "1 MB"],
    "attachment_bytes_per_tenant": ["0", "1 GB", str(2**60 + 1)],
    "signing_key": ["hush", "PRIVATE+KEY+a+00000000+AAAA"],
    "signing_command": ["hush", "hush sh", f"{SigningKey('a', bytes(32)).verifier} no-such-command-here"],
    "checkpoints": [__file__, "/dev/null/x"],
    "witnesses": ["hush", "a+00000000+AAAA"],
    "audit_check": ["hourly"],
    "exports_kept": ["0", "721", "1 day"],
    "export_bytes_per_tenant": ["1000", "1 GB", str(2**50 + 1)],
    "scan": ["no-such-command-here -", "icap://", "icap://host-without-a-service"],
    "body_values": ["0", "many"],
    "attempt_values": ["0", "many"],
    "waiting": ["0", "many"],
    "reads": ["7", "10001", "many"],
    "refusals": ["0", "1000001", "many"],
    "searches": ["0", "many"],
    "streams_per_caller": ["0", "1001", "many"],
    "streams_per_tenant": ["0", "1001", "many"],
    "scheduler": ["maybe"],
    "metrics_port": ["0", "65536", "http"],
    "access_log": ["maybe"],
    "log_level": ["loud"],
    "log_format": ["xml"],
}
BESIDE = {
    "oidc_audience": {"oidc_issuer": "https://login.example.com"},
    "checkpoints": {"signing_key": SigningKey.new("a").written()},
}
"""What has to be set besides, so that the setting is wrong."""


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"JWT_SECRET": SECRET, "MACHINES": str(ROOT / "machines"), "POLICIES": str(ROOT / "policies")}
    for name, value in given.items():
        monkeypatch.setenv(f"STATEWARD_{name}", value)


def the_sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr."""
    [line] = capsys.readouterr().err.splitlines()
    return line


def test_every_setting_has_a_wrong_value_here() -> None:
    assert set(WRONG) == set(Settings.model_fields)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_names_its_variable_and_what_may_stand_there(
    name: str, value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for other, given in BESIDE.get(name, {}).items():
        monkeypatch.setenv(f"STATEWARD_{other.upper()}", given)
    monkeypatch.setenv(f"STATEWARD_{name.upper()}", value)
    assert main(["serve", "--port", "0"] if name != "port" else ["serve"]) == 2
    said = the_sentence(capsys)
    assert re.fullmatch(rf"stateward: .*\bSTATEWARD_{name.upper()}\b.*", said)
    assert name in ("machines", "policies") or "hush" not in said


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_file_that_cannot_be_read_is_named(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("STATEWARD_JWT_SECRET")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "absent", tmp_path, tmp_path / "binary"):
        monkeypatch.setenv(f"STATEWARD_{name.upper()}_FILE", str(path))
        assert main(["serve"]) == 2
        assert f"STATEWARD_{name.upper()}_FILE must be a file that can be read" in the_sentence(capsys)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"OTEL_TRACES_EXPORTER": "jaeger"}, "OTEL_TRACES_EXPORTER must be otlp, console or none."),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT must be an address"),
        (
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf",
        ),
    ],
)
def test_a_wrong_variable_of_opentelemetry_is_named_too(
    given: dict[str, str], named: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert main(["serve"]) == 2
    assert named in the_sentence(capsys)


@pytest.mark.parametrize("command", ["serve", "work", "policy show", "migrate"])
def test_a_database_that_is_down_names_the_variable_and_is_no_wrong_setting(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATEWARD_DATABASE_URL", "postgresql://u:hush@127.0.0.1:1/d")
    assert main(command.split()) == 1
    said = the_sentence(capsys)
    assert "Connect call failed" in said
    assert "STATEWARD_DATABASE_URL" in said
    assert "hush" not in said


def test_the_database_of_migrations_is_named_by_its_own_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATEWARD_MIGRATE_URL", "postgresql://u:hush@127.0.0.1:1/d")
    assert main(["migrate"]) == 1
    said = the_sentence(capsys)
    assert "is STATEWARD_MIGRATE_URL right?" in said
    assert "hush" not in said


def test_a_port_of_metrics_that_is_taken_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("STATEWARD_METRICS_PORT", str(taken.getsockname()[1]))
        assert main(["work"]) == 1
    assert "choose another with STATEWARD_METRICS_PORT" in the_sentence(capsys)


@pytest.mark.parametrize("command", ["serve --port 0", "work"])
async def test_on_postgresql_an_old_schema_is_named_with_what_to_do(
    command: str, postgres: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await run(postgres.admin_url, "DELETE FROM alembic_version")
    monkeypatch.setenv("STATEWARD_DATABASE_URL", postgres.url)
    assert await asyncio.to_thread(main, command.split()) == 1
    assert "has no schema yet: run `stateward migrate`" in the_sentence(capsys)


async def test_a_schema_of_a_later_release_is_left_alone(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replicas of two releases run side by side, and the older one may be told to migrate."""
    await run(database.admin_url, "UPDATE alembic_version SET version_num = '9999'")
    monkeypatch.setenv("STATEWARD_DATABASE_URL", database.url)
    monkeypatch.setenv("STATEWARD_MIGRATE_URL", database.admin_url)
    assert await asyncio.to_thread(main, ["migrate"]) == 0
    assert await asyncio.to_thread(main, ["policy", "show"]) == 0


def test_a_file_that_is_no_database_is_named_by_its_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "letter.db").write_text("a letter, long enough to be taken for a database\n" * 50)
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(tmp_path / "letter.db").execute("SELECT 1 FROM sqlite_master")
    monkeypatch.setenv("STATEWARD_DATABASE_URL", "sqlite:///letter.db")
    assert main(["serve", "--port", "0"]) == 1
    assert "is STATEWARD_DATABASE_URL right?" in the_sentence(capsys)


def test_no_guide_prints_a_secret_that_would_be_taken() -> None:
    for guide in [*ROOT.glob("docs/*.*"), ROOT / "README.md"]:
        printed = re.findall(r"JWT_SECRET[\"']?[=:] ?[\"']?([\w.-]{32,})", guide.read_text())
        assert set(printed) <= PUBLISHED, guide
