"""The spelling of names, the same in tokens, policies, logs and requests: who acts, roles, tenants, ids."""

import re

LONGEST_NAME = 100
"""Characters of the name of a case type, a state, an event."""
LONGEST_STATE = 1_000
"""Characters of a state, its parents and the states that are active beside it: PostgreSQL refuses longer index rows."""
NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}")  # of case types and events
SUBJECT = re.compile(r"user:[A-Za-z0-9][A-Za-z0-9_.@|+-]{0,127}")
CALLER = re.compile(r"(user|service):[A-Za-z0-9][A-Za-z0-9_.@|+-]{0,127}")
ROLE = re.compile(r"role:[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
TEAM = re.compile(r"team:[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
CASE_ROLE = re.compile(r"\[[a-z][a-z0-9_]*\]")
TENANT = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
BUILT_IN_ROLES = frozenset({"role:admin", "role:auditor", "role:system"})
"""What these may is decided here, beside every policy."""
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_system_account(subject: str) -> bool:
    """Whether it is a program that acts, and no person."""
    return subject.startswith(("service:", "system:"))


def canonical_uuid(text: str) -> str | None:
    """The UUID in lower case, or None where the text is none."""
    lowered = text.lower()
    return lowered if UUID.fullmatch(lowered) else None


SERVICE_TENANT = "*"
"""The tenant in whose log the service records what concerns everybody."""


def case_roles(text: str) -> frozenset[str]:
    """The roles in brackets that an expression or a declaration names."""
    return frozenset(CASE_ROLE.findall(text))
