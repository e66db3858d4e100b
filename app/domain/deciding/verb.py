"""What every built-in verb is: a frozen value that knows its policy act, and what it makes of a case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol

from app.domain.case.case import Case
from app.domain.case.made_by_verbs import Work
from app.domain.values.json import Json

if TYPE_CHECKING:
    from app.domain.deciding.situation import Situation


@dataclass(frozen=True, slots=True)
class Done:
    """What a verb did: the kind and body of its entry, and what else of the case is another one.

    `assigns` counts the version up and lets the clocks look at the case again.
    """

    kind: str
    case: Case
    body: Mapping[str, Json] = field(default_factory=dict)
    fields: Mapping[str, Json] = field(default_factory=dict)
    assigns: bool = False


class Verb(Protocol):
    """`act` is what the policy is asked for; `doing` completes `you may not ... here`."""

    act: ClassVar[str]
    doing: ClassVar[str]

    @property
    def other(self) -> str | None:
        """The id of another case that it needs, locked as well."""
        ...

    def done(self, here: "Situation") -> Done:
        """What it makes of the case of `here`, which policy and version allow. Raises CaseError."""
        ...

    def work(self, here: "Situation", case: Case) -> Work | None:
        """What it makes besides, once the case is this."""
        ...
