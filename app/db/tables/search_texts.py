"""The table of what can be searched; `case_words` finds in it: an index on PostgreSQL, an FTS5 table on SQLite."""

from typing import Any, ClassVar

from sqlmodel import SQLModel

from app.db.tables.column_kinds import STRICT, key, word


class CaseTextTable(SQLModel, table=True):
    """Words between single spaces. `own` of a case's reference and data, `said` of its comments: for each a line that
    begins with the id of the comment."""

    __tablename__ = "case_text"
    __table_args__: ClassVar[Any] = (STRICT,)
    tenant: str = key()
    case_id: str = key()
    case_type: str = word()
    own: str = word()
    said: str = word()


SEARCH_TEXT = SQLModel.metadata.tables["case_text"]
