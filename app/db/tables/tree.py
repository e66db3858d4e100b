"""The tables of the tree over the log: its full tiles, its checkpoints, and whose turn it is to sign and to check."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, LargeBinary
from sqlmodel import Field, SQLModel

from app.db.tables.column_kinds import STRICT, key, maybe, word
from app.db.tables.column_types import Int64, Moment


class AuditTileRow(SQLModel, table=True):
    """`root` stands before `hashes`: a level above reads it alone."""

    __tablename__ = "audit_tile"
    __table_args__: ClassVar[Any] = (STRICT,)
    tenant: str = key()
    level: int = key(Int64)
    tile_index: int = key(Int64)
    root: bytes = Field(sa_type=LargeBinary)
    hashes: bytes = Field(sa_type=LargeBinary)


class AuditCheckpointRow(SQLModel, table=True):
    __tablename__ = "audit_checkpoint"
    __table_args__: ClassVar[Any] = (STRICT,)
    tenant: str = key()
    size: int = key(Int64)
    root: bytes = Field(sa_type=LargeBinary)
    note: str = word()
    at: datetime = Field(sa_type=Moment)


class LogSignerRow(SQLModel, table=True):
    """One row: who signs for all until when, and why they do not."""

    __tablename__ = "log_signer"
    __table_args__: ClassVar[Any] = (CheckConstraint("id = 1", name="one_log_signer"), STRICT)
    id: int = key(Int64)
    holder: str | None = maybe()
    ends_at: datetime | None = maybe(Moment)
    problem: str | None = maybe()


class LogCheckRow(SQLModel, table=True):
    """One row: who checks all logs now, or that nobody is to before `ends_at`; and what came of the last time."""

    __tablename__ = "log_check"
    __table_args__: ClassVar[Any] = (CheckConstraint("id = 1", name="one_log_check"), STRICT)
    id: int = key(Int64)
    holder: str | None = maybe()
    ends_at: datetime | None = maybe(Moment)
    checked_at: datetime | None = maybe(Moment)
    entries: int | None = maybe(Int64)
    faults: int | None = maybe(Int64)
    problem: str | None = maybe()


TILE = SQLModel.metadata.tables["audit_tile"]
CHECKPOINT = SQLModel.metadata.tables["audit_checkpoint"]
CHECK = SQLModel.metadata.tables["log_check"]
SIGNER = SQLModel.metadata.tables["log_signer"]
