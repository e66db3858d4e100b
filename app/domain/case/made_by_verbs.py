"""What a built-in verb makes besides an entry: rows of its own, case roles, and what another case is from now on."""

from dataclasses import dataclass

from app.domain.case.case import Case
from app.domain.case.entry import AuditEntry
from app.domain.case.keys import LinkKey
from app.domain.case.search_text import Said
from app.domain.values.json import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is kept of a verb in a table of its own: each verb that makes one says what else is in it."""

    tenant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRole(Row):
    """That a subject has a role, in brackets, on one case."""

    case_id: str
    subject: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a verb makes. `shown` is what its answer shows, in place of the case where there is any.

    `other` is the far end of a link, and the entry in that case's own chain; `links` are there from now on, and `said`
    is found from now on.
    """

    rows: tuple[Row, ...] = ()
    given: tuple[CaseRole, ...] = ()
    taken: tuple[CaseRole, ...] = ()
    other: tuple[Case, AuditEntry] | None = None
    links: tuple[LinkKey, ...] = ()
    said: Said | None = None
    shown: JsonObject | None = None
