"""Check policy lines against the case types: names that do not exist, and lines that can never decide."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from app.domain.deciding.step_effects import told_by
from app.domain.declaring.checks.fired import check_fired
from app.domain.declaring.checks.guards import expression_faults
from app.domain.declaring.checks.policy_row import PolicyRow
from app.domain.declaring.checks.standing import NONE, OlderVersion, Versions, in_words, standing_of
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.yaml_source import Source
from app.domain.definition.case_type import CaseType
from app.domain.definition.languages import Schema
from app.domain.values.names import BUILT_IN_ROLES
from app.domain.values.near_names import choose, nearest, quoted

NO_SOURCES: Final[Mapping[str, Source]] = {}


def check_policy(
    case_types: Mapping[str, CaseType],
    lines: Sequence[PolicyRow],
    *,
    sources: Mapping[str, Source] = NO_SOURCES,
    unchecked: Collection[PolicyRow] = (),
    versions: Versions = NONE,
) -> tuple[Fault, ...]:
    """Every fault of the policy lines, and of what clocks do by policy: notify roles and fire events.

    `sources` are the files of the case types by name, for the lines of faults in those; `unchecked` are lines about
    case types that are not among `case_types` for a reason. Cases stand on `versions` besides.
    """
    of_clocks: list[Fault] = []
    for name, case_type in case_types.items():
        source = sources.get(name) or Source(f"{name}.yaml", {}, {})
        of_clocks += _nobody_to_notify(case_type, lines, source)
        of_clocks += check_fired(case_type, lines, source)
    checked = [line for line in lines if line not in unchecked]
    return (*_check(case_types, checked, versions), *_idle_grants(lines), *of_clocks)


def _check(case_types: Mapping[str, CaseType], lines: Sequence[PolicyRow], versions: Versions) -> Iterator[Fault]:
    for line in lines:
        if line.kind == "p":
            yield from (fault for _, fault in rule_faults(line, case_types, versions))


def rule_faults(
    line: PolicyRow, case_types: Mapping[str, CaseType], versions: Versions = NONE
) -> Iterator[tuple[str, Fault]]:
    """What is wrong with one `p` line beside the case types: its field (obj, act or when), and the fault.

    What is right for one of the `versions` that cases stand on is no error.
    """
    older = standing_of(versions, line.obj)
    if line.obj != "*" and line.obj not in case_types and not older:
        yield "obj", line.error(f"unknown case type {quoted(line.obj)}", choose(line.obj, case_types, "case types"))
        return
    meant = [of for name, of in case_types.items() if line.obj in ("*", name)]
    yield from (("act", fault) for fault in _act(line, meant, older))
    yield from (("act", fault) for fault in _acts_for_others(line, meant))
    yield from (("when", fault) for fault in _condition(line, meant, older))


def _act(line: PolicyRow, meant: list[CaseType], older: list[OlderVersion]) -> Iterator[Fault]:
    events = list(dict.fromkeys(event for case_type in meant for event in (*case_type.events, *case_type.opening)))
    if _of_all_events(line):
        return
    if line.act not in events:
        yield _older_act(line, events, older)
    elif line.role.startswith("[") and not any(line.act in case_type.events for case_type in meant):
        message = f"{quoted(line.act)} only opens cases, and no case role holds while opening"
        yield line.warning(message, "name a role, or `*`")


def _acts_for_others(line: PolicyRow, meant: list[CaseType]) -> Iterator[Fault]:
    """A service that may act for others fires both halves of four eyes by itself; a person may not."""
    if line.act != "case:admin" or line.eft != "allow":
        return
    watched = [case_type.case_type for case_type in meant if _has_four_eyes(case_type)]
    if watched:
        message = f"{quoted(line.role)} may act for others, and of a service four eyes of {quoted(watched[0])} counts"
        yield line.warning(f"{message} only whom it acts for", "give the role to no service but one that imports")


def _has_four_eyes(case_type: CaseType) -> bool:
    transitions = (transition for event in case_type.events.values() for transition in event.transitions)
    return any(transition.unless_actor_of or transition.only_actor_of for transition in transitions)


def _of_all_events(line: PolicyRow) -> bool:
    return line.act == "*" or line.act.startswith("case:")


def _older_act(line: PolicyRow, events: list[str], older: list[OlderVersion]) -> Fault:
    """About an event that no newest version has."""
    having = [one for one in older if line.act in one.acts]
    if not having:
        of = "any case type" if line.obj == "*" else quoted(line.obj)
        known = list(dict.fromkeys([*events, *(act for one in older for act in sorted(one.acts))]))
        return line.error(f"{quoted(line.act)} is no event of {of}", choose(line.act, known, "events"))
    message = f"{quoted(line.act)} is an event of {in_words(having)}"
    if any(one.open for one in having):
        return line.note(message, "keep this line until they are closed")
    return line.warning(message, "remove this line")


def _condition(line: PolicyRow, meant: list[CaseType], older: list[OlderVersion]) -> Iterator[Fault]:
    """Of the newest versions that have the event, or else of those that cases stand on."""
    if not line.when:
        return
    if line.obj == "*":
        yield from _wrong(line, _untrue(line, {"type": "object"}))
        return
    newest = [of for of in meant if _of_all_events(line) or line.act in (*of.events, *of.opening)]
    having = [one for one in older if _of_all_events(line) or line.act in one.acts]
    sentences = [sentence for of in newest or [one.case_type for one in having] for sentence in _untrue(line, of.data)]
    right = [one for one in having if not _untrue(line, one.case_type.data)] if sentences else []
    if not right:
        yield from _wrong(line, sentences)
    elif newest:
        message = f"{sentences[0]}, though it is right for {in_words(right)}"
        yield line.warning(message, "write a condition that is right for both, or remove it once they are closed")


def _untrue(line: PolicyRow, schema: Schema) -> list[str]:
    return expression_faults(line.when, schema, None, "bool")


def _wrong(line: PolicyRow, sentences: list[str]) -> Iterator[Fault]:
    for sentence in sentences:
        yield line.error(sentence, "correct the condition, or the schema that it reads")


def _idle_grants(lines: Iterable[PolicyRow]) -> Iterator[Fault]:
    """Roles that `g` lines give to users, and that no line lets do anything."""
    lines = list(lines)
    able = {line.role for line in lines if line.kind == "p"}
    includes = {line.role for line in lines if line.kind == "g" and line.role.startswith("role:")}
    for line in lines:
        if line.kind == "g" and line.obj.startswith("role:") and line.obj not in able | includes:
            meant = nearest(line.obj, able)
            remedy = f"did you mean {quoted(meant)}?" if meant else "add a `p` line for it"
            yield line.warning(f"no line lets {quoted(line.obj)} do anything", remedy)


def _nobody_to_notify(case_type: CaseType, lines: Sequence[PolicyRow], source: Source) -> Iterator[Fault]:
    named = {line.role for line in lines} | {line.obj for line in lines if line.kind == "g"} | BUILT_IN_ROLES
    known = sorted(name for name in named if name.startswith("role:"))
    for name, clock in case_type.slas.items():
        for place, role in told_by(clock):
            if role.startswith("role:") and role not in named:
                message = f"no policy line names the role {quoted(role)}"
                yield source.warning(("slas", name, *place), message, choose(role, known, "roles"))
