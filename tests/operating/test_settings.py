"""Settings come from the environment, keep secrets, and say in one sentence what is wrong."""

import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from app.db.connections.urls import sqlite_file, with_driver
from app.http.bodies import body
from app.services.fairness.limits import ProcessLimits
from app.services.log.watches import WatchLimits
from app.services.work.uploads import AttachmentLimits
from app.settings import Settings, SettingsError, load_settings

SECRET = "a-secret-that-is-long-enough-for-hs256"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [name for name in os.environ if name.upper().startswith("STATEWARD_")]:
        monkeypatch.delenv(variable)


def _given(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(f"STATEWARD_{name}", value)
    return load_settings()


def _url(settings: Settings) -> str:
    return settings.database_url.get_secret_value()


def test_nothing_set_means_sqlite_on_this_machine_alone() -> None:
    settings = load_settings()
    assert _url(settings) == "sqlite+aiosqlite:///stateward.db"
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert settings.jwt_secret is None


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _given(monkeypatch, JWT_SECRET="", PORT="").jwt_secret is None


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_a_plain_postgresql_address_gets_the_async_driver(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    assert _url(_given(monkeypatch, DATABASE_URL=f"{scheme}://u:p%40ss@h/d")) == "postgresql+asyncpg://u:p%40ss@h/d"


def test_migrations_use_the_service_database_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _given(monkeypatch, DATABASE_URL="postgresql://service:p@h/d")
    assert settings.migrate_url == settings.database_url
    settings = _given(monkeypatch, MIGRATE_URL="postgresql://owner:p@h/d")
    assert settings.migrate_url.get_secret_value() == "postgresql+asyncpg://owner:p@h/d"


def test_no_secret_shows_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    hushed = "hushhush" * 5
    url = f"postgresql://u:{hushed}@h/d"
    settings = _given(monkeypatch, JWT_SECRET=hushed, DATABASE_URL=url, MIGRATE_URL=url)
    assert hushed not in repr(settings) + str(settings) + repr(settings.model_dump())


@pytest.mark.parametrize("url", ["mysql://u:hushhush@h/d", "postgresql://u:hushhush@h:port/d", "hushhush"])
def test_a_wrong_database_address_is_named_but_not_repeated(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(SettingsError, match="STATEWARD_DATABASE_URL must be like sqlite") as refused:
        _given(monkeypatch, DATABASE_URL=url)
    assert "hushhush" not in str(refused.value)


def test_a_short_secret_is_refused_with_a_way_to_make_a_good_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"STATEWARD_JWT_SECRET .* 32 bytes.*token_urlsafe\(48\)") as refused:
        _given(monkeypatch, JWT_SECRET="hush")
    assert "hush" not in str(refused.value)


def test_a_secret_counts_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _given(monkeypatch, JWT_SECRET="é" * 16).jwt_secret is not None
    with pytest.raises(SettingsError, match="32 bytes"):
        _given(monkeypatch, JWT_SECRET="e" * 31)


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("PORT", "http", "from 0 .* to 65535"),
        ("WORKERS", "0", "from 1 to 256"),
        ("POOL_SIZE", "-1", "from 1 to 1000"),
        ("LOG_LEVEL", "loud", "one of debug, info"),
        ("LOG_FORMAT", "xml", "console or json"),
        ("RATE_LIMIT", "fast", "100/s"),
        ("OIDC_ISSUER", "login.example.com", "https://login"),
        ("OIDC_ISSUER", "http://login.example.com", "https://login"),
        ("OIDC_ISSUER", "https://u:p@login.example.com", "https://login"),
        ("OIDC_ISSUER", "[", "JSON list"),
        ("OIDC_ISSUER", "[]", "JSON list"),
        ("OIDC_ISSUER", "[7]", "JSON list"),
        ("OIDC_ISSUER", '["https://a.example", "https://a.example"]', "JSON list"),
        ("OIDC_ISSUER", '[{"issuer": "https://a.example", "trust": true}]', "JSON list"),
        ("OIDC_ISSUER", '[{"issuer": "https://a.example", "tenant": "A"}]', "JSON list"),
        ("OIDC_ISSUER", '[{"issuer": "https://a.example", "tenant": "a", "tenant_claim": "t"}]', "JSON list"),
        ("OIDC_AUDIENCE", "", "the audience"),
    ],
)
def test_a_wrong_value_is_answered_with_what_may_stand_there(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, advice: str
) -> None:
    needed = {"OIDC_ISSUER": "https://login.example.com"} if name == "OIDC_AUDIENCE" else {}
    with pytest.raises(SettingsError, match=f"^STATEWARD_{name} must be .*{advice}.*\\.$"):
        _given(monkeypatch, **needed, **{name: value})


def test_an_issuer_is_an_address_and_has_the_audience_of_all_unless_it_names_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = _given(monkeypatch, OIDC_ISSUER="https://login.example.com", OIDC_AUDIENCE="stateward", RATE_LIMIT="5/m")
    (issuer,) = settings.issuers
    assert (issuer.issuer, issuer.audience, issuer.roles_claim) == ("https://login.example.com", "stateward", None)
    assert (settings.rate_limit.amount, settings.rate_limit.seconds) == (5, 60)
    (own,) = _given(monkeypatch, OIDC_ISSUER='[{"issuer": "http://localhost:1/x", "audience": "api"}]').issuers
    assert own.audience == "api"


def test_a_mistyped_variable_is_answered_with_the_closest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"STATEWARD_DATABSE_URL .* did you mean STATEWARD_DATABASE_URL\?"):
        _given(monkeypatch, DATABSE_URL="sqlite:///x.db")


def test_a_variable_like_no_other_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"STATEWARD_ZEPPELIN is not a setting: .*docs/settings\.md"):
        _given(monkeypatch, ZEPPELIN="yellow")


def test_what_kubernetes_sets_for_a_service_of_that_name_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _given(monkeypatch, SERVICE_HOST="10.0.0.1", SERVICE_PORT_HTTP="80", PORT_80_TCP_ADDR="10.0.0.1")
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)


def test_a_secret_can_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    (tmp_path / "url").write_text("postgresql://u:p@h/d\n")
    settings = _given(monkeypatch, JWT_SECRET_FILE=f"{tmp_path}/secret", DATABASE_URL_FILE=f"{tmp_path}/url")
    assert settings.jwt_secret is not None
    assert settings.jwt_secret.get_secret_value() == SECRET
    assert _url(settings) == "postgresql+asyncpg://u:p@h/d"


def test_sslmode_of_other_drivers_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _given(monkeypatch, DATABASE_URL="postgresql://u:p@h/d?sslmode=verify-full")
    assert _url(settings) == "postgresql+asyncpg://u:p@h/d?ssl=verify-full"


def test_a_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="both set"):
        _given(monkeypatch, JWT_SECRET=SECRET, JWT_SECRET_FILE=f"{tmp_path}/secret")


def test_a_secret_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"STATEWARD_JWT_SECRET_FILE .*absent cannot: No such file"):
        _given(monkeypatch, JWT_SECRET_FILE=f"{tmp_path}/absent")


@pytest.mark.parametrize("kind", [ProcessLimits, WatchLimits, AttachmentLimits, body.BodyLimits])
def test_what_a_room_lets_an_operator_set_is_what_it_is_given(
    monkeypatch: pytest.MonkeyPatch, kind: Callable[..., Any]
) -> None:
    usual = load_settings().part(kind)
    assert usual == kind()
    names = [of.name for of in fields(usual) if of.name != "all"]  # nobody sets how many watches there are at all
    fewer = {name: getattr(usual, name) - 1 for name in names}
    given = _given(monkeypatch, **{name.upper(): str(value) for name, value in fewer.items()})
    assert given.part(kind) == kind(**fewer)


def test_the_guide_has_every_setting_with_its_default() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    rows = {row.split("|")[1].strip(): row for row in guide.splitlines() if row.startswith("| `STATEWARD_")}
    assert set(rows) == {f"`STATEWARD_{name.upper()}`" for name in Settings.model_fields}
    defaults = {name: getattr(load_settings(), name) for name in Settings.model_fields if name != "migrate_url"}
    for name, value in defaults.items():
        shown = value.get_secret_value() if hasattr(value, "get_secret_value") else value
        shown = str(shown).lower() if isinstance(shown, bool) else shown
        assert value is None or f"`{shown}`" in rows[f"`STATEWARD_{name.upper()}`"]


@pytest.mark.parametrize(
    "rest", ["h/d", "u:p@h:5432/d?ssl=a", "u:p%40%3A@[::1]:5432/d", "/d?host=/run/x", "u:a/b?c@h/d", ""]
)
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "sqlite", "sqlite+aiosqlite"])
def test_an_address_reads_as_the_database_layer_reads_it(scheme: str, rest: str) -> None:
    told = make_url(f"{scheme}://{rest}")
    ours = make_url(with_driver(f"{scheme}://{rest}"))
    assert ours.set(drivername=told.drivername) == told
    assert sqlite_file(f"sqlite://{rest}") == make_url(f"sqlite://{rest}").database


@pytest.mark.parametrize("rest", ["h:port/d", "h:-5/d", "u:p@h:54 32/d", "h:123456/d", "h:5_4/d"])
def test_an_address_with_a_port_that_is_none_is_refused(rest: str) -> None:
    with pytest.raises(ValueError, match="port"):
        with_driver(f"postgresql://{rest}")


def test_sslmode_counts_where_both_its_names_are_given() -> None:
    assert with_driver("postgres://h/d?ssl=a&sslmode=b&x=1") == "postgresql+asyncpg://h/d?ssl=b&x=1"
