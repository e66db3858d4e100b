"""Decide an attempt: the checks of the contract in their order, then the new case and its entry, or a refusal."""

from collections.abc import Callable
from dataclasses import replace

from app.domain.case.attempt import Attempt
from app.domain.case.case import Case
from app.domain.case.entry import AuditEntry
from app.domain.case.sealing import genesis, seal
from app.domain.clocks.after_event import earliest_due
from app.domain.deciding.attached import attached, on_case, sent_files, with_files
from app.domain.deciding.case_after import moved, new, words_after
from app.domain.deciding.clocks_after import clocks_after, counted_by
from app.domain.deciding.data_after import assigned, entry_faults
from app.domain.deciding.entry_draft import denied_draft, event_draft, shortened
from app.domain.deciding.outcome import Outcome, Refusal
from app.domain.deciding.refusal_reasons import arc_reasons, circle_reason, is_open, state_reason
from app.domain.deciding.situation import ADMIN, OnCase, Situation
from app.domain.deciding.whose_eyes import eyes
from app.domain.definition import titles
from app.domain.definition.meant import unknown_event
from app.domain.machine.completing import NeverRests
from app.domain.machine.machine import Arc, Resting
from app.domain.policy.verdict import Verdict
from app.domain.values.errors import (
    CaseError,
    Conflict,
    Denied,
    GuardRefused,
    Invalid,
    NotFound,
    Reason,
    TooLarge,
    VersionConflict,
    WrongState,
    invalid,
)
from app.domain.values.writable import writable

MOST_REFUSED_ENTRY = 8 * 1024
"""Bytes of the entry of a refusal, before the text of rules is left out."""


def no_such_case() -> NotFound:
    """The one answer for a case that is not there, not yours, or not for you to see."""
    return NotFound("there is no such case")


def open_case(here: Situation, existing: Case | None = None) -> Outcome | Refusal:
    """Open a case by an opening event. `existing` is the case that has the reference already."""
    return decided(here, lambda: _open(here, existing))


def fire(here: OnCase) -> Outcome | Refusal:
    """Fire an event on a case."""
    return decided(here, lambda: _fire(here))


def decided(here: Situation, decide: Callable[[], Outcome]) -> Outcome | Refusal:
    """What `decide` returns, or the refusal that it raises, told as its caller may know it."""
    try:
        _check_input(here.attempt)
        return decide()
    except CaseError as error:
        return _refusal(here, error)


def _open(here: Situation, existing: Case | None) -> Outcome:
    event = here.event
    if event not in here.machine.case_type.opening:
        openings = " or ".join(sorted(here.machine.case_type.opening))
        raise invalid("event", f"`{event}` does not open a case; {openings} does")
    verdict = permit(here)
    if existing is not None:
        raise Conflict(f"a case with the reference {existing.reference} exists already", extra={"case_id": existing.id})
    check_version(here.attempt, 0)
    _check_payload(here)
    _check_entered(here)
    files = sent_files(here)
    outcome = _outcome(here, verdict, [], new(here, _resting(here, lambda: here.machine.opened(event)), assigned(here)))
    if not files:
        return outcome
    made = attached(on_case(here, outcome.case), verdict, files)
    return replace(outcome, case=made.case, beside=made.entries, rows=made.rows)


def _fire(here: OnCase) -> Outcome:
    if not here.machine.knows(here.event):
        raise invalid("event", unknown_event(here.machine.case_type, here.event))
    verdict = permit(here)
    check_version(here.attempt, here.case.version)
    if not here.machine.candidates(here.case.states, here.event):
        reason = state_reason(here)
        raise WrongState(reason.message, reasons=(reason,))
    if here.form is None and here.attempt.data is not None:
        named = titles.of_event(here.machine.case_type, here.event)
        raise invalid("data", f"{named} has no form and takes no data; what it carries is its payload")
    _check_payload(here)
    if here.form is not None:
        _check_entered(here)
    here, made = with_files(here, verdict, sent_files(here))
    arcs = _guarded(here)
    data = assigned(here, arcs)
    states, memory = here.case.states, here.case.memory
    resting = _resting(here, lambda: here.machine.rest(states, memory, arcs))
    return replace(_outcome(here, verdict, arcs, moved(here, resting, data)), beside=made.entries, rows=made.rows)


def _resting(here: Situation, rest: Callable[[], Resting]) -> Resting:
    """`check` refuses completions that lead round in a circle, but cases may stand on what it let pass before."""
    try:
        return rest()
    except NeverRests as circle:
        reason = circle_reason(here, circle)
        raise WrongState(reason.message, reasons=(reason,)) from circle


def permit(here: Situation) -> Verdict:
    if here.delegation is not None and not here.delegation.allowed:
        raise Denied(f"on_behalf_of and occurred_at need {ADMIN} on the case type", reasons=here.delegation.reasons)
    verdict = here.decide(here.act)
    if not verdict.allowed:
        raise Denied(f"you may not {titles.fire(here.machine.case_type, here.doing)} here", reasons=verdict.reasons)
    return verdict


def check_version(attempt: Attempt, current: int) -> None:
    """`current` is 0 for a case that does not exist yet."""
    if attempt.if_version is not None and attempt.if_version != current:
        raise VersionConflict(
            f"the case is at version {current}, not {attempt.if_version}; read it again",
            extra={"current_version": current},
        )


def _check_input(attempt: Attempt) -> None:
    """What can never be recorded is refused first: a `denied` entry could not be written either."""
    for name, value in (("data", attempt.data), ("payload", attempt.payload), ("reason", attempt.reason)):
        if (place := writable(value)) is not None:
            where = f"{name}.{place}" if place else name
            raise invalid(where, "cannot be written down: a number beyond 2^53, NUL, or half a surrogate pair")


def _check_payload(here: Situation) -> None:
    event = here.machine.event(here.event)
    if event is None:
        return
    if event.reason == "required" and not (here.attempt.reason or "").strip():
        raise invalid("reason", f"a reason has to be given for {titles.of_event(here.machine.case_type, here.event)}")
    validator = here.machine.payloads.get(here.event)
    if validator is None:
        return
    errors = validator.errors(here.attempt.payload or {}, "payload")
    if errors:
        named = titles.of_event(here.machine.case_type, here.event)
        raise Invalid(f"the payload of {named} is not valid", errors=errors)


def _check_entered(here: Situation) -> None:
    errors = entry_faults(here)
    if errors:
        named = titles.of_event(here.machine.case_type, here.event)
        raise Invalid(f"what was entered for {named} is not valid", errors=errors)


def _guarded(here: OnCase) -> list[Arc]:
    tried: dict[Arc, bool] = {}

    def enabled(arc: Arc) -> bool:
        if arc.conditional and arc not in tried:
            tried[arc] = is_open(here, arc)
        return tried.get(arc, True)

    arcs = here.machine.select(here.case.states, here.case.memory, here.event, enabled)
    if not arcs:
        reasons = tuple(reason for arc in tried for reason in arc_reasons(here, arc))
        cannot = titles.cannot(here.machine.case_type, here.event)
        raise GuardRefused(f"{cannot} now: {reasons[0].message}", reasons=reasons)
    return arcs


def _outcome(here: Situation, verdict: Verdict, arcs: list[Arc], case: Case) -> Outcome:
    event, machine = here.event, here.machine
    after = clocks_after(here, case, event) if machine.clocks else None
    if after is not None:
        case = replace(case, due_at=earliest_due(after.current))
    prev = here.case.last_hash if here.case else genesis(case.tenant, case.id, case.definition)
    counted = counted_by(here, after) if after else {}
    entry = seal(event_draft(here, verdict, arcs, case, prev, counted), here.new_salt)
    case = replace(case, last_hash=entry.entry_hash)
    # whoever opens a case is its creator from now on, and may read it as such
    readable = here.readable if here.case else replace(here, case=case).readable
    return Outcome(
        case=case,
        entry=entry,
        opened=here.case is None,
        readable=readable,
        clocks=after,
        acted={event: frozenset(eyes(here.attempt))} if event in machine.four_eyes else {},
        words=words_after(here, case),
    )


def _refusal(here: Situation, error: CaseError) -> Refusal:
    entry = _denied_entry(here, error) if error.recorded else None
    if here.case is None or here.readable:
        return Refusal(_of_its_version(here, error), entry)
    if not _permitted(here):
        return Refusal(no_such_case(), entry)
    return Refusal(without_the_case(here, error), entry)


def _of_its_version(here: Situation, error: CaseError) -> CaseError:
    """The same refusal, which says where the case stands on another version than its caller may have in mind."""
    machine, newest = here.machine, here.newest
    if here.case is None or newest is None or newest is machine or not (error.recorded or isinstance(error, Invalid)):
        return error
    on = f"the case stands on version {machine.version} of {machine.case_type.case_type}, not {newest.version}"
    return type(error)(f"{error.message}; {on}", reasons=error.reasons, errors=error.errors, extra=error.extra)


def _permitted(here: Situation) -> bool:
    """Whether the policy allows the attempt; whom it does not, learns of no case, whatever else is wrong."""
    try:
        return permit(here).allowed
    except Denied:
        return False


def _denied_entry(here: Situation, error: CaseError) -> AuditEntry:
    draft = denied_draft(here, error)
    try:
        return seal(draft, here.new_salt, MOST_REFUSED_ENTRY)
    except TooLarge:  # a refusal is logged whatever was sent, and however long the rules are
        return seal(shortened(draft, error), here.new_salt)


def without_the_case(here: Situation, error: CaseError) -> CaseError:
    """The same refusal for somebody who may fire but not read: no state, no values, nor what tells of them."""
    if not error.tells_of_case:
        return error
    said = dict.fromkeys(reason.code for reason in error.reasons)
    remedy = "ask somebody who may read the case"
    case_type, doing = here.machine.case_type, here.doing
    not_now = f"this does not allow {titles.of_event(case_type, doing)} now"
    reasons = tuple(Reason(code, not_now, remedy) for code in said)
    return type(error)(f"{titles.cannot(case_type, doing)} now", reasons=reasons)
