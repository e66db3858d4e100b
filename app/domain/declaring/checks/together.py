"""Check what machine and policy say together: events nobody may fire, states nobody may leave, lines that undo others.

Warnings, since the policy of the database decides, and may hold more than the files.
"""

from collections.abc import Iterator, Mapping, Sequence

from app.domain.declaring.checks.allowed import EVERYBODY, Allowed, fires
from app.domain.declaring.checks.policy_row import PolicyRow
from app.domain.declaring.checks.reach import Moves, Reach
from app.domain.declaring.checks.state_tree import StateTree
from app.domain.declaring.checks.traps import Traps
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.places import at_opening, at_state
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import CaseType
from app.domain.values.near_names import quoted

MOST_NAMED = 4


def check_together(
    case_types: Mapping[str, CaseType], lines: Sequence[PolicyRow], sources: Mapping[str, Source]
) -> Iterator[Fault]:
    """`sources` are the files of the case types; their states have to be right."""
    blind: set[str] = set()
    undone: set[PolicyRow] = set()
    for name, case_type in case_types.items():
        allowed = Allowed(case_type, lines)
        yield from _events(case_type, allowed, sources[name])
        yield from _blind(case_type, allowed, blind)
        yield from _undone(allowed, undone)


def _events(case_type: CaseType, allowed: Allowed, source: Source) -> Iterator[Fault]:
    name = case_type.case_type
    acts = [*case_type.opening, *(event for event in case_type.events if event not in case_type.opening)]
    nobody = [act for act in acts if not allowed.event(act)]
    if len(nobody) == len(acts):
        message = f"no policy line lets anybody do anything with {quoted(name)}"
        yield source.warning((), message, f"add lines to {name}.csv, such as {_line(name, acts[0])}")
        return
    for act in nobody:
        place: Path = at_opening(source, act) if act in case_type.opening else ("events", act)
        does = "open a case by" if act in case_type.opening and act not in case_type.events else "fire"
        yield source.warning(place, f"no policy line lets anybody {does} {quoted(act)}", f"add {_line(name, act)}")
    if nobody:
        yield from _stuck(case_type, [event for event in case_type.events if event in nobody], source)


def _line(name: str, act: str) -> str:
    return f"`p, role:NAME, *, {name}, {act}, , allow`"


def _stuck(case_type: CaseType, nobody: list[str], source: Source) -> Iterator[Fault]:
    """States that events leave, none of which anybody may fire. States that no event leaves are told elsewhere."""
    tree = StateTree(case_type)
    every, some = Moves(case_type, tree), Moves(_without(case_type, nobody), tree)
    reached = Reach(_without(case_type, nobody), some).states
    declared, left = Traps(every), Traps(some)
    for path, node in tree.nodes.items():
        if path in reached and node.atomic and left.holds(path) and not declared.holds(path):
            lost = _leaving(case_type, nobody, path, tree)
            message = f"nobody may fire what leaves {quoted(path)}"
            remedy = f"let somebody fire {_either(lost)}" if lost else "let somebody fire an event that leaves it"
            yield source.warning(at_state(path), message, remedy)


def _without(case_type: CaseType, events: list[str]) -> CaseType:
    kept = {name: event for name, event in case_type.events.items() if name not in events}
    return case_type.model_copy(update={"events": kept})


def _leaving(case_type: CaseType, nobody: list[str], path: str, tree: StateTree) -> list[str]:
    around = {"*", *tree.line(path)}
    return [
        event
        for event in nobody
        if any(around.intersection(one.sources) and one.to != "=" for one in case_type.events[event].transitions)
    ]


def _either(events: list[str]) -> str:
    named = " or ".join(map(quoted, events[:MOST_NAMED]))
    return f"{named} or {len(events) - MOST_NAMED} more" if len(events) > MOST_NAMED else named


def _blind(case_type: CaseType, allowed: Allowed, seen: set[str]) -> Iterator[Fault]:
    """Roles that fire events on cases that they may not read. Case roles are held beside others."""
    name = case_type.case_type
    for line in allowed.allows:
        role, event = line.role, fires(line, case_type.events)
        if event is None or role == EVERYBODY or role.startswith("[") or role in seen:
            continue
        if not allowed.may_read(role):
            seen.add(role)
            message = f"{quoted(role)} may fire {quoted(event)} of {quoted(name)}, and may not read its cases"
            yield line.warning(message, f"add the line `p, {role}, *, {name}, case:read, , allow`")


def _undone(allowed: Allowed, seen: set[PolicyRow]) -> Iterator[Fault]:
    """Lines that allow what another one always denies: nothing overrides a line that denies."""
    for line in allowed.allows:
        deny = allowed.denied_by(line)
        if deny is not None and line not in seen:
            seen.add(line)
            same = "the same" if (deny.role, deny.act) == (line.role, line.act) else "all of it"
            message = (
                f"this allows {quoted(line.act)} to {quoted(line.role)}, and {deny.file}:{deny.line} denies {same}"
            )
            yield line.warning(message, "remove one of the two: what a line denies, no other one allows")
