"""What every built-in verb is: a frozen value that knows its policy act, and what it makes of a case."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

from app.domain.case.case import Case
from app.domain.case.keys import LinkKey
from app.domain.case.made_by_verbs import Work
from app.domain.deciding.situation import OnCase
from app.domain.values.json import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a verb did: the kind and body of its entry, and what else of the case is another one.

    `counts` as an event does: the version is another one, and the clocks look at the case again.
    """

    kind: str
    case: Case
    body: Mapping[str, Json] = field(default_factory=dict)
    fields: Mapping[str, Json] = field(default_factory=dict)
    counts: bool = False


@dataclass(frozen=True, slots=True)
class PossibleAct:
    """A built-in verb that somebody may do now: its name, what the policy was asked for, and its words."""

    verb: str
    act: str
    title: str


class Verb(ABC):
    """`act` is what the policy is asked for; `doing` completes `you may not ... here`, and ends with `this case`.
    `name` is what it is offered as, where people may do it by itself."""

    __slots__ = ()
    act: ClassVar[str]
    doing: ClassVar[str]
    name: ClassVar[str] = ""

    @classmethod
    def takes(cls, here: "OnCase") -> bool:
        """Whether the case as it stands takes it from this caller, whatever else it will say."""
        return True

    @property
    def other(self) -> str | None:
        """The id of another case that it needs, locked as well."""
        return None

    def link(self, tenant: str, case_id: str) -> LinkKey | None:
        """The link that it makes of a case, of which there is one at most: looked for once both cases are locked."""
        return None

    def seen(self, there: OnCase | None, known: bool) -> Self:
        """The same with what was found: the other case as the caller stands to it, and whether its link is there."""
        return self

    @abstractmethod
    def done(self, here: OnCase) -> Done:
        """What it makes of the case of `here`, which policy and version allow. Raises CaseError."""

    def work(self, here: OnCase, case: Case) -> Work | None:
        """What it makes besides, once the case is this."""
        return None

    def own_part(self, shown: JsonObject) -> JsonObject:
        """What the attempt itself said of what its answer shows: that much is told again to whoever lost the case."""
        return shown
