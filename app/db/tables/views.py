"""The table of saved views."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.db.tables.column_kinds import STRICT, key, partial, word
from app.db.tables.column_types import Int64, JsonText, Moment


class SavedViewRow(SQLModel, table=True):
    """`told` is what it shows; `shared` and `preferred` are flags."""

    __tablename__ = "saved_view"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("tenant", "owner", "title", name="one_view_per_title"),
        CheckConstraint("shared IN (0, 1)", name="shared_is_a_flag"),
        CheckConstraint("preferred IN (0, 1)", name="preferred_is_a_flag"),
        partial("shared_views", "tenant", "title", where="shared = 1"),
        STRICT,
    )
    tenant: str = key()
    id: str = key()
    owner: str = word()
    title: str = word()
    shared: int = Field(sa_type=Int64)
    preferred: int = Field(sa_type=Int64)
    told: Any = Field(sa_type=JsonText, nullable=False)
    changed_at: datetime = Field(sa_type=Moment)


SAVED_VIEW = SQLModel.metadata.tables["saved_view"]
