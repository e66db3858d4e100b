"""A policy line as far as it bears on one act, and what a role has of it."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple, TypeAlias


class Clause(NamedTuple):
    """That a role may or may not do the act in question: `eft` is allow or deny, `when` CEL or empty."""

    role: str
    when: str
    eft: str


class Level(IntEnum):
    """What lines give, whatever the case is like."""

    NEVER = 0
    CONDITIONAL = 1
    ALWAYS = 2


ByRole: TypeAlias = Mapping[str, frozenset[tuple[str, str]]]
"""Role -> pairs of effect and condition."""


def by_role(clauses: Iterable[Clause]) -> ByRole:
    grouped: dict[str, set[tuple[str, str]]] = {}
    for clause in clauses:
        grouped.setdefault(clause.role, set()).add((clause.eft, clause.when))
    return {role: frozenset(terms) for role, terms in grouped.items()}


def terms_of(clauses: ByRole, roles: Iterable[str]) -> frozenset[tuple[str, str]]:
    """What somebody with these roles is subject to; the order of his roles does not matter."""
    return frozenset[tuple[str, str]]().union(*(clauses[role] for role in roles if role in clauses))


def level(terms: frozenset[tuple[str, str]]) -> Level:
    """A deny line wins; a condition may go either way."""
    allows = [when for eft, when in terms if eft == "allow"]
    denies = [when for eft, when in terms if eft == "deny"]
    if not allows or "" in denies:
        return Level.NEVER
    return Level.ALWAYS if "" in allows and not denies else Level.CONDITIONAL
