"""The tables of callers: API keys and rate limits."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.db.tables.column_kinds import STRICT, key, maybe, word
from app.db.tables.column_types import Int64, JsonText, Moment


class ApiKeyRow(SQLModel, table=True):
    """`acts` and `case_types` are lists, or null for all."""

    __tablename__ = "api_key"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="somebody_revoked_it"),
        STRICT,
    )
    tenant: str = key()
    id: str = key()
    title: str = word()
    subject: str = word()
    roles: Any = Field(sa_type=JsonText, nullable=False)
    acts: Any = Field(sa_type=JsonText, nullable=False)
    case_types: Any = Field(sa_type=JsonText, nullable=False)
    hash: str = word()
    created_by: str = word()
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime | None = maybe(Moment)
    revoked_at: datetime | None = maybe(Moment)
    revoked_by: str | None = maybe()
    last_used_at: datetime | None = maybe(Moment)


class RateLimitRow(SQLModel, table=True):
    """`full_at` is in microseconds since 1970: statements count with it."""

    __tablename__ = "rate_limit"
    __table_args__: ClassVar[Any] = (STRICT,)
    tenant: str = key()
    subject: str = key()
    full_at: int = Field(sa_type=Int64)
    asked: int = Field(sa_type=Int64)


API_KEY = SQLModel.metadata.tables["api_key"]
RATE_LIMIT = SQLModel.metadata.tables["rate_limit"]
