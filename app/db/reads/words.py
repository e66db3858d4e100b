"""Words as SQL: whether a case has them, and which cases an index says have them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import (
    ARRAY,
    Boolean,
    Function,
    Select,
    String,
    Text,
    TextClause,
    and_,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    true,
    type_coerce,
)

from app.db.reads.visibility import C, Condition
from app.db.tables.search_texts import SEARCH_TEXT
from app.domain.case.search_query import Term

T = SEARCH_TEXT.c


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of cases between single spaces, and how many they are. There may be thousands, which cost more as rows
    or as an array than finding them."""

    joined: str = ""
    number: int = 0

    def __add__(self, other: "Ids") -> "Ids":
        return Ids(f"{self.joined} {other.joined}".strip(), self.number + other.number)


class WordIndex(Protocol):
    """What an index over words answers; cases whose words were too many for it are none of them."""

    def matching(self, tenant: str, types: frozenset[str], terms: Sequence[Term], most: int) -> TextClause:
        """Reads as `joined` and `number` up to `most` cases of these types that have all words of all terms, wherever
        they stand."""
        ...

    def among(self, ids: Ids) -> Condition:
        """Whether a case is one of these, so that each is looked up."""
        ...

    def met(self, ids: Ids, cases: Any) -> Condition:
        """The same of cases that are read anyhow: none is looked up."""
        ...


def joined(ids: Any) -> Function[Any]:
    """The ids of all rows in one."""
    return func.aggregate_strings(ids, " ")


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
            SELECT string_agg(id, ' ') AS joined, count(*) AS number
            FROM search_cases(:tenant, CAST(:types AS text[]), CAST(:words AS text[]), :most) id""")
        words = [f"{word}*" if begins else word for word, begins in _each(terms)]
        return found.bindparams(tenant=tenant, types=sorted(types), words=words, most=most)

    def among(self, ids: Ids) -> Condition:
        """A query in between hides the ids from the planner, which would look at each and then walk along an index."""
        found: Condition = C.id == func.any(cast(select(_array(ids)).scalar_subquery(), ARRAY(Text)))
        return found

    def met(self, ids: Ids, cases: Any) -> Condition:
        found: Condition = cases.id.in_(select(func.unnest(_array(ids)))).is_(true())
        return found


class SqliteIndex:
    def matching(self, tenant: str, types: frozenset[str], terms: Sequence[Term], most: int) -> TextClause:
        found = text("""
            SELECT group_concat(id, ' ') AS joined, count(*) AS number FROM (
                SELECT o.case_id AS id FROM case_words JOIN case_words_of o ON o.n = case_words.rowid
                JOIN case_text t ON t.tenant = o.tenant AND t.case_id = o.case_id
                WHERE case_words MATCH :words AND o.tenant = :tenant AND t.case_type IN :types LIMIT :most)""")
        words = " AND ".join(f'"{word}"{" *" if begins else ""}' for word, begins in _each(terms))
        given = found.bindparams(bindparam("types", expanding=True))
        return given.bindparams(tenant=tenant, types=sorted(types), words=words, most=most)

    def among(self, ids: Ids) -> Condition:
        return C.id.in_(_listed(ids))

    def met(self, ids: Ids, cases: Any) -> Condition:
        found: Condition = cases.id.in_(_listed(ids)).is_(true())
        return found


def _array(ids: Ids) -> Function[Any]:
    return func.string_to_array(ids.joined, " ")


def _listed(ids: Ids) -> Select[Any]:
    each = func.json_each(json.dumps(ids.joined.split())).table_valued("value")
    return select(each.c.value)


def _each(terms: Sequence[Term]) -> list[tuple[str, bool]]:
    """Every word, and whether it is but the beginning of one."""
    return [
        (word, term.begins and place == len(term.words)) for term in terms for place, word in enumerate(term.words, 1)
    ]
