"""What a change of the policy would let each role do, and no longer do: from sets, without asking about any case."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from app.domain.case.attempt import ANYONE
from app.domain.machine.machine import Machine
from app.domain.policy.line_terms import Allowance, allowance, by_role, terms_of
from app.services.policy.requests import Preview, Triple
from app.services.store.policy import PolicyEngine
from app.services.store.stored import PolicyLine

EVERY = "*"
Terms = frozenset[tuple[str, str]]
FromState = tuple[str | None, bool]


def preview(
    engine: PolicyEngine,
    tenant: str,
    machines: Iterable[Machine],
    add: Sequence[PolicyLine],
    gone: Sequence[PolicyLine],
) -> Preview:
    """Each role by itself, with those that it includes and `*`. `version` is for the caller to fill in.

    Of a case type there may be several versions, the newest first: older ones tell what those before them do not have.
    """
    after = engine.changed(add, gone)
    triples = _triples(engine, after, tenant, sorted(machines, key=lambda one: one.case_type.case_type), [*add, *gone])
    first: dict[tuple[str, str, str | None, str], tuple[Triple, int]] = {}
    for triple, kind in triples:
        first.setdefault((triple.case_type, triple.role, triple.state, triple.event), (triple, kind))
    found = list(first.values())
    gains, loses, alters = ([triple for triple, kind in found if kind == wanted] for wanted in (1, -1, 0))
    return Preview(0, gains, loses, alters)


def _triples(
    before: PolicyEngine,
    after: PolicyEngine,
    tenant: str,
    machines: Iterable[Machine],
    touched: Sequence[PolicyLine],
) -> Iterator[tuple[Triple, int]]:
    lines = [line for line in touched if line.kind == "p"]
    for machine in machines:
        name = machine.case_type.case_type
        mine = [line for line in lines if line.obj in (name, EVERY)]
        roles = _roles(before, after, tenant, name, mine)
        held = {role: _held(before, tenant, role) for role in sorted(roles)}
        for act in _acts(machine, mine):
            was, now = (by_role(engine.line_terms(tenant, name, act)) for engine in (before, after))
            places = list(_places(machine, act))
            for role, holds in held.items():
                yield from _of_role(machine, act, role, places, (terms_of(was, holds), terms_of(now, holds)))


def _of_role(
    machine: Machine, act: str, role: str, places: Sequence[FromState], terms: tuple[Terms, Terms]
) -> Iterator[tuple[Triple, int]]:
    was, now = map(allowance, terms)
    if terms[0] == terms[1] or (was is now is not Allowance.CONDITIONAL):
        return
    for state, guarded in places:
        before, after = (_limited(one, guarded) for one in (was, now))
        if state is None and role.startswith("[") and ":" not in act:
            continue  # no role on the case holds while it is opened
        if before is not after or _alters(before, was, now):
            triple = Triple(
                case_type=machine.case_type.case_type,
                role=role,
                state=state,
                event=act,
                before=before.name.lower(),
                after=after.name.lower(),
            )
            yield triple, _sign(after - before)


def _alters(both: Allowance, was: Allowance, now: Allowance) -> bool:
    """Whether what stays conditional is so for other reasons; a guard alone is there before and after."""
    return both is Allowance.CONDITIONAL and not was is now is Allowance.ALWAYS


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _limited(given: Allowance, guarded: bool) -> Allowance:
    return min(given, Allowance.CONDITIONAL) if guarded else given


def _acts(machine: Machine, lines: Iterable[PolicyLine]) -> list[str]:
    """The acts that lines bear on, in the order in which they are declared; the built-in ones last."""
    named = {line.act for line in lines}
    events = list(dict.fromkeys((*machine.case_type.opening, *machine.case_type.events)))
    return [*(event for event in events if EVERY in named or event in named), *sorted(a for a in named if ":" in a)]


def _roles(
    before: PolicyEngine, after: PolicyEngine, tenant: str, case_type: str, lines: Iterable[PolicyLine]
) -> Collection[str]:
    """Those whose lot the lines may change: of a line about everybody, all that are named."""
    named = frozenset(line.role for line in lines)
    if ANYONE not in named:
        return before.including(named)
    return before.roles_about(tenant, case_type) | after.roles_about(tenant, case_type) | {ANYONE}


def _held(engine: PolicyEngine, tenant: str, role: str) -> frozenset[str]:
    """What somebody has who has this role alone; a role on the case includes nothing."""
    included = engine.closure(tenant, "", frozenset({role}), own=False)
    return included | {role}


def _places(machine: Machine, act: str) -> Iterator[FromState]:
    """Where the act may happen, and whether the definition has conditions there: None is before or beside any state."""
    if ":" in act or act in machine.case_type.opening:
        yield None, False
    for state in (path for path, declared in machine.graph.states.items() if not declared.states):
        arcs = [arc for path in machine.graph.lineage(state) for arc in machine.arcs.get(act, {}).get(path, ())]
        if arcs and not machine.graph.closed((state,)):
            yield state, all(arc.conditional for arc in arcs)
