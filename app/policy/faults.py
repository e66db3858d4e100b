"""What can be wrong with one policy line, whether it stands in a file or an administrator wrote it."""

from collections.abc import Iterator
from typing import NamedTuple

from app.domain.values.deceiving import in_rules
from app.domain.values.names import NAME, SUBJECT, TENANT
from app.domain.values.near_names import nearest
from app.domain.verbs.registry import ACTS
from app.policy.conditions import condition_fault
from app.policy.lines import EVERY, includes_role, is_case_role, is_role
from app.services.store.policy_lines import PolicyLine

# lists, queues and the log ask these as one SQL predicate
UNCONDITIONAL = frozenset({"case:read", "case:claim", "case:audit"})


class LineFault(NamedTuple):
    """What is wrong with a line, what to do about it, and in which field of PolicyLine."""

    message: str
    remedy: str
    field: str = ""


def line_faults(line: PolicyLine) -> tuple[LineFault, ...]:
    """Everything that is wrong with a line taken alone."""
    if line.kind == "p":
        return tuple(_rule_faults(line))
    if line.kind == "g":
        return tuple(_member_faults(line))
    return (LineFault(f"a line is of kind p or g, not `{line.kind}`", "begin it with `p,` or `g,`"),)


def _rule_faults(line: PolicyLine) -> Iterator[LineFault]:
    if not (line.role == EVERY or is_role(line.role) or is_case_role(line.role)):
        yield LineFault(
            f"`{line.role}` is not a role",
            "write `role:NAME`, a role on the case such as `[creator]`, or `*` for everybody",
            "role",
        )
    if not (line.tenant == EVERY or TENANT.fullmatch(line.tenant)):
        yield LineFault(
            f"`{line.tenant}` is not a tenant",
            "name one tenant, in lower case, or write `*` for all of them",
            "tenant",
        )
    if not (line.obj == EVERY or NAME.fullmatch(line.obj)):
        yield LineFault(f"`{line.obj}` is not a case type", "name one case type, or write `*` for all of them", "obj")
    if not (line.act == EVERY or line.act in ACTS or NAME.fullmatch(line.act)):
        known = ", ".join(sorted(ACTS))
        close = nearest(line.act, ACTS)
        meant = f"did you mean `{close}`? Else " if close else ""
        remedy = f"{meant}name an event, write `*` for all events, or one of {known}"
        yield LineFault(f"`{line.act}` is not an act", remedy, "act")
    if line.eft not in ("allow", "deny"):
        yield LineFault(f"a line allows or denies, it cannot `{line.eft}`", "end it with `allow` or `deny`", "eft")
    yield from _condition_faults(line)


def _condition_faults(line: PolicyLine) -> Iterator[LineFault]:
    if not line.when:
        return
    if (deceiving := in_rules(line.when)) is not None:
        message = f"the condition holds the character {deceiving.name}, with which it looks other than it reads"
        yield LineFault(message, "remove it, or write it as an escape", "when")
        return
    if line.act in UNCONDITIONAL:
        yield LineFault(
            f"`{line.act}` takes no condition, because lists of cases could not keep it",
            "leave the condition empty, or put it on the events",
            "when",
        )
    problem = condition_fault(line.when)
    if problem is not None:
        yield LineFault(f"the condition `{line.when}` {problem}", "write CEL over `case`, `data` and `actor`", "when")


def _member_faults(line: PolicyLine) -> Iterator[LineFault]:
    if not is_role(line.obj):
        yield LineFault(f"`{line.obj}` is not a role that can be given", "write `role:NAME` in the third field", "obj")
    if includes_role(line):
        yield from _inclusion_faults(line)
    elif not SUBJECT.fullmatch(line.role):
        yield LineFault(f"`{line.role}` is neither a role nor a user", "write `role:NAME` or `user:NAME`", "role")
    elif not TENANT.fullmatch(line.tenant):
        yield LineFault(
            f"`{line.role}` has a role in one tenant, and this line names none",
            f"add the tenant: `g, {line.role}, {line.obj}, TENANT`",
            "tenant",
        )
    if line.act or line.when or line.eft:
        yield LineFault("a g line has no act, condition or effect", "leave them empty")


def _inclusion_faults(line: PolicyLine) -> Iterator[LineFault]:
    if line.tenant != EVERY:
        yield LineFault(
            "a role that includes another does so in every tenant",
            f"leave the tenant out: `g, {line.role}, {line.obj}`",
        )
    if line.role == line.obj:
        yield LineFault(f"`{line.role}` includes itself", "name another role, or remove the line")
