"""What an operator can set: one model, read from STATEWARD_ variables, and one sentence when it is wrong."""

import os
import pwd
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from inspect import signature
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from app.db.connections.urls import names_sqlite, sqlite_file, with_driver
from app.scanners.settings import ScanSettings
from app.services.callers.issuers import Issuer, issuers_of
from app.services.callers.rate import Rate, rate_of
from app.services.callers.sign_in_settings import PUBLISHED as PUBLISHED
from app.services.callers.sign_in_settings import Secret, SignInSettings, where_set
from app.services.log.signing_settings import SigningSettings
from app.signers.settings import SignerSettings
from app.tracing import exporter_wanted
from app.ui.frame.settings import PageSettings

T = TypeVar("T")
PREFIX = "STATEWARD_"
SECRETS = ("jwt_secret", "database_url", "migrate_url", "session_secret", "oidc_client_secret", "signing_key")
SERVICE_LINK = re.compile(r"(SERVICE_(HOST|PORT)|PORT_\d+)(_\w+)?")  # Kubernetes sets these for a service "stateward"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
HOW_TO_MAKE_ONE = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'


OPERATOR = "[A-Za-z0-9][A-Za-z0-9_.@|+-]{0,127}"


def system_user() -> str:
    """The name of the user that the process runs as, whatever its environment says."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container that runs as a number
        name = f"uid-{os.getuid()}"
    return re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9_.@|+-]", "", name)[:128] or "unnamed"


class SettingsError(Exception):
    """A setting is wrong; the message is one sentence that names the variable and what to do."""


def _with_async_driver(url: SecretStr) -> SecretStr:
    try:
        text = with_driver(url.get_secret_value())
    except ValueError:
        raise ValueError from None  # without the text, which may hold a password
    if names_sqlite(text) and sqlite_file(text) is None:
        raise ValueError  # each connection would have one of its own
    return SecretStr(text)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


DatabaseUrl = Annotated[SecretStr, AfterValidator(_with_async_driver)]
OidcIssuers = Annotated[tuple[Issuer, ...] | None, NoDecode, BeforeValidator(where_set(issuers_of))]
RateLimit = Annotated[Rate | None, NoDecode, BeforeValidator(where_set(rate_of))]
LogLevel = Annotated[Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(_lower)]


class Settings(PageSettings, SignInSettings, ScanSettings, SigningSettings, SignerSettings):
    """Every setting with its default; a description completes "STATEWARD_NAME must be ..."."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    database_url: DatabaseUrl = Field(
        default=SecretStr("sqlite+aiosqlite:///stateward.db"),
        description="like sqlite+aiosqlite:///stateward.db or postgresql+asyncpg://USER:PASSWORD@HOST:5432/DATABASE",
    )
    migrate_url: DatabaseUrl = Field(
        default_factory=lambda given: given["database_url"],
        description="like postgresql+asyncpg://OWNER:PASSWORD@HOST:5432/DATABASE (left out: STATEWARD_DATABASE_URL)",
    )
    machines: Path = Field(default=Path("machines"), description="a folder with one YAML file per case type")
    policies: Path = Field(default=Path("policies"), description="a folder with one CSV file per case type")
    jwt_secret: Secret | None = Field(
        default=None,
        description="a secret of at least 32 bytes, your own and none that a guide prints, which you can make with:"
        f" {HOW_TO_MAKE_ONE}",
    )
    oidc_issuer: OidcIssuers = Field(
        default=None,
        description="an address such as https://login.example.com, or a JSON list of them and of objects like"
        ' {"issuer": "https://...", "audience": "stateward", "roles_claim": "roles"} (docs/callers.md)',
    )
    oidc_audience: str | None = Field(
        default=None,
        description="the audience of tokens that are meant for Stateward, as STATEWARD_OIDC_ISSUER names none",
    )
    rate_limit: RateLimit = Field(default=None, description="a rate per caller such as 100/s, 600/m or 5000/h")
    waiting: int = Field(
        default=10_000, ge=1_000, le=1_000_000, description="a number of attempts from 1000 to 1000000"
    )
    operator: Annotated[str, Field(pattern=f"^{OPERATOR}$")] | None = Field(
        default=None,
        description="a name of letters, digits and _.@|+- for whoever runs this, as the log is to name them (left out:"
        " the system user)",
    )
    searches: int = Field(default=16, ge=4, le=1_000, description="a number of searches from 4 to 1000")
    reads: int = Field(default=200, ge=8, le=10_000, description="a number of reads from 8 to 10000")
    refusals: int = Field(default=60, ge=1, le=1_000_000, description="a number of refusals from 1 to 1000000")
    host: str = Field(default="127.0.0.1", description="an address to listen on")
    port: int = Field(default=8000, ge=0, le=65535, description="a port number from 0 (any free one) to 65535")
    behind_tls: bool = Field(
        default=False, description="true or false: whether callers reach `serve` by TLS alone, which a proxy ends"
    )
    workers: int = Field(default=1, ge=1, le=256, description="a number of processes from 1 to 256")
    pool_size: int = Field(
        default=10, ge=1, le=1000, description="a number of database connections per process from 1 to 1000"
    )
    attachments: Path | None = Field(
        default=None, description="a folder for the bytes of attachments (left out: they are kept in the database)"
    )
    attachment_bytes: int = Field(
        default=25 * 2**20, ge=1, le=2**31, description="a number of bytes from 1 to 2147483648"
    )
    attachment_bytes_per_tenant: int = Field(
        default=10 * 2**30, ge=1, le=2**60, description=f"a number of bytes from 1 to {2**60}"
    )
    body_values: int = Field(
        default=20_000, ge=100, le=1_000_000, description="a number of JSON values from 100 to 1000000"
    )
    attempt_values: int = Field(
        default=4_000, ge=100, le=1_000_000, description="a number of JSON values from 100 to 1000000"
    )
    streams_per_caller: int = Field(
        default=50, ge=1, le=1000, description="a number of streams and waiting requests per process from 1 to 1000"
    )
    streams_per_tenant: int = Field(
        default=300, ge=1, le=1000, description="a number of streams and waiting requests per process from 1 to 1000"
    )
    scheduler: bool = Field(default=True, description="true or false: whether `serve` runs the ticks too")
    metrics_port: int | None = Field(
        default=None, ge=1, le=65535, description="a port from 1 to 65535 where `stateward work` tells its metrics"
    )
    access_log: bool = Field(default=False, description="true or false: whether each request gets a line in the log")
    log_level: LogLevel = Field(default="info", description="one of debug, info, warning, error, critical")
    log_format: Annotated[Literal["console", "json"], BeforeValidator(_lower)] = Field(
        default="console", description="console or json"
    )

    @field_validator("oidc_audience")
    @classmethod
    def _given_where_an_issuer_names_none(cls, audience: str | None, info: ValidationInfo) -> str | None:
        if audience is None and any(issuer.audience is None for issuer in info.data.get("oidc_issuer") or ()):
            raise ValueError
        return audience

    def part(self, kind: Callable[..., T]) -> T:
        """What a room lets an operator set: each field that has the name of a setting."""
        return kind(
            **{name: getattr(self, name) for name in signature(kind).parameters if name in Settings.model_fields}
        )

    @property
    def plain_loopback(self) -> bool:
        """Whether browsers come without TLS, from this machine alone."""
        return self.host in LOOPBACK and not self.behind_tls

    @property
    def issuers(self) -> tuple[Issuer, ...]:
        """The issuers that are trusted, each with its audience."""
        named = self.oidc_issuer or ()
        usual: dict[str, Any] = {"audience": self.oidc_audience}
        if len(named) == 1:
            usual |= {"client_id": self.oidc_client_id, "client_secret": self.oidc_client_secret}
        return tuple(_completed(one, usual) for one in named)

    @property
    def sealing_secret(self) -> str | None:
        """What seals the values that browsers carry for us."""
        secret = self.session_secret or self.jwt_secret
        return secret.get_secret_value() if secret else None


def _completed(issuer: Issuer, usual: Mapping[str, Any]) -> Issuer:
    """With what is set for the only one, where it does not say so itself."""
    return issuer.model_copy(update={name: value for name, value in usual.items() if getattr(issuer, name) is None})


def load_settings() -> Settings:
    """The settings of this process's environment; raises SettingsError."""
    _refuse_unknown(os.environ)
    _check_tracing(os.environ)
    try:
        return Settings(**_from_files(os.environ))
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None


def _check_tracing(environment: Mapping[str, str]) -> None:
    try:
        exporter_wanted(environment)
    except ValueError as error:
        raise SettingsError(str(error)) from None


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = [*Settings.model_fields, *(f"{name}_file" for name in SECRETS)]
    for variable in sorted(environment):
        if not variable.upper().startswith(PREFIX):
            continue
        name = variable[len(PREFIX) :]
        if name.lower() in known or SERVICE_LINK.fullmatch(name):
            continue
        close = get_close_matches(name.lower(), known, n=1)
        meant = f"did you mean {PREFIX}{close[0].upper()}?" if close else "unset it; docs/settings.md lists them all."
        raise SettingsError(f"{variable} is not a setting: {meant}")


def _from_files(environment: Mapping[str, str]) -> dict[str, Any]:
    """Secrets that are named by STATEWARD_..._FILE, as containers mount them."""
    upper = {name.upper(): value for name, value in environment.items()}
    values: dict[str, Any] = {}
    for name in SECRETS:
        variable = PREFIX + name.upper()
        path = upper.get(f"{variable}_FILE")
        if not path:
            continue
        if upper.get(variable):
            raise SettingsError(f"{variable} and {variable}_FILE are both set; unset one of them.")
        values[name] = _read(f"{variable}_FILE", path)
    return values


def _read(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"{variable} must be a file that can be read, but {path} cannot: {why}.") from None


def _sentence(error: ValidationError) -> str:
    name = str(error.errors()[0]["loc"][0])
    return f"{PREFIX}{name.upper()} must be {Settings.model_fields[name].description}."
