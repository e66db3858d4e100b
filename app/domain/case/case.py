"""A case as it stands, and what a decision on it needs besides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.values.json import Data


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as it stands after `seq` entries. `state` joins the active leaves with `+` in declaration order; `memory`
    holds, by state path, the leaves that were active in it when it was last left; `rounds` is what four eyes compares;
    `files` how many files of each category were attached;
    `definition` is the hash it was opened under; `last_hash` that of its newest entry; `due_at` the earliest due moment
    of its running clocks. `opened_at`, `changed_at` and `closed_at` are when it happened, `recorded_at` when its newest
    entry was written: only that keeps entries in order.
    """

    tenant: str
    id: str
    case_type: str
    definition: str
    definition_version: int
    reference: str | None
    state: str
    version: int
    seq: int
    data: Data
    creator: str
    opened_at: datetime
    changed_at: datetime
    recorded_at: datetime
    last_hash: str
    memory: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rounds: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, int] = field(default_factory=dict)
    assignee: str | None = None
    team: str | None = None
    urgency: int = 0
    closed_at: datetime | None = None
    due_at: datetime | None = None

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(self.state.split("+"))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a decision on a case needs besides the case.

    `roles`: subject -> case roles given on this case, in brackets; `acted`: event -> who ever fired it here
    (only events that some four-eyes rule of the definition names).
    """

    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    acted: Mapping[str, frozenset[str]] = field(default_factory=dict)
