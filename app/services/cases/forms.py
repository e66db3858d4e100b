"""What the pages of forms ask: which cases somebody may open, what an event would do, and what changed meanwhile."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.case.attempt import Actor, Attempt, Opens
from app.domain.deciding.situation import OnCase, Situation
from app.domain.explaining.ahead import Ahead, ahead_of_event, ahead_of_form
from app.domain.machine.form_asked import FormAsked, form_asked
from app.domain.machine.machine import Machine
from app.domain.values.errors import CaseError, NotFound
from app.domain.values.json import Data, Json, JsonObject
from app.domain.values.rfc3339 import parse_rfc3339
from app.services.cases.cases import Cases
from app.services.cases.opening_rights import may_open
from app.services.cases.views import Shown, Wanted
from app.services.definitions.definitions import Definitions
from app.services.entries.identity import new_id, new_salt
from app.services.policy.policies import Policies

MOST_CHANGES = 50
"""Entries that are told of what happened while somebody was writing."""
MOST_ALIKE = 5
LOOKED_THROUGH = 20
"""Cases that are compared with one that is about to be opened."""
REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Openable:
    """A case type that somebody may open cases of, by these events."""

    machine: Machine
    events: Sequence[str]


@dataclass(frozen=True, slots=True)
class Firing:
    """An event of a case before it is fired: the case as it stands, its machine, and what the event would do."""

    here: OnCase
    ahead: Ahead

    @property
    def shown(self) -> Shown:
        return Shown(self.here.case, self.here.clocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanwhile:
    """An entry that was written after a page was opened: who did what, when, and the data that it gave values."""

    event: str | None
    kind: str
    by: str
    at: datetime
    source: str | None
    target: str | None
    data: dict[str, Json]


class FormReads:
    """Reads for forms; nothing here takes a lock or changes anything."""

    def __init__(self, cases: Cases, definitions: Definitions, policies: Policies) -> None:
        self._cases = cases
        self._definitions = definitions
        self._policies = policies

    async def firing(self, attempt: Attempt, *, entered: bool) -> Firing:
        """`entered`: with the payload of the attempt; else before there is one. Raises NotFound, also for a case that
        the actor may not read, and for an event that the case type does not have."""
        assert attempt.case_id is not None
        assert attempt.event is not None
        here = replace(await self._cases.situation(attempt.actor, attempt.case_id), attempt=attempt)
        if attempt.event not in here.machine.case_type.events:
            raise NotFound("there is no such event")
        return Firing(here, ahead_of_event(here) if entered else ahead_of_form(here))

    async def form(self, actor: Actor, case_id: str, event: str) -> FormAsked:
        """Raises NotFound, also for a case that the actor may not read, and for an event without a form."""
        here = await self._cases.situation(actor, case_id)
        return _asked(here.machine, event, here.case.data)

    def opening_form(self, name: str, event: str) -> FormAsked:
        """Raises NotFound."""
        machine = self._definitions.named(name)
        if event not in machine.case_type.opening:
            raise NotFound(f"{event} opens no {name}")
        return _asked(machine, event, None)

    async def openable(self, actor: Actor) -> Sequence[Openable]:
        """The case types that the actor may open cases of, as far as that is known before there are data."""
        await self._policies.refresh()
        found = [Openable(machine, self._opening(actor, machine)) for machine in self._definitions.all()]
        return [one for one in found if one.events]

    def _opening(self, actor: Actor, machine: Machine) -> Sequence[str]:
        return [event for event in machine.case_type.opening if self._may_open(actor, machine, event)]

    def _may_open(self, actor: Actor, machine: Machine, event: str) -> bool:
        """A line whose condition reads the data may allow it yet."""
        name, engine = machine.case_type.case_type, self._policies.engine
        here = self.about_to_open(actor, machine, event, datetime.min)
        if actor.scope is not None and not actor.scope.covers(name, event):
            return False
        return may_open(engine, actor.tenant, here.roles, name, event)

    def about_to_open(self, actor: Actor, machine: Machine, event: str, at: datetime) -> Situation:
        """Before there are data."""
        asking = Attempt(
            actor=actor,
            event=event,
            entry_id=new_id(),
            new_case_id=new_id(),
            request_id="",
            opens=Opens.ALWAYS,
            case_type=machine.case_type.case_type,
            data={},
        )
        engine = self._policies.engine
        return Situation(machine=machine, policy=engine, attempt=asking, at=at, new_salt=new_salt)

    async def meanwhile(self, actor: Actor, case_id: str, after: int) -> Sequence[Meanwhile]:
        """What was written after a `case_seq`, the oldest first. Raises NotFound as `Cases.log` does."""
        entries = await self._cases.log(actor, case_id, False, after, MOST_CHANGES)
        return [_meanwhile(json.loads(entry.entry), entry.values) for entry in entries]

    async def of_reference(self, actor: Actor, case_type: str, reference: str) -> Shown | None:
        """The case that has the reference, where the actor may read it."""
        page = await self._cases.find(actor, Wanted(case_type=case_type, reference=reference, limit=1))
        return Shown(page.items[0], page.clocks.get(page.items[0].id, {})) if page.items else None

    async def alike(self, actor: Actor, machine: Machine, data: Data) -> Sequence[Shown]:
        """Cases with the same value in a field that is declared to identify one (`x-identifies`)."""
        found: dict[str, Shown] = {}
        for name in _identifying(machine):
            value = data.get(name)
            if not isinstance(value, str) or not value.strip():
                continue
            wanted = Wanted(case_type=machine.case_type.case_type, q=value, limit=LOOKED_THROUGH)
            try:
                page = await self._cases.find(actor, wanted)
            except CaseError:  # too long to search for, or nothing but signs: a hint less, and the case is opened
                continue
            for case in page.items:
                if case.data.get(name) == value:
                    found[case.id] = Shown(case, page.clocks.get(case.id, {}))
        return list(found.values())[:MOST_ALIKE]


def _asked(machine: Machine, event: str, data: Data | None) -> FormAsked:
    if event not in machine.forms:
        raise NotFound("the event has no form" if machine.knows(event) else "there is no such event")
    return form_asked(machine, event, data)


def _identifying(machine: Machine) -> Sequence[str]:
    known = machine.case_type.data.get("properties", {})
    return [name for name, part in known.items() if isinstance(part, dict) and part.get("x-identifies") is True]


def _meanwhile(entry: JsonObject, values: JsonObject) -> Meanwhile:
    acting = entry["actor"]
    data = {path.removeprefix("/data/"): value for path, value in values.items() if path.startswith("/data/")}
    return Meanwhile(
        event=entry.get("event"),
        kind=entry["kind"],
        by=acting.get("on_behalf_of") or acting["reference"],
        at=parse_rfc3339(entry["at"]),
        source=entry.get("source"),
        target=entry.get("target"),
        data={_unescaped(name): value for name, value in data.items()},
    )


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")
