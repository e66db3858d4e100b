"""What the log says of a policy file that was put in force: every line, in the log of the tenant that it is about."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.case.entry import AuditEntry
from app.domain.case.sealing import canonical
from app.domain.values.json import Json
from app.domain.values.names import SERVICE_TENANT
from app.services.entries.actors import operator_json
from app.services.entries.writing import entry_of
from app.services.policy.log_entries import line_json
from app.services.store.stored import PolicyFile, PolicyLine

MOST_BYTES = 20 * 1024
"""Of lines in an entry; the rest goes into further ones."""
Change = tuple[str, PolicyLine]
"""`lines_added` or `lines_removed`, and the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileApplied:
    """A file, how it came in force (seeded, applied), by whom, and as which version."""

    file: PolicyFile
    how: str
    operator: str
    version: int
    added: Sequence[PolicyLine]
    removed: Sequence[PolicyLine]


def file_entries(applied: FileApplied, at: datetime) -> Iterator[AuditEntry]:
    """The entries: lines that name a tenant are nobody else's business, those of `*` are everybody's."""
    changes: defaultdict[str, list[Change]] = defaultdict(list)
    changes[SERVICE_TENANT] = []
    for name, lines in (("lines_added", applied.added), ("lines_removed", applied.removed)):
        for line in lines:
            changes[line.tenant].append((name, line))
    for tenant, of_tenant in changes.items():
        if of_tenant or len(changes) == 1:
            for part in _parts(of_tenant):
                actor = operator_json(applied.operator)
                yield entry_of("policy", tenant, at, actor=actor, says=_says(applied, part))


def _says(applied: FileApplied, part: Iterable[Change]) -> dict[str, Json]:
    lines: dict[str, list[Json]] = {"lines_added": [], "lines_removed": []}
    for name, line in part:
        lines[name].append(_line_of(name, line))
    return {
        "file": applied.file.name,
        "file_sha256": applied.file.sha256,
        "how": applied.how,
        "policy_version": applied.version,
        "added": len(lines["lines_added"]),
        "removed": len(lines["lines_removed"]),
        **lines,
    }


def _parts(changes: Sequence[Change]) -> Iterator[list[Change]]:
    part: list[Change] = []
    size = 0
    for name, line in changes:
        length = len(canonical(_line_of(name, line)))
        if part and size + length > MOST_BYTES:
            yield part
            part, size = [], 0
        part.append((name, line))
        size += length
    yield part


def _line_of(name: str, line: PolicyLine) -> Json:
    return line_json(line) if name == "lines_added" else {"id": line.id, **line_json(line)}
