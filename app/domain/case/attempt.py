"""What is attempted, and by whom."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.case.keys import AnswerKey, CaseKey
from app.domain.policy.scope import Scope
from app.domain.values.json import Data

if TYPE_CHECKING:
    from app.domain.deciding.verb import Verb


ANYONE = "*"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody acted for: a reference, and roles where the caller gave some."""

    id: str
    roles: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who calls, as the border authenticated it. `id` is `user:NAME`, `service:NAME` or `system:NAME`."""

    tenant: str
    id: str
    roles: frozenset[str] = frozenset()
    authenticated: str = "jwt"
    scope: Scope | None = None


class Opens(StrEnum):
    """Whether an attempt opens a case: by POST /cases, by reference in a batch, or not at all."""

    NEVER = "never"
    ALWAYS = "always"
    IF_ABSENT = "if_absent"


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The caller's key and the SHA-256 of the canonical call and body."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An actor trying an event now, or with `verb` a built-in verb in place of an event.

    The case is named by `case_id`, or by `case_type` and `reference`. `entry_id` and `new_case_id` are
    UUID v7 given at the border, so that deciding needs no source of ids. `names` and `key` follow from the rest: the
    case, and under what its answer is kept.
    """

    actor: Actor
    event: str | None
    entry_id: str
    new_case_id: str
    request_id: str
    opens: Opens = Opens.NEVER
    case_id: str | None = None
    case_type: str | None = None
    reference: str | None = None
    data: Data | None = None
    payload: Data | None = None
    reason: str | None = None
    if_version: int | None = None
    occurred_at: datetime | None = None
    on_behalf_of: Principal | None = None
    idempotency: Idempotency | None = None
    verb: "Verb | None" = None
    names: CaseKey | None = field(init=False, repr=False, compare=False)
    key: AnswerKey | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Both are asked for at each station of an attempt."""
        tenant, same, names = self.actor.tenant, self.idempotency, None
        if self.case_id is not None:
            names = CaseKey(tenant, case_id=self.case_id)
        elif self.case_type is not None and self.reference is not None:
            names = CaseKey(tenant, case_type=self.case_type, reference=self.reference)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "key", AnswerKey(tenant, self.actor.id, same.key) if same else None)

    @property
    def tenant(self) -> str:
        return self.actor.tenant

    @property
    def acting(self) -> str:
        """The reference that decides: the one acted for, else the caller."""
        return self.on_behalf_of.id if self.on_behalf_of else self.actor.id

    def happened(self, at: datetime) -> datetime:
        """When what is recorded at `at` happened: what is told of the future has not."""
        return at if self.occurred_at is None else min(self.occurred_at, at)
