"""What is asked of the policy by API, and what it answers, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.services.store.stored import PolicyLine


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedChange:
    """Lines to add and ids of lines to remove, in one step. `if_version` is the policy version that the caller saw.

    `names` maps the fields of PolicyLine to those of the caller's body, `root` is what they stand under;
    `assignments` says that only roles of users are meant, or only the others.
    """

    add: Sequence[PolicyLine] = ()
    remove: Sequence[int] = ()
    if_version: int | None = None
    reason: str | None = None
    request_id: str = ""
    root: str = "lines"
    names: Mapping[str, str] = field(default_factory=dict)
    assignments: bool | None = None


@dataclass(frozen=True, slots=True)
class ChangedPolicy:
    """A change that is in force: its version, its entry in the log, the added lines with their ids."""

    version: int
    entry_id: str
    added: Sequence[PolicyLine]
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Triple:
    """What somebody with one role may do: an event from a state (None: opening, or a built-in act on any case).

    `before` and `after` are never, conditional or always.
    """

    case_type: str
    role: str
    state: str | None
    event: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do to roles: more, less, or the same under other conditions."""

    version: int
    gains: Sequence[Triple]
    loses: Sequence[Triple]
    alters: Sequence[Triple]


@dataclass(frozen=True, slots=True)
class Able:
    """Somebody who could fire an event now; `needs` is `payload` where the payload tells."""

    name: str
    needs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoCanFire:
    """`subjects` are people as they stand to the case; `roles` what a newcomer would need, one alone.

    `after` is None on the last page of subjects.
    """

    case_id: str
    event: str
    version: int
    subjects: Sequence[Able]
    roles: Sequence[Able]
    after: str | None


def assigns(line: PolicyLine) -> bool:
    """Whether a line gives a user a role."""
    return line.kind == "g" and line.role.startswith("user:")
