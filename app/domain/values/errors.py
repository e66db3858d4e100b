"""What can go wrong with an attempt: a stable code, a sentence for a person, and what would help."""

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that said no, and what would say yes.

    `code` is one of state, role, rule, guard, four_eyes, scope; `detail` holds what belongs to it:
    `states` and `open_states`, `roles` (who could), `rule`, `guard`, `saw` ({path: value}), `events`.
    """

    code: str
    message: str
    remedy: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldError:
    """A fault in one field of the input; `field` is a dotted path such as `data.amount_cents`."""

    field: str
    message: str


class CaseError(Exception):
    """An expected refusal. `code` is part of the HTTP contract and never changes."""

    code: ClassVar[str]

    def __init__(
        self,
        message: str,
        *,
        reasons: tuple[Reason, ...] = (),
        errors: tuple[FieldError, ...] = (),
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reasons = reasons
        self.errors = errors
        self.extra = extra or {}


class Malformed(CaseError):
    code = "malformed"


class Unauthenticated(CaseError):
    code = "unauthenticated"


class Denied(CaseError):
    code = "denied"


class NotFound(CaseError):
    code = "not_found"


class WrongState(CaseError):
    code = "wrong_state"


class GuardRefused(CaseError):
    code = "guard_refused"


class Conflict(CaseError):
    """The reference exists; `extra` is {"case_id": id}."""

    code = "conflict"


class VersionConflict(CaseError):
    """Somebody was faster; `extra` is {"current_version": n}."""

    code = "version_conflict"


class IdempotencyInFlight(CaseError):
    code = "idempotency_in_flight"


class IdempotencyMismatch(CaseError):
    code = "idempotency_mismatch"


class TooLarge(CaseError):
    code = "too_large"


class OverQuota(CaseError):
    """The files of the tenant leave no room for this one."""

    code = "over_quota"


class TooMany(CaseError):
    """The caller, or the callers of the tenant, have as many open as they may."""

    code = "rate_limited"


class Invalid(CaseError):
    code = "invalid"


class Unavailable(CaseError):
    code = "unavailable"


class Internal(CaseError):
    """Something that nobody expected; it was logged where it happened."""

    code = "internal"


def invalid(field: str, message: str) -> Invalid:
    """One field of the input is wrong; the message says how, after its name."""
    return Invalid(f"{field}: {message}", errors=(FieldError(field, message),))


ERRORS: dict[str, type[CaseError]] = {error.code: error for error in CaseError.__subclasses__()}
