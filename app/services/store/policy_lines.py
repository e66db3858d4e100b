"""Lines and files of a policy, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLine:
    """One line of the living policy.

    `kind` p: `role`, `tenant` (or `*`), `obj` (case type or `*`), `act`, `when` (CEL or empty), `eft`.
    `kind` g: `role` is the member (a role or a user), `obj` the role it gets, `tenant` the tenant of a user's role
    (`*` for a role that includes another); `act`, `when` and `eft` are empty. `source` is the file it was seeded from,
    or None where an administrator made it. `id` is 0 until it is stored; `added` and `removed` are policy versions.
    """

    kind: str
    role: str
    tenant: str
    obj: str
    act: str = ""
    when: str = ""
    eft: str = ""
    source: str | None = None
    id: int = 0
    added: int = 0
    removed: int | None = None


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """That a policy file was seeded or applied, with the SHA-256 of its text."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PolicySource:
    """A policy file as it was read: its name, the SHA-256 of its text, its lines."""

    file: PolicyFile
    lines: Sequence[PolicyLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineQuery:
    """A page of the lines in force that hold in a tenant: its own and those of `*`, by id.

    `case_types` keeps `p` lines about one of them or about `*`; None keeps all. `role` keeps lines that name it on
    either side; `assignments` keeps the roles of users (True) or leaves them out (False).
    """

    tenant: str
    kind: str | None = None
    case_types: frozenset[str] | None = None
    role: str | None = None
    user: str | None = None
    assignments: bool | None = None
    after: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class LinePage:
    """`version` is the policy version at which the page was read; `after` is None on the last page."""

    lines: Sequence[PolicyLine]
    version: int
    after: int | None
