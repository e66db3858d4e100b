"""What came of an attempt."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.case.case import Case
from app.domain.case.entry import AuditEntry
from app.domain.case.made_by_verbs import Row, Work
from app.domain.clocks.after_event import ClocksAfter
from app.domain.values.errors import CaseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An event that applied: the case as it is now and the sealed entry that says so.

    `readable` is False where the caller lacks `case:read`, so that the answer leaves the case out. `clocks` is what
    the event did to the clocks, `work` what a verb made besides. `acted` are those whom four eyes asks for, by event;
    `words` those by which the case is found from now on, None where they stay. `beside` are the entries of the files
    that its data brought, and `rows` those files.
    """

    case: Case
    entry: AuditEntry
    opened: bool
    readable: bool = True
    clocks: ClocksAfter | None = None
    work: Work | None = None
    acted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    words: str | None = None
    beside: tuple[AuditEntry, ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that did not apply: the error for the caller and, for some codes, a `denied` entry."""

    error: CaseError
    entry: AuditEntry | None = None
