"""What a caller of the desk gets back, and the same as JSON for the idempotency store."""

from dataclasses import dataclass

from app.domain.case.case import Case
from app.domain.case.entry import Receipt
from app.domain.clocks.after_event import Clocks
from app.domain.clocks.state import ClockState
from app.domain.deciding.outcome import Outcome
from app.domain.values.errors import ERRORS, CaseError, FieldError, Reason
from app.domain.values.json import Json, JsonObject
from app.domain.values.rfc3339 import rfc3339, rfc3339_or_none
from app.services.store.stored import StoredClock

NO_CLOCKS: Clocks = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Either a receipt (with the case as JSON, unless the caller may not read it) or an error.

    `shown` is what a built-in verb made, in place of the case. `replayed` says that it was given before and is given
    again from the idempotency store. `case_id` names the case that it is about, where the caller may read it or nobody
    has looked yet; `left_out` says that it is told no further here, for its size. What was only `tried` has no receipt,
    and `changes` where the caller may read the case.
    """

    receipt: Receipt | None = None
    case: JsonObject | None = None
    opened: bool = False
    error: CaseError | None = None
    shown: JsonObject | None = None
    replayed: bool = False
    case_id: str | None = None
    left_out: bool = False
    tried: bool = False
    changes: JsonObject | None = None


def case_json(case: Case, clocks: Clocks = NO_CLOCKS) -> dict[str, Json]:
    """A case as the HTTP contract shows it, with its clocks that have started; times are RFC 3339 UTC."""
    return {
        "id": case.id,
        "case_type": case.case_type,
        "definition": {"version": case.definition_version, "hash": case.definition},
        "reference": case.reference,
        "state": case.state,
        "states": list(case.states),
        "version": case.version,
        "data": case.data,
        "creator": case.creator,
        "assignee": case.assignee,
        "team": case.team,
        "urgency": case.urgency,
        "slas": {name: clock_json(state) for name, state in sorted(clocks.items()) if state.started_at},
        "opened_at": rfc3339(case.opened_at),
        "changed_at": rfc3339(case.changed_at),
        "closed_at": rfc3339_or_none(case.closed_at),
    }


def clock_json(state: ClockState) -> dict[str, Json]:
    """A cycle of a clock: `due_at` is null while it is paused in time, and where no due is known."""
    return {
        "cycle": state.cycle,
        "status": state.status,
        "started_at": rfc3339_or_none(state.started_at),
        "due_at": rfc3339_or_none(state.due_at),
        "paused": state.pause_reason,
        "breached_at": rfc3339_or_none(state.breached_at),
        "breach_reason": state.breach_reason,
        "stopped_at": rfc3339_or_none(state.stopped_at),
        "calendar": state.calendar,
    }


def cycle_json(clock: StoredClock) -> dict[str, Json]:
    """A cycle among all those of a case."""
    state = ClockState.from_json(clock.facts)
    return {
        "clock": clock.name,
        "current": clock.current,
        **clock_json(state),
        "next_fire_at": rfc3339_or_none(clock.next_fire_at),
    }


def applied(outcome: Outcome) -> Answer:
    """The answer to an event that applied."""
    entry = outcome.entry
    assert entry.draft.case_seq is not None
    receipt = Receipt(entry.draft.entry_id, entry.draft.case_seq, entry.entry_hash)
    if outcome.work is not None:
        return Answer(receipt=receipt, shown=outcome.work.shown)
    return Answer(
        receipt=receipt,
        case=case_json(outcome.case, outcome.clocks.current if outcome.clocks else NO_CLOCKS)
        if outcome.readable
        else None,
        opened=outcome.opened,
        case_id=outcome.case.id,
    )


def to_json(answer: Answer) -> JsonObject:
    """An answer as it is kept under an idempotency key: of a case its id. The release before reads `case`."""
    if answer.error is not None:
        return {"error": _error_json(answer.error)}
    assert answer.receipt is not None
    receipt = {name: getattr(answer.receipt, name) for name in ("entry_id", "case_seq", "entry_hash")}
    made = {} if answer.shown is None else {"shown": answer.shown}
    return {"receipt": receipt, "case": None, "case_id": answer.case_id, "opened": answer.opened, **made}


def from_json(value: JsonObject) -> Answer:
    """The answer that was kept, marked as given before; the release before kept whole cases."""
    if "error" in value:
        return Answer(error=_error_from(value["error"]), replayed=True)
    receipt, shown = Receipt(**value["receipt"]), value.get("shown")
    case_id = value.get("case_id") or (value["case"] or {}).get("id")
    return Answer(receipt=receipt, case=None, opened=value["opened"], shown=shown, replayed=True, case_id=case_id)


def error_of(value: JsonObject) -> str | None:
    """The code of the refusal that was kept, if it is one."""
    code: str | None = value["error"]["code"] if "error" in value else None
    return code


def _error_json(error: CaseError) -> Json:
    return {
        "code": error.code,
        "message": error.message,
        "reasons": [[r.code, r.message, r.remedy, r.detail] for r in error.reasons],
        "errors": [[e.field, e.message] for e in error.errors],
        "extra": error.extra,
    }


def _error_from(value: JsonObject) -> CaseError:
    return ERRORS[value["code"]](
        value["message"],
        reasons=tuple(Reason(*r) for r in value["reasons"]),
        errors=tuple(FieldError(*e) for e in value["errors"]),
        extra=value["extra"],
    )
