"""The tables of the policy: its lines, the files they came from, and its version."""

from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from app.db.tables.column_kinds import STRICT, key, maybe, word
from app.db.tables.column_types import Int64


class PolicyLineRow(SQLModel, table=True):
    __tablename__ = "policy_line"
    __table_args__: ClassVar[Any] = (
        Index("lines_by_added", "added"),
        Index("lines_by_removed", "removed"),
        STRICT,
    )
    id: int = Field(primary_key=True, sa_type=Int64, sa_column_kwargs={"autoincrement": False})
    kind: str = word()
    role: str = word()
    tenant: str = word()
    obj: str = word()
    act: str = word()
    when_: str = word()
    eft: str = word()
    source: str | None = maybe()
    added: int = Field(sa_type=Int64)
    removed: int | None = maybe(Int64)


class PolicyFileRow(SQLModel, table=True):
    __tablename__ = "policy_file"
    __table_args__: ClassVar[Any] = (STRICT,)
    name: str = key()
    sha256: str = word()


class PolicyStateRow(SQLModel, table=True):
    __tablename__ = "policy_state"
    __table_args__: ClassVar[Any] = (CheckConstraint("id = 1", name="one_policy_state"), STRICT)
    id: int = Field(primary_key=True, sa_type=Int64, sa_column_kwargs={"autoincrement": False})
    version: int = Field(sa_type=Int64)


POLICY_LINE = SQLModel.metadata.tables["policy_line"]
POLICY_FILE = SQLModel.metadata.tables["policy_file"]
POLICY_STATE = SQLModel.metadata.tables["policy_state"]
