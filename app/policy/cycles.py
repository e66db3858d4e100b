"""Find roles that include each other in a circle."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from app.policy.lines import includes_role
from app.services.store.policy_lines import PolicyLine


def closing_lines(lines: Sequence[PolicyLine]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each line that closes a circle with lines before it: its position, and the circle as a path of roles."""
    includes: dict[str, list[str]] = defaultdict(list)
    for position, line in enumerate(lines):
        if not includes_role(line):
            continue
        back = _path(includes, line.obj, line.role)
        if back is not None:
            yield position, (line.role, *back)
        includes[line.role].append(line.obj)


def _path(includes: Mapping[str, Sequence[str]], start: str, end: str) -> tuple[str, ...] | None:
    came_from = {start: start}
    waiting = [start]
    while waiting:
        role = waiting.pop()
        if role == end:
            return _walk_back(came_from, role)
        for included in includes.get(role, ()):
            if included not in came_from:
                came_from[included] = role
                waiting.append(included)
    return None


def _walk_back(came_from: Mapping[str, str], role: str) -> tuple[str, ...]:
    path = [role]
    while came_from[role] != role:
        role = came_from[role]
        path.append(role)
    return tuple(reversed(path))
