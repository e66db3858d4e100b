"""What may speak against a change of the policy: who asks, what the lines say, and who would be left."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter
from typing import Final

from app.domain.case.attempt import Actor
from app.domain.deciding.situation import ADMIN
from app.domain.declaring.checks.policy import rule_faults
from app.domain.declaring.checks.policy_row import PolicyRow
from app.domain.declaring.checks.standing import NONE, Versions
from app.domain.definition.case_type import CaseType
from app.domain.expressions.expression import most_steps
from app.domain.policy.verdict import Verdict
from app.domain.values.errors import Denied, FieldError, GuardRefused, Invalid, Reason
from app.services.policy.administrators import ALL, Administrators
from app.services.policy.requests import AskedChange
from app.services.store.callers import BY_KEY
from app.services.store.policy import PolicyEngine
from app.services.store.stored import PolicyLine

MOST_STEPS: Final = 1_000_000
"""Of all conditions on one act together, some 100 ms where a case holds as much as it may."""
NO_CHANGES_BY_KEYS = Reason("scope", "an API key cannot change the policy", "somebody who signs in has to do it")


def no_right(verb: str, verdict: Verdict) -> Denied:
    return Denied(f"you may not {verb} the policy: it takes {ADMIN}", reasons=verdict.reasons)


def refuse_keys(actor: Actor) -> None:
    """Whoever stole a key would else give themselves roles and rights that outlive its revocation."""
    if actor.authenticated.startswith(BY_KEY):
        raise Denied("an API key may not change the policy, nor who has which role", reasons=(NO_CHANGES_BY_KEYS,))


def check_rights(administrators: Administrators, actor: Actor, lines: Sequence[PolicyLine]) -> None:
    """A line about a case type takes its administrator, any other one the administrator of all; of one's own tenant."""
    if not administrators.scopes(actor):
        raise no_right("change", administrators.verdict(actor, ALL))
    for scope in {line.obj if line.kind == "p" else ALL for line in lines}:
        verdict = administrators.verdict(actor, scope)
        if not verdict.allowed:
            what = "for all case types" if scope == ALL else f"for {scope}"
            raise Denied(f"this takes {ADMIN} {what}", reasons=verdict.reasons)
    if any(line.tenant != actor.tenant for line in lines):
        raise _of_others()


async def lines_faults(
    engine: PolicyEngine, case_types: Mapping[str, CaseType], asked: AskedChange, versions: Versions = NONE
) -> Sequence[FieldError]:
    """What is wrong with the added lines taken one by one, each with its field in the caller's body.

    A long condition takes a while to compile, so after each line others are served for as long as it took.
    """
    faults = []
    for place, line in enumerate(asked.add):
        began = perf_counter()
        for field, message in _line_faults(engine, case_types, line, versions):
            faults.append(FieldError(_named(asked, place, field), message))
        await asyncio.sleep(perf_counter() - began)
    return faults


def check_lines(
    engine: PolicyEngine, asked: AskedChange, gone: Sequence[PolicyLine], known_faults: Sequence[FieldError]
) -> None:
    """Raises Invalid with every fault of the added lines, `known_faults` among them."""
    faults = list(known_faults)
    leaving = {_content(line) for line in gone}
    seen: set[PolicyLine] = set()
    for place, line in enumerate(asked.add):
        if line in seen or (engine.holds(line) and _content(line) not in leaving):
            faults.append(FieldError(_named(asked, place, ""), "this line is in force already"))
        seen.add(line)
    if faults:
        raise Invalid("some lines cannot stand in the policy", errors=tuple(faults))
    if crowded := tuple(_crowded(engine.changed(asked.add, gone), asked)):
        raise Invalid("a decision would take too long", errors=crowded)


def _crowded(after: PolicyEngine, asked: AskedChange) -> Iterator[FieldError]:
    """Acts whose conditions together would be more work than a decision has time for."""
    first: dict[tuple[str, str, str], int] = {}
    for place, line in enumerate(asked.add):
        if line.kind == "p" and line.when:
            first.setdefault((line.tenant, line.obj, line.act), place)
    for (tenant, obj, act), place in first.items():
        conditions = {line.when for line in after.line_terms(tenant, obj, act)}
        if sum(map(most_steps, conditions)) > MOST_STEPS:
            message = f"the conditions of `{act}` would together be too much work; use fewer loops, joins and patterns"
            yield FieldError(_named(asked, place, "when"), message)


def check_administrators(
    administrators: Administrators, actor: Actor, add: Sequence[PolicyLine], gone: Sequence[PolicyLine]
) -> None:
    """Raises GuardRefused where a case type would lose the last who administers it."""
    if not any(_takes(line, "deny") for line in add) and not any(_takes(line, "allow") for line in gone):
        return
    after = administrators.engine.changed(add, gone)
    reasons = tuple(_left_alone(scope, what) for scope, what in administrators.lost(after, actor.id))
    if reasons:
        raise GuardRefused("this would leave nobody to administer the policy", reasons=reasons)


def _of_others() -> Denied:
    reason = Reason(
        "rule",
        "administrators of a tenant change lines that carry its name; a line of all tenants is the operator's",
        "name your own tenant, or ask the operator to apply a file",
    )
    return Denied("this line is not yours to change", reasons=(reason,))


def _line_faults(
    engine: PolicyEngine, case_types: Mapping[str, CaseType], line: PolicyLine, versions: Versions
) -> Iterator[tuple[str, str]]:
    alone = engine.faults(line)
    yield from alone
    if line.kind == "p" and not alone:
        row = PolicyRow(
            file="",
            line=0,
            kind=line.kind,
            role=line.role,
            obj=line.obj,
            act=line.act,
            when=line.when,
            eft=line.eft,
            tenant=line.tenant,
        )
        for field, fault in rule_faults(row, case_types, versions):
            if fault.severity == "error":
                yield field, f"{fault.message}; {fault.remedy}"


def _named(asked: AskedChange, place: int, field: str) -> str:
    return ".".join(filter(None, (asked.root, str(place), asked.names.get(field, field))))


def _takes(line: PolicyLine, eft: str) -> bool:
    """Whether adding (deny) or removing (allow) a line may take the right from somebody; a role may bring a deny."""
    return line.kind == "g" or (line.act == ADMIN and line.eft == eft)


def _left_alone(scope: str, what: str) -> Reason:
    of = "all case types together" if scope == ALL else scope
    who = "no user of the tenant" if what == "user" else "no role"
    remedy = f"let somebody else hold {ADMIN} for {of} by a role assignment first"
    return Reason("role", f"{who} would administer {of} any more", remedy, {"case_type": scope})


def _content(line: PolicyLine) -> tuple[str, ...]:
    return (line.kind, line.role, line.tenant, line.obj, line.act, line.when, line.eft)
