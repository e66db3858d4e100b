"""What policy lines are made of, and how one is written: as CSV that reads back as itself."""

from functools import lru_cache
from typing import NamedTuple

from app.domain.values.names import CASE_ROLE, ROLE
from app.services.store.policy_lines import PolicyLine

EVERY = "*"
READ = "case:read"
CLAIM = "case:claim"
AUDIT = "case:audit"


class Rule(NamedTuple):
    """What a `p` line says, apart from where it came from."""

    role: str
    tenant: str
    obj: str
    act: str
    when: str
    eft: str

    @property
    def text(self) -> str:
        return _csv(("p", *self))


def rule_of(line: PolicyLine) -> Rule:
    return Rule(line.role, line.tenant, line.obj, line.act, line.when, line.eft)


def as_csv(line: PolicyLine) -> str:
    """A line in canonical form; `read_policy` gives the same line back."""
    if line.kind == "p":
        return rule_of(line).text
    return _csv(("g", line.role, line.obj) if includes_role(line) else ("g", line.role, line.obj, line.tenant))


def in_force(line: PolicyLine, version: int) -> bool:
    return line.added <= version and (line.removed is None or line.removed > version)


def inclusion(role: str, other: str) -> PolicyLine:
    """That a role includes another, in every tenant."""
    return PolicyLine(kind="g", role=role, tenant=EVERY, obj=other)


def includes_role(line: PolicyLine) -> bool:
    """Whether a line says that a role includes another, in every tenant."""
    return line.kind == "g" and is_role(line.role)


def is_role(text: str) -> bool:
    return ROLE.fullmatch(text) is not None


def is_case_role(text: str) -> bool:
    return CASE_ROLE.fullmatch(text) is not None


def is_event(act: str) -> bool:
    """Whether the act `*` covers this one: it means the declared events, not the built-in acts."""
    return not act.startswith("case:")


@lru_cache(maxsize=4096)
def _csv(fields: tuple[str, ...]) -> str:
    return ", ".join(_quoted(field) for field in fields)


def _quoted(field: str) -> str:
    if any(mark in field for mark in ',"\r\n'):
        return '"' + field.replace('"', '""') + '"'
    return field
