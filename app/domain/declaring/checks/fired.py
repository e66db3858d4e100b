"""Check that the policy lets clocks fire the events that their steps name."""

from collections.abc import Iterator, Sequence

from app.domain.deciding.step_effects import fired_by
from app.domain.declaring.checks.policy_row import PolicyRow
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.yaml_source import Source
from app.domain.definition.case_type import CaseType
from app.domain.values.near_names import quoted

SYSTEM = "role:system"


def check_fired(case_type: CaseType, lines: Sequence[PolicyRow], source: Source) -> Iterator[Fault]:
    """Steps whose event `system:sla` may not fire, or not always.

    Warnings, since the policy of the database decides, and may hold more than the files. A case type about which
    there are no lines at all has no policy yet.
    """
    about = [line for line in lines if line.kind == "p" and line.obj in ("*", case_type.case_type)]
    if not about or not any(map(fired_by, case_type.slas.values())):
        return
    roles = _roles(lines)
    own = [line for line in about if line.role in roles]
    for name, clock in case_type.slas.items():
        for place, event in fired_by(clock):
            if event in case_type.events and (refusal := _refusal(event, own)):
                message, line = refusal
                allow = f"add the line `p, {SYSTEM}, *, {case_type.case_type}, {event}, , allow`"
                remedy = "let that line leave clocks out" if line and line.eft == "deny" else allow
                yield source.warning(("slas", name, *place), message, remedy)


def _roles(lines: Sequence[PolicyRow]) -> frozenset[str]:
    """What clocks have: their role, those that it includes, and what everybody has."""
    found = {"*", SYSTEM}
    size = 0
    while size < len(found):
        size = len(found)
        found |= {line.obj for line in lines if line.kind == "g" and line.role in found}
    return frozenset(found)


def _refusal(event: str, lines: Sequence[PolicyRow]) -> tuple[str, PolicyRow | None] | None:
    """Why an event cannot be fired by these lines, or not always, and the line that says so."""
    meant = [line for line in lines if line.act in ("*", event)]
    denied = [line for line in meant if line.eft == "deny" and line.tenant == "*"]
    always = next((line for line in denied if not line.when), None)
    allowed = [line for line in meant if line.eft == "allow"]
    conditions = denied or ([] if any(not line.when for line in allowed) else allowed)
    if always is not None:
        return f"clocks fire {quoted(event)} as {quoted(SYSTEM)}, and {always.file}:{always.line} denies it", always
    if not allowed:
        return f"clocks fire {quoted(event)} as {quoted(SYSTEM)}, and no policy line allows it", None
    if conditions:
        line = conditions[0]
        return f"whether clocks may fire {quoted(event)} depends on the condition on {line.file}:{line.line}", line
    return None
