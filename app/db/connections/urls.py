"""Which database a URL names, for whoever does not speak to it: to load what does takes longer than most commands."""

import re
from urllib.parse import unquote

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}

# As SQLAlchemy reads it.
_WRITTEN = re.compile(
    r"""(?P<name>[\w+]+)://
        (?:[^:/]*(?::[^@]*)?@)?
        (?:(?:\[[^/?]+\]|[^/:?]+)?(?::(?P<port>[^/?]*))?)?
        (?:/(?P<database>[^?]*))?""",
    re.VERBOSE,
)


def with_driver(url: str) -> str:
    """The URL with its async driver; ValueError for anything but SQLite and PostgreSQL."""
    written = _WRITTEN.match(url)
    if written is None:
        raise ValueError("it is not a URL")
    name, port = written["name"], written["port"] or "0"
    driver = DRIVERS.get(name, name)
    if driver not in DRIVERS.values():
        raise ValueError(f"{name} is not a database we know: use sqlite+aiosqlite or postgresql+asyncpg")
    if not (port.isascii() and port.isdecimal() and len(port) <= 5):
        raise ValueError("its port is no number")
    return driver + url[len(name) : written.end()] + _with_ssl(url[written.end() :])


def _with_ssl(query: str) -> str:
    """asyncpg calls `ssl` what everybody else's URLs call `sslmode`."""
    given = query[1:].split("&")
    if not any(one.startswith("sslmode=") for one in given):
        return query
    return "?" + "&".join(one.replace("sslmode=", "ssl=", 1) for one in given if not one.startswith("ssl="))


def names_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def sqlite_file(url: str) -> str | None:
    """What a URL of SQLite calls its file; None where it names none, which is a database in memory."""
    written = _WRITTEN.match(url)
    name = unquote(written["database"] or "") if written else ""
    return None if name in {"", ":memory:"} else name
