"""Words as SQL: whether a case has them, and which cases an index says have them."""

import json
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    ColumnElement,
    Function,
    Select,
    String,
    Text,
    TextClause,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    text,
    true,
    type_coerce,
)
from sqlalchemy.engine import RowMapping

from app.db.text_tables import TEXT
from app.db.visibility import C, Condition
from app.domain.search_query import Term

T = TEXT.c


class WordIndex(Protocol):
    """What an index over words answers; cases whose words were too many for it are none of them."""

    def matching(self, tenant: str, types: frozenset[str], terms: Sequence[Term], most: int) -> TextClause:
        """Reads up to `most` cases of these types that have all words of all terms, wherever they stand."""
        ...

    def gathered(self, column: ColumnElement[str]) -> Function[Any]:
        """The values of all rows in one row: thousands of rows cost more than finding them."""
        ...

    def ids(self, rows: Sequence[RowMapping]) -> Sequence[str]:
        """What was gathered as `ids`."""
        ...

    def among(self, ids: Sequence[str]) -> Condition:
        """Whether a case is one of these, so that each is looked up: there may be thousands."""
        ...

    def met(self, ids: Sequence[str], cases: Any) -> Condition:
        """The same of cases that are read anyhow: none is looked up."""
        ...


def contains(terms: Sequence[Term], case: Any = C) -> Condition:
    """Whether the text of a case has every term. Words hold neither % nor _ nor capitals. A value, not EXISTS, which
    PostgreSQL would turn into a join that reads all texts."""
    has = select(and_(*map(_has, terms))).where(T.tenant == case.tenant, T.case_id == case.id)
    return type_coerce(has.scalar_subquery(), Boolean)


def in_phrases(terms: Sequence[Term]) -> Sequence[Term]:
    """Those of which an index cannot tell whether the words stand in that order."""
    return [term for term in terms if len(term.words) > 1]


def _has(term: Term) -> Condition:
    pattern = literal(f"%{term.pattern}%", String())
    return or_(T.own.like(pattern), T.said.like(pattern))


class PostgresIndex:
    def matching(self, tenant: str, types: frozenset[str], terms: Sequence[Term], most: int) -> TextClause:
        found = text("""
            SELECT array_agg(id) AS ids
            FROM search_cases(:tenant, CAST(:types AS text[]), CAST(:words AS text[]), :most) id""")
        words = [f"{word}*" if begins else word for word, begins in _each(terms)]
        return found.bindparams(tenant=tenant, types=sorted(types), words=words, most=most)

    def gathered(self, column: ColumnElement[str]) -> Function[Any]:
        return func.array_agg(column)

    def ids(self, rows: Sequence[RowMapping]) -> Sequence[str]:
        return rows[0]["ids"] or ()

    def among(self, ids: Sequence[str]) -> Condition:
        found: Condition = C.id == func.any(_array(ids))
        return found

    def met(self, ids: Sequence[str], cases: Any) -> Condition:
        found: Condition = cases.id.in_(select(func.unnest(_array(ids)))).is_(true())
        return found


class SqliteIndex:
    def matching(self, tenant: str, types: frozenset[str], terms: Sequence[Term], most: int) -> TextClause:
        found = text("""
            SELECT json_group_array(id) AS ids FROM (
                SELECT o.case_id AS id FROM case_words JOIN case_words_of o ON o.n = case_words.rowid
                JOIN case_text t ON t.tenant = o.tenant AND t.case_id = o.case_id
                WHERE case_words MATCH :words AND o.tenant = :tenant AND t.case_type IN :types LIMIT :most)""")
        words = " AND ".join(f'"{word}"{" *" if begins else ""}' for word, begins in _each(terms))
        given = found.bindparams(bindparam("types", expanding=True))
        return given.bindparams(tenant=tenant, types=sorted(types), words=words, most=most)

    def gathered(self, column: ColumnElement[str]) -> Function[Any]:
        return func.json_group_array(column)

    def ids(self, rows: Sequence[RowMapping]) -> Sequence[str]:
        found: Sequence[str] = json.loads(rows[0]["ids"])
        return found

    def among(self, ids: Sequence[str]) -> Condition:
        return C.id.in_(_listed(ids))

    def met(self, ids: Sequence[str], cases: Any) -> Condition:
        found: Condition = cases.id.in_(_listed(ids)).is_(true())
        return found


def _array(ids: Sequence[str]) -> BindParameter[Any]:
    return bindparam("ids", list(ids), ARRAY(Text), unique=True)


def _listed(ids: Sequence[str]) -> Select[Any]:
    each = func.json_each(json.dumps(list(ids))).table_valued("value")
    return select(each.c.value)


def _each(terms: Sequence[Term]) -> list[tuple[str, bool]]:
    """Every word, and whether it is but the beginning of one."""
    return [
        (word, term.begins and place == len(term.words)) for term in terms for place, word in enumerate(term.words, 1)
    ]
