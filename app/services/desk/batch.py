"""Decide a batch of attempts against what was locked: each sees what the ones before it did."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.calendars.port import Calendars, RoundTheClock
from app.domain.case.attempt import Attempt
from app.domain.case.case import Case
from app.domain.case.entry import AuditEntry
from app.domain.case.held_file import HeldFile
from app.domain.deciding.decide import fire, no_such_case, open_case
from app.domain.deciding.decide_verb import decide
from app.domain.deciding.escalate import SYSTEM
from app.domain.deciding.opening import by_its_event, not_opening, opening_event, opens
from app.domain.deciding.outcome import Outcome, Refusal
from app.domain.deciding.situation import OnCase, Situation
from app.domain.policy.port import Policy
from app.domain.schemas.files import files_in
from app.domain.values.errors import IdempotencyMismatch, Internal, NotFound
from app.domain.values.names import canonical_uuid
from app.services.definitions.definitions import Definitions
from app.services.definitions.known_names import no_opening_type
from app.services.desk.answer import NO_CLOCKS, Answer, applied, to_json
from app.services.desk.escalation import Escalation, Fired
from app.services.desk.given_again import given_again, is_for
from app.services.desk.locking import link_key, other_key
from app.services.desk.working_copy import ALONE, WorkingCopy
from app.services.entries.identity import new_salt
from app.services.entries.refusals import CountedRefusal
from app.services.fairness.fair_queue import Caller
from app.services.store.stored import FileKey, Locked, Record, StoredAnswer

KEPT = timedelta(hours=24)
"""How long an answer is given again under its key (the IETF draft leaves it to the service)."""
ROUND_THE_CLOCK = RoundTheClock()
NO_FILES: Mapping[str, HeldFile] = {}
Singly = Callable[[Caller], bool]
"""Whether one more refusal of a caller is logged by an entry of its own."""
log = logging.getLogger("stateward.desk")


def always(_: Caller) -> bool:
    return True


class Batch:
    """The attempts of one transaction on its working copy."""

    def __init__(
        self,
        locked: Locked,
        definitions: Definitions,
        policy: Policy,
        calendars: Calendars = ROUND_THE_CLOCK,
        singly: Singly = always,
    ) -> None:
        self._definitions = definitions
        self._policy = policy
        self._calendars = calendars
        self.locked = locked
        self._copy = WorkingCopy(locked)
        self._singly = singly
        self.held: Mapping[FileKey, HeldFile] = {}
        self.fired: list[Fired] = []
        self.counted: list[CountedRefusal] = []

    @property
    def copy(self) -> WorkingCopy:
        """What was locked and is to be recorded; a back-test drives its time."""
        return self._copy

    def answer(self, attempt: Attempt) -> Answer:
        """Decide one attempt. A fault of ours harms this attempt only: it is logged and answered as internal."""
        try:
            return self.kept(attempt) or self.decide(attempt)
        except Exception:  # nobody expected it, and the neighbours in the batch have nothing to do with it
            log.exception("attempt failed", extra={"request_id": attempt.request_id})
            return Answer(error=Internal(f"something went wrong on our side; the request id is {attempt.request_id}"))

    def escalate(self, case_id: str, before: datetime | None = None) -> list[Fired]:
        """Fire what the clocks of a locked case owe, or only what was due `before` a moment."""
        return Escalation(self).escalate(case_id, before)

    def record(self) -> Record:
        return self._copy.record()

    def on(self, attempt: Attempt, case: Case) -> OnCase:
        machine = self._definitions.of(case.definition)
        return OnCase(
            machine=machine,
            policy=self._policy,
            attempt=attempt,
            at=self._copy.moment(case),
            new_salt=new_salt,
            case=case,
            around=self._copy.around.get(case.id, ALONE),
            clocks=self._copy.clocks(case.id) if machine.clocks else NO_CLOCKS,
            calendars=self._calendars,
            newest=self._definitions.opening(case.case_type),
            held=self._held_of(attempt),
        )

    def files_named(self, attempts: Iterable[Attempt]) -> set[FileKey]:
        """The files that the data of attempts name: (tenant, id)."""
        found: set[FileKey] = set()
        for attempt in attempts:
            if not attempt.data:
                continue
            case, opening = self._copy.case(attempt.names), self._definitions.opening(attempt.case_type or "")
            known = self._definitions.of(case.definition) if case else opening
            if known is not None and known.holds_files:
                named = files_in(known.case_type.data, attempt.data)
                found |= {(attempt.tenant, one.id) for one in named if canonical_uuid(one.id) == one.id}
        return found

    def _held_of(self, attempt: Attempt) -> Mapping[str, HeldFile]:
        if not self.held:
            return NO_FILES
        used = {row.id for row in self._copy.attached}
        mine = (file for (tenant, _), file in self.held.items() if tenant == attempt.tenant)
        return {file.id: file for file in mine if file.id not in used}

    def case_type_of(self, attempt: Attempt) -> str | None:
        """None where the case is not there, or no such case type is declared."""
        if attempt.case_id is not None:
            case = self._copy.cases.get(attempt.case_id)
            return case.case_type if case else None
        return attempt.case_type if self._definitions.opening(attempt.case_type or "") else None

    def kept(self, attempt: Attempt) -> Answer | None:
        """What was answered before under the key of the attempt."""
        key = attempt.key
        stored = self._copy.answers.get(key) if key else None
        if stored is None or stored.answer is None or attempt.idempotency is None:
            return None
        case = self._copy.case(attempt.names)
        case_type = case.case_type if case else attempt.case_type
        if not is_for(attempt.actor.scope, attempt, self._act(attempt), case_type, stored.answer):
            return None
        if stored.fingerprint != attempt.idempotency.fingerprint:
            return Answer(
                error=IdempotencyMismatch("this Idempotency-Key was used with another request; take a new one")
            )
        return given_again(stored.answer, self.on(attempt, case) if case else None)

    def _act(self, attempt: Attempt) -> str | None:
        """What the policy is asked for; of an opening that names no event, the only one that there is."""
        if attempt.verb is not None:
            return attempt.verb.act
        machine = self._definitions.opening(attempt.case_type or "")
        return opening_event(attempt, machine.case_type) if machine else attempt.event

    def decide(self, attempt: Attempt) -> Answer:
        """Decide it, whatever was answered before, and keep what came of it."""
        decision = self._decision(attempt)
        if isinstance(decision, Refusal):
            answer = Answer(error=decision.error)
            if decision.entry is not None and not self._logged(attempt):
                self._log(attempt, decision.entry)
        else:
            answer = applied(decision)
            self._copy.keep(decision)
        self._remember(attempt, answer, isinstance(decision, Refusal) and decision.entry is not None)
        return answer

    def _log(self, attempt: Attempt, entry: AuditEntry) -> None:
        """Singly, or counted where a caller was refused often of late; what clocks fire is no caller."""
        caller, body = (attempt.tenant, attempt.actor.id), entry.draft.body
        if attempt.actor.id == SYSTEM or self._singly(caller):
            self._copy.entries.append(entry)
        else:
            self.counted.append(CountedRefusal(caller, body["code"], body.get("act") or body["event"], entry.draft.at))

    def _logged(self, attempt: Attempt) -> bool:
        """Whether this same request was refused before; another one under its key is logged like any other, and so is
        one by a credential that is not for it."""
        key = attempt.key
        logged = self._copy.answers.get(key) if key else None
        same = attempt.idempotency
        return bool(logged and logged.answer is None and same and logged.fingerprint == same.fingerprint)

    def _decision(self, attempt: Attempt) -> Outcome | Refusal:
        case = self._copy.case(attempt.names)
        if opens(attempt, case):
            return self._opening(attempt, case)
        if case is None:
            return Refusal(no_such_case())
        if self._definitions.of(case.definition).clocks and attempt.actor.id != SYSTEM:
            case = self._with_steps_before(attempt, case)
        if attempt.verb is not None and attempt.verb.other is not None:
            there, known = self._there(attempt), link_key(attempt) in self._copy.links
            attempt = replace(attempt, verb=attempt.verb.seen(there, known))
        here = self.on(attempt, case)
        return decide(here, attempt.verb) if attempt.verb else fire(here)

    def _there(self, attempt: Attempt) -> OnCase | None:
        """On the other case; its entry there has an id of its own, which nothing is opened with."""
        case = self._copy.case(other_key(attempt))
        return self.on(replace(attempt, entry_id=attempt.new_case_id), case) if case else None

    def _with_steps_before(self, attempt: Attempt, case: Case) -> Case:
        """The case once the steps have fired that were due before the attempt: it may stop their clock."""
        before = attempt.happened(self._copy.moment(case))
        if self._copy.owes(case.id, before):
            self.fired += self.escalate(case.id, before)
        return self._copy.cases[case.id]

    def _opening(self, attempt: Attempt, existing: Case | None) -> Outcome | Refusal:
        machine = self._definitions.opening(attempt.case_type or "")
        if machine is None:
            return not_opening("case_type", no_opening_type(self._definitions, attempt.case_type or ""))
        opening = by_its_event(attempt, machine.case_type)
        if isinstance(opening, Refusal):
            return opening
        here = Situation(
            machine=machine,
            policy=self._policy,
            attempt=opening,
            at=self._copy.at,
            new_salt=new_salt,
            calendars=self._calendars,
            newest=machine,
            held=self._held_of(opening),
        )
        return open_case(here, existing)

    def _remember(self, attempt: Attempt, answer: Answer, denied: bool) -> None:
        """Keep the answers that are given again; of a 404 by id with a `denied` entry only that it was logged."""
        key = attempt.key
        if key is None or attempt.idempotency is None:
            return
        if key in self._copy.answers and self._copy.answers[key].answer is not None:
            return  # the credential is not for what was answered: that stays
        absent = isinstance(answer.error, NotFound) and attempt.reference is not None  # a later line may open it
        again = answer.error is None or absent or answer.error.given_again
        if not again and not (denied and isinstance(answer.error, NotFound)):
            return
        kept = to_json(answer) if again else None
        stored = StoredAnswer(key, attempt.idempotency.fingerprint, kept, self._copy.at + KEPT)
        self._copy.answers[key] = self._copy.new_answers[key] = stored
