"""What can go wrong with an attempt: a stable code and what follows from it, a sentence, and what would help."""

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
    """An expected refusal. `code` is part of the HTTP contract and never changes.

    A new one is a class here, with what follows from it, and a line of PROBLEMS at the HTTP border.
    """

    code: ClassVar[str]
    recorded: ClassVar[bool] = False
    """Whether an attempt that is refused so leaves a `denied` entry in the log."""
    given_again: ClassVar[bool] = False
    """Whether it is kept, and given again under the same idempotency key."""
    tells_of_case: ClassVar[bool] = False
    """Whether its message and reasons say how the case stands, which only those learn who may read it."""
    passes: ClassVar[bool] = False
    """Whether the same request with the same key may come to something else in a moment."""

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
    recorded = True
    given_again = True


class NotFound(CaseError):
    code = "not_found"


class WrongState(CaseError):
    code = "wrong_state"
    recorded = True
    given_again = True
    tells_of_case = True


class GuardRefused(CaseError):
    code = "guard_refused"
    recorded = True
    given_again = True
    tells_of_case = True


class Conflict(CaseError):
    """The reference exists; `extra` is {"case_id": id}."""

    code = "conflict"
    given_again = True


class VersionConflict(CaseError):
    """Somebody was faster; `extra` is {"current_version": n}."""

    code = "version_conflict"
    given_again = True


class IdempotencyInFlight(CaseError):
    code = "idempotency_in_flight"
    passes = True


class IdempotencyMismatch(CaseError):
    code = "idempotency_mismatch"


class TooLarge(CaseError):
    code = "too_large"


class OverQuota(CaseError):
    """The files of the tenant leave no room for this one."""

    code = "over_quota"


class FileUnchecked(CaseError):
    """Nobody has looked yet whether the file is harmful."""

    code = "file_unchecked"
    passes = True


class FileInfected(CaseError):
    code = "file_infected"


class TooMany(CaseError):
    """The caller, or the callers of the tenant, have as many open as they may."""

    code = "rate_limited"
    passes = True


class Invalid(CaseError):
    code = "invalid"
    given_again = True


class Unavailable(CaseError):
    code = "unavailable"
    passes = True


class Internal(CaseError):
    """Something that nobody expected; it was logged where it happened."""

    code = "internal"
    passes = True


def invalid(field: str, message: str) -> Invalid:
    """One field of the input is wrong; the message says how, after its name."""
    return Invalid(f"{field}: {message}", errors=(FieldError(field, message),))


ERRORS: dict[str, type[CaseError]] = {error.code: error for error in CaseError.__subclasses__()}
