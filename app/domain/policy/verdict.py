"""What the policy says of an act."""

from dataclasses import dataclass

from app.domain.values.errors import Reason


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policy says: `rule` is the line that decided (CSV text), `policy` the hash in force."""

    allowed: bool
    rule: str | None
    policy: str
    reasons: tuple[Reason, ...] = ()
