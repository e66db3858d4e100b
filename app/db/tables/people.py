"""The tables of people: who they are to the pages, and where they are signed in."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from app.db.tables.column_kinds import STRICT, key, maybe, word
from app.db.tables.column_types import Int64, JsonText, Moment


class PersonRow(SQLModel, table=True):
    """`shown_name`, `zone`, `language`, `theme`, `density` and `keys` are what the person chose.

    `otp` is the sealed secret of one-time passwords, `otp_step` the newest period whose password was used."""

    __tablename__ = "person"
    __table_args__: ClassVar[Any] = (CheckConstraint("keys IN (0, 1)", name="keys_is_a_flag"), STRICT)
    tenant: str = key()
    subject: str = key()
    display_name: str | None = maybe()
    shown_name: str | None = maybe()
    address: str | None = maybe()
    zone: str | None = maybe()
    language: str | None = maybe()
    theme: str = word()
    density: str = word()
    keys: int = Field(sa_type=Int64)
    password: str | None = maybe()
    otp: str | None = maybe()
    otp_step: int | None = maybe(Int64)
    made_at: datetime = Field(sa_type=Moment)
    seen_at: datetime | None = maybe(Moment)
    disabled_at: datetime | None = maybe(Moment)


class SessionRow(SQLModel, table=True):
    """`hash` is the SHA-256 of the cookie's secret; `roles` are those that whoever signed them in told of them."""

    __tablename__ = "session"
    __table_args__: ClassVar[Any] = (Index("sessions_of_a_person", "tenant", "subject", "made_at"), STRICT)
    tenant: str = key()
    hash: str = key()
    subject: str = word()
    roles: Any = Field(sa_type=JsonText, nullable=False)
    how: str = word()
    made_at: datetime = Field(sa_type=Moment)
    seen_at: datetime = Field(sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)


PERSON = SQLModel.metadata.tables["person"]
SESSION = SQLModel.metadata.tables["session"]
