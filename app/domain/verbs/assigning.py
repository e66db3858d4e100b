"""Whose a case is: assign it, claim it, release it, or pass it by."""

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from app.domain.case.case import Case
from app.domain.deciding.situation import OnCase
from app.domain.deciding.verb import Done, Verb
from app.domain.values.errors import GuardRefused, Reason, invalid
from app.domain.values.names import SUBJECT, TEAM

ASSIGN: Final = "case:assign"
CLAIM: Final = "case:claim"


@dataclass(frozen=True, slots=True)
class Assign(Verb):
    """To a person, a team, both or nobody. `given` names what is to change; the other stays.

    A case that goes to another team is nobody's there, unless the assignee is given too (as an SLA step does it).
    """

    assignee: str | None
    team: str | None
    given: frozenset[str]
    act: ClassVar[str] = ASSIGN
    doing: ClassVar[str] = "assign this case"
    name: ClassVar[str] = "assign"

    def done(self, here: OnCase) -> Done:
        case = here.case
        if not self.given:
            raise invalid("assignee", "say whom the case is assigned to, or the team, or null for nobody")
        for name, spelling in (("assignee", SUBJECT), ("team", TEAM)):
            if (value := getattr(self, name)) is not None and not spelling.fullmatch(value):
                raise invalid(name, "must be `user:NAME`" if name == "assignee" else "must be `team:NAME`")
        after = replace(case, team=self.team) if "team" in self.given else case
        if "assignee" in self.given:
            after = replace(after, assignee=self.assignee)
        elif after.team != case.team:
            after = replace(after, assignee=None)
        return assigned(after, "assign")


@dataclass(frozen=True, slots=True)
class Claim(Verb):
    """To whoever acts, unless somebody else has it."""

    act: ClassVar[str] = CLAIM
    doing: ClassVar[str] = "claim this case"
    name: ClassVar[str] = "claim"

    @classmethod
    def takes(cls, here: OnCase) -> bool:
        return here.case.assignee in (None, here.attempt.acting)

    def done(self, here: OnCase) -> Done:
        me = here.attempt.acting
        if not self.takes(here):
            raise _held(here, "case.assignee == null || case.assignee == actor.id", "somebody else has the case")
        return assigned(replace(here.case, assignee=me), "claim")


@dataclass(frozen=True, slots=True)
class Release(Verb):
    """Back to the queue of its team, by whoever has it."""

    act: ClassVar[str] = CLAIM
    doing: ClassVar[str] = "release this case"
    name: ClassVar[str] = "release"

    @classmethod
    def takes(cls, here: OnCase) -> bool:
        return here.case.assignee == here.attempt.acting

    def done(self, here: OnCase) -> Done:
        if not self.takes(here):
            raise _held(here, "case.assignee == actor.id", "the case is not yours to release")
        return assigned(replace(here.case, assignee=None), "release")


@dataclass(frozen=True, slots=True)
class Skip(Verb):
    """Passed by when the next case was asked for; the reason of the attempt says why."""

    act: ClassVar[str] = CLAIM
    doing: ClassVar[str] = "skip this case"

    def done(self, here: OnCase) -> Done:
        if not (here.attempt.reason or "").strip():
            raise invalid("skip.reason", "say why the case is skipped")
        return Done(kind="skipped", case=here.case)


def assigned(case: Case, verb: str) -> Done:
    """`becomes` says whose it is, whole, so that the log alone tells it."""
    return Done(
        kind="assigned",
        case=case,
        body={"verb": verb, "becomes": {"assignee": case.assignee, "team": case.team}},
        counts=True,
    )


def _held(here: OnCase, guard: str, message: str) -> GuardRefused:
    remedy = "whoever has it releases it, or somebody with case:assign assigns it"
    detail = {"guard": guard, "saw": {"case.assignee": here.case.assignee}}
    return GuardRefused(message, reasons=(Reason("guard", message, remedy, detail),))
