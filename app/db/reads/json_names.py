"""Text as JSON, written by the database: either has a name of its own for it."""

from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class as_json(FunctionElement[str]):  # noqa: N801 - called as a function of SQL
    """A text between quotes, with what JSON escapes."""

    type = Text()
    inherit_cache = True


@compiles(as_json, "sqlite")
def _on_sqlite(element: as_json, compiler: Any, **kw: Any) -> str:
    return f"json_quote({compiler.process(element.clauses, **kw)})"


@compiles(as_json, "postgresql")
def _on_postgres(element: as_json, compiler: Any, **kw: Any) -> str:
    return f"CAST(to_json({compiler.process(element.clauses, **kw)}) AS text)"
