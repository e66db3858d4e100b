"""What one transaction has locked and made of it so far. Nothing is written before its record goes to the store."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.case.attachment import AttachmentRow
from app.domain.case.attempt import Attempt
from app.domain.case.case import Case, Surroundings
from app.domain.case.entry import AuditEntry
from app.domain.case.made_by_verbs import CaseRole, Row, Work
from app.domain.case.search_text import Said, SearchText
from app.domain.clocks.after_event import Clocks, ClocksAfter
from app.domain.clocks.state import ClockState
from app.domain.deciding.outcome import Outcome
from app.services.desk.locking import other_key
from app.services.store.stored import (
    Acted,
    AnswerKey,
    CaseKey,
    Changed,
    LinkKey,
    Locked,
    Record,
    StoredAnswer,
    StoredClock,
    StoredFiring,
)

TICK = timedelta(microseconds=1)
ALONE = Surroundings()


class WorkingCopy:
    """Each decision of a transaction sees what the ones before it did."""

    def __init__(self, locked: Locked) -> None:
        self.at = locked.at
        self.cases: dict[str, Case] = {case.id: case for case in locked.cases.values()}
        self.around: dict[str, Surroundings] = dict(locked.surroundings)
        self.answers: dict[AnswerKey, StoredAnswer] = dict(locked.answers)
        self.new_answers: dict[AnswerKey, StoredAnswer] = {}
        self.entries: list[AuditEntry] = []
        self.firings: list[StoredFiring] = []
        self.links: set[LinkKey] = set(locked.links)
        self._ids: dict[CaseKey, str] = {key: case.id for key, case in locked.cases.items()}
        self._was_seq: dict[str, int | None] = {case.id: case.seq for case in locked.cases.values()}
        self._stored_clocks = locked.clocks
        self._clocks: dict[str, Clocks] = {}
        self._changed: set[str] = set()
        self._changed_clocks: dict[tuple[str, str, int], ClockState] = {}
        self._acted: list[Acted] = []
        self._made: list[Row] = []
        self._holds: dict[CaseRole, bool] = {}
        self._search_texts: dict[str, SearchText] = {}

    def case(self, key: CaseKey | None) -> Case | None:
        case_id = self._ids.get(key) if key else None
        return self.cases[case_id] if case_id else None

    def moment(self, case: Case) -> datetime:
        """An entry is never older than the one before it."""
        return max(self.at, case.recorded_at + TICK)

    def clocks(self, case_id: str) -> Clocks:
        """The current cycle of each clock of a case, read when it is first asked for."""
        if case_id not in self._clocks:
            self._clocks[case_id] = states_of(self._stored_clocks.get(case_id, ()))
        return self._clocks[case_id]

    def owes(self, case_id: str, before: datetime) -> bool:
        """Whether one of its clocks had something to do before a moment."""
        next_fire_at = self.next_fire_at(case_id)
        return next_fire_at is not None and next_fire_at < before

    def next_fire_at(self, case_id: str) -> datetime | None:
        """When the first of its clocks has something to do."""
        return min((at for state in self.clocks(case_id).values() if (at := state.next_fire_at)), default=None)

    def take(self, case: Case, entry: AuditEntry, clocks: ClocksAfter | None = None) -> None:
        """The case is this from now on, and the entry says why."""
        self.cases[case.id] = case
        self._ids[CaseKey(case.tenant, case_id=case.id)] = case.id
        if case.reference is not None:
            self._ids[CaseKey(case.tenant, case_type=case.case_type, reference=case.reference)] = case.id
        self._changed.add(case.id)
        self.entries.append(entry)
        if clocks is not None:
            self.take_clocks(case, clocks)

    def take_clocks(self, case: Case, clocks: ClocksAfter) -> None:
        self._clocks[case.id] = clocks.current
        self._changed_clocks |= {(case.id, state.name, state.cycle): state for state in clocks.changed}

    def keep(self, outcome: Outcome) -> None:
        """All that came of an attempt."""
        case = outcome.case
        if outcome.words is not None:
            self._search_texts[case.id] = replace(self._search_text(case), own=outcome.words)
        self.entries += outcome.beside
        self._made += outcome.rows
        self.take(case, outcome.entry, outcome.clocks)
        for event, actors in outcome.acted.items():
            self._note_actors(case, event, actors)
        if outcome.work is not None:
            self._note_work(case, outcome.work)

    def _note_actors(self, case: Case, event: str, actors: frozenset[str]) -> None:
        """Keep who fired an event that four eyes asks for."""
        around = self.around.get(case.id, ALONE)
        before = around.acted.get(event, frozenset())
        self.around[case.id] = replace(around, acted={**around.acted, event: before | actors})
        self._acted += [Acted(case.tenant, case.id, event, subject) for subject in sorted(actors - before)]

    def _note_said(self, case: Case, said: Said) -> None:
        """Keep the words of a comment in place of those that it had."""
        before = self._search_text(case)
        others = (one for one in before.said if one.id != said.id)
        self._search_texts[case.id] = replace(before, said=(*others, said))

    def _search_text(self, case: Case) -> SearchText:
        return self._search_texts.get(case.id) or SearchText(
            tenant=case.tenant, case_id=case.id, case_type=case.case_type
        )

    def _note_work(self, case: Case, work: Work) -> None:
        """Keep what a built-in verb made; case roles bind the next attempt of this transaction already."""
        self._made += work.rows
        self.links.update(work.links)
        if work.said is not None:
            self._note_said(case, work.said)
        changes = [*((one, True) for one in work.given), *((one, False) for one in work.taken)]
        self._holds |= dict(changes)
        roles = dict(self.around.get(case.id, ALONE).roles)
        for one, holds in changes:
            had = roles.get(one.subject, frozenset())
            roles[one.subject] = had | {one.role} if holds else had - {one.role}
        if changes:
            self.around[case.id] = replace(self.around.get(case.id, ALONE), roles=roles)
        if work.other is not None:
            self.take(*work.other)

    def go_on_from(self, before: "WorkingCopy", attempts: Iterable[Attempt]) -> None:
        """See also what another working copy made of the cases that these attempts name."""
        wanted = {key for attempt in attempts for key in (attempt.names, other_key(attempt))}
        for key, case_id in before._ids.items():
            if key in wanted and case_id in before._changed:
                self._ids[key] = case_id
                self.cases[case_id] = before.cases[case_id]
                self.around[case_id] = before.around.get(case_id, ALONE)
                self._clocks[case_id] = before.clocks(case_id)
                self._changed.add(case_id)
        self.links |= before.links
        self._made += before.attached

    @property
    def attached(self) -> Iterable[AttachmentRow]:
        """The files that attempts before have attached."""
        return (row for row in self._made if isinstance(row, AttachmentRow))

    def record(self) -> Record:
        cases = [Changed(self._was_seq.get(case_id), self.cases[case_id]) for case_id in sorted(self._changed)]
        answers, clocks = list(self.new_answers.values()), self._clocks_to_store()
        search_texts = list(self._search_texts.values())
        return Record(
            cases=cases,
            entries=self.entries,
            acted=self._acted,
            answers=answers,
            clocks=clocks,
            firings=self.firings,
            made=self._made,
            holds=self._holds,
            search_texts=search_texts,
        )

    def _clocks_to_store(self) -> list[StoredClock]:
        return [
            stored_clock(self.cases[case_id], state, current=self._clocks[case_id][name].cycle == cycle)
            for (case_id, name, cycle), state in sorted(self._changed_clocks.items(), key=lambda item: item[0])
        ]


def stored_clock(case: Case, state: ClockState, *, current: bool) -> StoredClock:
    """A clock as it is kept; what it is found by is None where there is nothing to find."""
    return StoredClock(
        tenant=case.tenant,
        case_id=case.id,
        name=state.name,
        cycle=state.cycle,
        case_type=case.case_type,
        current=current,
        status=state.status,
        due_at=state.running_due,
        next_fire_at=state.next_fire_at if current else None,
        breached_at=state.breached_at,
        facts=state.to_json(),
    )


def states_of(stored: Iterable[StoredClock]) -> Clocks:
    """By name; of one cycle each."""
    return {clock.name: ClockState.from_json(clock.facts) for clock in stored}
