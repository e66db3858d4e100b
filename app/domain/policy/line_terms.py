"""A policy line as far as it bears on one act, and what a role has of it."""

from collections.abc import Callable, Container, Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from app.domain.expressions.expression import GuardFault, Truth, View, compile_expression

ALWAYS_TRUE = Truth(True)


class LineTerms(NamedTuple):
    """That a role may or may not do the act in question: `eft` is allow or deny, `when` CEL or empty."""

    role: str
    when: str
    eft: str


class Allowance(IntEnum):
    """What lines give, whatever the case is like."""

    NEVER = 0
    CONDITIONAL = 1
    ALWAYS = 2


ByRole: TypeAlias = Mapping[str, frozenset[tuple[str, str]]]
"""Role -> pairs of effect and condition."""


def by_role(lines: Iterable[LineTerms]) -> ByRole:
    grouped: dict[str, set[tuple[str, str]]] = {}
    for line in lines:
        grouped.setdefault(line.role, set()).add((line.eft, line.when))
    return {role: frozenset(terms) for role, terms in grouped.items()}


def terms_of(lines: ByRole, roles: Iterable[str]) -> frozenset[tuple[str, str]]:
    """What somebody with these roles is subject to; the order of his roles does not matter."""
    return frozenset[tuple[str, str]]().union(*(lines[role] for role in roles if role in lines))


def permits(lines: Iterable[LineTerms], roles: Container[str], truth: Callable[[str], Truth]) -> bool:
    """What a decision comes to: on an error an allow line does not match, and a deny line does."""
    allowed = False
    for line in lines:
        if line.role not in roles:
            continue
        known = truth(line.when) if line.when else ALWAYS_TRUE
        if line.eft == "deny" and (known.value or known.error is not None):
            return False
        allowed = allowed or (line.eft == "allow" and known.error is None and known.value)
    return allowed


def allowance(terms: frozenset[tuple[str, str]]) -> Allowance:
    """A deny line wins; a condition may go either way."""
    allows = [when for eft, when in terms if eft == "allow"]
    denies = [when for eft, when in terms if eft == "deny"]
    if not allows or "" in denies:
        return Allowance.NEVER
    return Allowance.ALWAYS if "" in allows and not denies else Allowance.CONDITIONAL


def truth_of(when: str, view: View) -> Truth:
    """Whether a condition holds; one that does not compile cannot be told."""
    try:
        return compile_expression(when).holds(view)
    except GuardFault as fault:
        return Truth(False, str(fault))
