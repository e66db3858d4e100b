"""How the tables declare their columns."""

from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field

from app.db.tables.column_types import Word

STRICT = {"sqlite_strict": True}


def key(kind: Any = Word) -> Any:
    return Field(primary_key=True, sa_type=kind)


def word() -> Any:
    return Field(sa_type=Word)


def maybe(kind: Any = Word) -> Any:
    return Field(default=None, sa_type=kind, nullable=True)


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows that fulfil a condition: the others cost nothing."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))
