"""The tables of exports that somebody asked for: what they asked and how far it is, and the bytes in pieces."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary
from sqlmodel import Field, SQLModel

from app.db.tables.column_kinds import STRICT, key, maybe, word
from app.db.tables.column_types import Int64, JsonText, Moment


class ExportJobTable(SQLModel, table=True):
    """`held_until`: until then somebody makes it, or nobody may begin; `looked_at`: entries of the log gone through."""

    __tablename__ = "export_job"
    __table_args__: ClassVar[Any] = (
        CheckConstraint(
            "state IN ('asked', 'queued', 'making', 'done', 'failed', 'stopped')", name="state_of_an_export_is_known"
        ),
        Index("exports_of_a_person", "tenant", "subject", "id"),
        STRICT,
    )
    tenant: str = key()
    id: str = key()
    subject: str = word()
    who: Any = Field(sa_type=JsonText, nullable=False)
    format: str = word()
    filter: Any = Field(sa_type=JsonText, nullable=False)
    state: str = word()
    asked_at: datetime = Field(sa_type=Moment)
    held_until: datetime = Field(sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)
    tree_size: int = Field(sa_type=Int64)
    looked_at: int = Field(sa_type=Int64)
    entries: int = Field(sa_type=Int64)
    size: int = Field(sa_type=Int64)
    tries: int = Field(sa_type=Int64)
    holder: str | None = maybe()
    sha256: str | None = maybe()
    problem: str | None = maybe()


class ExportPieceTable(SQLModel, table=True):
    """Of each try its own: one that was given up may still be at it."""

    __tablename__ = "export_piece"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(
            ["tenant", "export"], ["export_job.tenant", "export_job.id"], name="a_piece_has_an_export"
        ),
        STRICT,
    )
    tenant: str = key()
    export: str = key()
    attempt: int = key(Int64)
    n: int = key(Int64)
    content: bytes = Field(sa_type=LargeBinary)


JOB = SQLModel.metadata.tables["export_job"]
PIECE = SQLModel.metadata.tables["export_piece"]
