"""What one decision is about: who attempts what, on which case, and what expressions see of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Self

from app.domain.calendars.port import Calendars, RoundTheClock
from app.domain.case.attempt import Attempt
from app.domain.case.case import Case, Surroundings
from app.domain.case.held_file import HeldFile
from app.domain.clocks.after_event import Clocks
from app.domain.deciding.data_written import written
from app.domain.definition.titles import of_event
from app.domain.expressions.expression import EvaluationFault, View
from app.domain.expressions.narrow_view import NarrowView
from app.domain.expressions.view import Variables
from app.domain.machine.form import CompiledForm, Entered, FormOf
from app.domain.machine.machine import Machine
from app.domain.machine.opening_data import opened_with
from app.domain.policy.port import Policy
from app.domain.policy.verdict import Verdict
from app.domain.schemas.files import by_field
from app.domain.values.errors import CaseError
from app.domain.values.json import Data, Json

READ = "case:read"
ADMIN = "case:admin"
AUDIT = "case:audit"


@dataclass(frozen=True, kw_only=True)
class Situation:
    """An attempt on a case, or on none yet. `new_salt` gives 32 random bytes a call; `newest` is the newest version of
    the case type, where it is known and another one. `wide` where much is asked at once, and nothing is decided: each
    expression then sees what it reads of the data only. `held` are the files that the data of the attempt name and that
    no case has yet."""

    machine: Machine
    policy: Policy
    attempt: Attempt
    at: datetime
    new_salt: Callable[[], bytes]
    case: Case | None = None
    around: Surroundings = field(default_factory=Surroundings)
    clocks: Clocks = field(default_factory=dict)
    calendars: Calendars = field(default_factory=RoundTheClock)
    newest: Machine | None = None
    wide: bool = False
    held: Mapping[str, HeldFile] = field(default_factory=dict)

    @property
    def event(self) -> str:
        assert self.attempt.event is not None
        return self.attempt.event

    @property
    def happened(self) -> datetime:
        """When: `at` is only when it is recorded."""
        return self.attempt.happened(self.at)

    @property
    def act(self) -> str:
        """What the policy is asked for: the event, or the act of a built-in verb."""
        return self.attempt.verb.act if self.attempt.verb else self.event

    @property
    def doing(self) -> str:
        """What is attempted, for people: completes `you may not ... here`."""
        return self.attempt.verb.doing if self.attempt.verb else self.event

    @property
    def data(self) -> Data:
        """The case data before the event; of a case that is being opened, the data it is opened with."""
        return self.case.data if self.case else self.entered.data

    @property
    def form(self) -> CompiledForm | None:
        return self.machine.forms.get(self.attempt.event or "")

    @cached_property
    def entered(self) -> Entered:
        """The data with what was sent, and what is wrong with that; of a case that is being opened, with defaults."""
        form, sent = self.form, self.attempt.data or {}
        if self.case is None:
            return opened_with(self.machine, form, sent, self.seen_entering)
        of = FormOf(self.machine.case_type.data, self.machine.data_type, self.seen_entering)
        return form.entered(self.case.data, sent, of) if form else Entered(self.case.data)

    @cached_property
    def set_by_event(self) -> Data:
        """The data after defaults, form and what the event itself sets, which guards see as `after.data`. Raises
        Invalid where an expression cannot be computed."""
        assignments = self.machine.event_sets.get(self.event, ())
        data = self.case.data if self.case is not None and self.form is None else self.entered.data
        return written(data, assignments, self.view_entered) if assignments else data

    @property
    def max_data_bytes(self) -> int:
        """What restricts is not pinned: the newest version counts for cases of all versions."""
        return (self.newest or self.machine).case_type.max_data_bytes

    @cached_property
    def of_caller(self) -> Self:
        """The same for the caller alone, whoever is acted for."""
        return replace(self, attempt=replace(self.attempt, on_behalf_of=None, occurred_at=None))

    @cached_property
    def roles(self) -> frozenset[str]:
        """All roles of the one who decides: the one acted for, else the caller."""
        actor, principal = self.attempt.actor, self.attempt.on_behalf_of
        if principal is None:
            closure = self.policy.closure(actor.tenant, actor.id, actor.roles)
        else:
            closure = self.policy.closure(actor.tenant, principal.id, principal.roles, own=principal.roles is None)
        return closure | relative_roles(self.case, self.around, self.attempt.acting)

    @cached_property
    def view(self) -> View:
        return self._view(self.data, seen_case(self.case) if self.case else self._seen_opening())

    @cached_property
    def view_entered(self) -> View:
        """What `set` sees: the data with what was entered."""
        return self.view if self.case is None or self.form is None else self.seen_entering(self.entered.data)

    def seen_entering(self, data: Data) -> View:
        """What the conditions of a form see."""
        return self._view(data, seen_case(self.case) if self.case else self._seen_opening())

    def view_after(self, case: Case) -> View:
        """What expressions see once the event has made this of the case."""
        return self._view(case.data, seen_case(case))

    def _view(self, data: Data, case: Variables) -> View:
        payload = self.attempt.payload or {}
        seen = {"data": data, "payload": payload, "actor": self._seen_actor(), "case": case, "now": self.happened}
        return (NarrowView if self.wide else View)(seen, self.machine.kinds(self.attempt.event), self._after)

    def _after(self) -> Variables:
        try:
            return {"data": self.set_by_event}
        except CaseError as error:
            raise EvaluationFault(error.message) from error

    @cached_property
    def delegation(self) -> Verdict | None:
        """Whether the caller may act for others and for other times; None where that is not attempted."""
        if self.attempt.on_behalf_of is None and self.attempt.occurred_at is None:
            return None
        return self.of_caller.decide(ADMIN)

    @property
    def verdict(self) -> Verdict:
        """What the policy says of the act: first of acting for others, where that is attempted."""
        if self.delegation is not None and not self.delegation.allowed:
            return self.delegation
        return self.decide(self.act)

    @cached_property
    def readable(self) -> bool:
        """Whether the one who decides may read the case. Who may not act for others is judged alone."""
        if self.delegation is not None and not self.delegation.allowed:
            return self.of_caller.readable
        return self.decide(READ).allowed

    def decide(self, act: str) -> Verdict:
        """What the policy says, within the scope of what the caller showed, whoever is acted for."""
        case_type, scope = self.machine.case_type.case_type, self.attempt.actor.scope
        declared = self.machine.case_type
        verdict = self.policy.decide(self.attempt.tenant, self.roles, case_type, act, lambda: self.view, declared)
        if scope is None or scope.covers(case_type, act):
            return verdict
        rule, outside = None if verdict.allowed else verdict.rule, scope.reason(case_type, act, of_event(declared, act))
        return Verdict(False, rule, verdict.policy, (*verdict.reasons, outside))

    def allows(self, act: str) -> bool:
        """What `decide` comes to, without its reasons, which cost a multiple."""
        case_type, scope = self.machine.case_type.case_type, self.attempt.actor.scope
        if scope is not None and not scope.covers(case_type, act):
            return False
        return self.policy.allows(self.attempt.tenant, self.roles, case_type, act, lambda: self.view)

    def asking(self, event: str) -> Self:
        """The same about an event that nobody has sent a payload for: roles, and what is seen, are the same too."""
        assert self.attempt.payload is None
        asked = replace(self, attempt=replace(self.attempt, event=event))
        seen = {} if event in self.machine.sees_after else {"view": self.view}
        asked.__dict__.update(roles=self.roles, **seen)
        return asked

    def _seen_actor(self) -> Json:
        principal = self.attempt.on_behalf_of
        return {
            "id": self.attempt.acting,
            "roles": sorted(self.roles),
            "on_behalf_of": principal.id if principal else None,
        }

    def _seen_opening(self) -> Variables:
        """A case that does not exist yet: no state, opened now by the actor."""
        return {
            "id": self.attempt.new_case_id,
            "reference": self.attempt.reference,
            "case_type": self.machine.case_type.case_type,
            "state": "",
            "states": [],
            "version": 0,
            "creator": self.attempt.acting,
            "assignee": None,
            "team": None,
            "urgency": 0,
            "files": by_field(self.machine.case_type.data, self.data, self.held) if self.held else {},
            "opened_at": self.happened,
            "changed_at": self.happened,
        }


@dataclass(frozen=True, kw_only=True)
class OnCase(Situation):
    """An attempt on a case that is there: what every decision takes but that of an opening."""

    case: Case = field()


def relative_roles(case: Case | None, around: Surroundings, subject: str) -> frozenset[str]:
    """The case-relative roles of a subject: creator, assignee, and those given on the case."""
    if case is None:
        return frozenset()
    own = {"[creator]": case.creator, "[assignee]": case.assignee}
    return around.roles.get(subject, frozenset()) | {role for role, holder in own.items() if holder == subject}


def seen_case(case: Case) -> Variables:
    return {
        "id": case.id,
        "reference": case.reference,
        "case_type": case.case_type,
        "state": case.state,
        "states": list(case.states),
        "version": case.version,
        "creator": case.creator,
        "assignee": case.assignee,
        "team": case.team,
        "urgency": case.urgency,
        "files": case.files,
        "opened_at": case.opened_at,
        "changed_at": case.changed_at,
    }
