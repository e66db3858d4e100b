"""Decide a built-in verb: policy, version and input in the order of the contract, then the entry in the chain."""

from dataclasses import replace

from app.domain.case.case import Case
from app.domain.case.sealing import seal
from app.domain.clocks.after_event import ClocksAfter, earliest_due
from app.domain.deciding.attached import sent_files, with_files
from app.domain.deciding.case_after import chained, words_after
from app.domain.deciding.clocks_after import clocks_after
from app.domain.deciding.decide import check_version, decided, permit
from app.domain.deciding.entry_draft import verb_draft
from app.domain.deciding.outcome import Outcome, Refusal
from app.domain.deciding.situation import OnCase
from app.domain.deciding.verb import Done, Verb
from app.domain.policy.verdict import Verdict


def decide(here: OnCase, verb: Verb) -> Outcome | Refusal:
    """The verb of an attempt."""
    return decided(here, lambda: _decide(here, verb))


def _decide(here: OnCase, verb: Verb) -> Outcome:
    verdict = permit(here)
    check_version(here.attempt, here.case.version)
    here, made = with_files(here, verdict, sent_files(here))
    return replace(_outcome(here, verdict, verb, verb.done(here)), beside=made.entries, rows=made.rows)


def _outcome(here: OnCase, verdict: Verdict, verb: Verb, done: Done) -> Outcome:
    case, clocks = _after(here, done)
    entry = seal(verb_draft(here, verdict, done, case), here.new_salt)
    case = replace(case, last_hash=entry.entry_hash)
    # whoever claims a case is its assignee from now on, and may read it as such
    readable = here.readable or replace(here, case=case).readable
    return Outcome(
        case=case,
        entry=entry,
        opened=False,
        readable=readable,
        clocks=clocks,
        work=verb.work(here, case),
        words=words_after(here, case),
    )


def _after(here: OnCase, done: Done) -> tuple[Case, ClocksAfter | None]:
    case = chained(here, done.case)
    if not done.counts:
        return case, None
    case = replace(case, version=case.version + 1)
    if not here.machine.clocks:
        return case, None
    clocks = clocks_after(here, case, None, corrects=case.data is not here.case.data)
    return replace(case, due_at=earliest_due(clocks.current)), clocks
