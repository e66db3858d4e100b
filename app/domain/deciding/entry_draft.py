"""What an audit entry says of an attempt, before it is sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from app.domain.calendars.local_time import MICROSECOND
from app.domain.case.attempt import Attempt
from app.domain.case.case import Case
from app.domain.case.entry import Draft
from app.domain.case.sealing import pointer, pointer_of
from app.domain.clocks.firing import Firing
from app.domain.clocks.state import ClockState
from app.domain.deciding.data_after import changed_names
from app.domain.deciding.situation import OnCase, Situation
from app.domain.deciding.step_effects import effects_of
from app.domain.deciding.verb import Done
from app.domain.deciding.whose_eyes import caller_counts
from app.domain.machine.machine import Arc
from app.domain.policy.verdict import Verdict
from app.domain.values.errors import CaseError
from app.domain.values.json import Json
from app.domain.values.rfc3339 import rfc3339

MOST_REFUSED_FIELDS = 16
MOST_REFUSED_BYTES = 2_048
"""Of what a refused attempt sent, as JSON: anybody may send it again and again, and it is kept for good."""


_JSON = msgspec.json.Encoder()


def event_draft(
    here: Situation, verdict: Verdict, arcs: list[Arc], case: Case, prev: str, counted_by: Mapping[str, Json]
) -> Draft:
    """The entry of an event that applies, in the chain of its case."""
    source = here.case.state if here.case else None
    data, removed = _committed(here, arcs, case)
    reference = {"/reference": case.reference} if here.case is None and case.reference is not None else {}
    return Draft(
        kind="transition" if here.case else "opened",
        tenant=case.tenant,
        entry_id=here.attempt.entry_id,
        at=here.at,
        body={
            **_common(here),
            "policy": _policy(verdict),
            "guards": [arc.guard.text for arc in arcs if arc.guard],
            **({"removed": removed} if removed else {}),
            **_defaulted(here),
            **counted_by,
        },
        fields={**reference, **_values("data", data), **_sent(here.attempt)},
        case_id=case.id,
        case_seq=case.seq,
        source=source,
        target=case.state,
        prev=prev,
    )


def _committed(here: Situation, arcs: list[Arc], case: Case) -> tuple[Mapping[str, Json], list[Json]]:
    """The values of the data that the entry commits to, and the pointers of those that are gone: of an opening all,
    else what `set` assigns, or with a form what is another value now."""
    if here.case is None:
        return case.data, []
    if here.form is not None:
        names, gone = changed_names(here.case.data, case.data)
        return {name: case.data[name] for name in names}, [pointer("data", name) for name in gone]
    assigned = {path.split(".")[1] for arc in arcs for path, _ in arc.set}
    assigned |= {path.split(".")[1] for path, _ in here.machine.event_sets.get(here.event, ())}
    return {name: case.data[name] for name in sorted(assigned)}, []


def _defaulted(here: Situation) -> dict[str, Json]:
    """The fields that nobody gave a value, and the schema did."""
    if here.case is not None or not here.entered.defaulted:
        return {}
    return {"defaulted": [pointer_of("data", names) for names in here.entered.defaulted]}


def verb_draft(here: OnCase, verdict: Verdict, done: Done, case: Case) -> Draft:
    """The entry of a built-in verb, in the chain of its case: `case` is where it is now."""
    return Draft(
        kind=done.kind,
        tenant=case.tenant,
        entry_id=here.attempt.entry_id,
        at=here.at,
        body={**_common(here), "policy": _policy(verdict), **done.body},
        fields={**done.fields, **_sent(here.attempt)},
        case_id=case.id,
        case_seq=case.seq,
        source=here.case.state,
        target=case.state,
        prev=here.case.last_hash,
    )


def sla_draft(
    here: OnCase, case: Case, sla: Mapping[str, Json], counted_by: Mapping[str, Json], kind: str = "sla"
) -> Draft:
    """The entry of what a clock did by itself, or of what was corrected of it, in the chain of its case."""
    return Draft(
        kind=kind,
        tenant=case.tenant,
        entry_id=here.attempt.entry_id,
        at=here.at,
        body={**_common(here), "sla": sla, **counted_by},
        fields=_sent(here.attempt),
        case_id=case.id,
        case_seq=case.seq,
        source=here.case.state,
        target=case.state,
        prev=here.case.last_hash,
    )


def named(state: ClockState) -> dict[str, Json]:
    """Which cycle of which clock."""
    return {"clock": state.name, "cycle": state.cycle}


def firing_json(here: Situation, firing: Firing, skipped: Sequence[Firing] = ()) -> dict[str, Json]:
    """Which firing of which step, when it was due and how late it is, and what it does.

    `skipped` are those that were past before anybody knew of the clock.
    """
    return {
        "step": firing.step.number,
        "n": firing.n,
        "at": firing.step.at,
        "due_at": rfc3339(firing.moment),
        "late_by_us": max((here.at - firing.moment) // MICROSECOND, 0),
        "breach": firing.breach,
        "does": {effect.key: value for effect, value in effects_of(firing.step.does)},
        "skipped": [{"step": one.step.number, "n": one.n, "due_at": rfc3339(one.moment)} for one in skipped],
    }


def denied_draft(here: Situation, error: CaseError) -> Draft:
    """The entry of a refused attempt: it names the case but is not part of its chain."""
    saw: dict[str, Json] = {}
    for reason in error.reasons:
        saw |= {pointer("saw", path): value for path, value in reason.detail.get("saw", {}).items()}
    sent = _values("data", here.attempt.data or {}) | _values("payload", here.attempt.payload or {})
    kept, left_out = _what_fits(_reason(here.attempt), saw, sent)
    return Draft(
        kind="denied",
        tenant=here.attempt.tenant,
        entry_id=here.attempt.entry_id,
        at=here.at,
        body={
            **_common(here),
            "policy": _policy(here.verdict),
            "code": error.code,
            "refused_by": [_named(r.code, r.detail) for r in error.reasons],
            **({"left_out": left_out} if left_out else {}),
        },
        fields=kept,
        case_id=here.case.id if here.case else None,
    )


def shortened(draft: Draft, error: CaseError) -> Draft:
    """The entry of a refusal without what was sent and without the text of rules, which always fits."""
    policy = {**draft.body["policy"], "rule": None}
    refused_by = [{"code": reason.code} for reason in error.reasons]
    left_out = draft.body.get("left_out", 0) + len(draft.fields)
    short = {"policy": policy, "refused_by": refused_by, **({"left_out": left_out} if left_out else {})}
    return replace(draft, fields={}, body={**draft.body, **short})


def _what_fits(*groups: dict[str, Json]) -> tuple[dict[str, Json], int]:
    """Those of these groups of values that fit together, each whole or not at all; how many values are left out."""
    kept: dict[str, Json] = {}
    left_out, size = 0, 0
    for group in groups:
        more = len(_JSON.encode(group)) if len(kept) + len(group) <= MOST_REFUSED_FIELDS else MOST_REFUSED_BYTES + 1
        if size + more > MOST_REFUSED_BYTES:
            left_out += len(group)
            continue
        kept |= group
        size += more
    return kept, left_out


def _common(here: Situation) -> dict[str, Json]:
    attempt, machine = here.attempt, here.machine
    principal = attempt.on_behalf_of
    occurred = {"occurred_at": rfc3339(attempt.occurred_at)} if attempt.occurred_at else {}
    return {
        "case_type": machine.case_type.case_type,
        "definition": {"version": machine.version, "hash": machine.digest},
        "event": attempt.event,
        **({"act": attempt.verb.act} if attempt.verb else {}),
        "actor": {
            "reference": attempt.actor.id,
            "roles": sorted(here.roles - {"*"}),
            "authenticated": attempt.actor.authenticated,
            "on_behalf_of": principal.id if principal else None,
        },
        "request_id": attempt.request_id,
        **occurred,
        **_four_eyes(here),
    }


def _four_eyes(here: Situation) -> dict[str, Json]:
    """That a service acted for somebody: only that one counts, as where a history is imported."""
    attempt = here.attempt
    if attempt.on_behalf_of is None or caller_counts(attempt) or attempt.event not in here.machine.asks_who:
        return {}
    return {"four_eyes": "as acted for"}


def _policy(verdict: Verdict) -> Json:
    """By which policy it was decided, and the line that did; no line allowed what is denied without one."""
    return {"hash": verdict.policy, "rule": verdict.rule}


def _sent(attempt: Attempt) -> dict[str, Json]:
    return {**_values("payload", attempt.payload or {}), **_reason(attempt)}


def _reason(attempt: Attempt) -> dict[str, Json]:
    return {"/reason": attempt.reason} if attempt.reason else {}


def _values(root: str, values: Mapping[str, Json]) -> dict[str, Json]:
    return {pointer(root, name): value for name, value in values.items()}


def _named(code: str, detail: Mapping[str, Json]) -> dict[str, Json]:
    """A reason without values: which rule, guard or events said no."""
    return {"code": code, **{key: detail[key] for key in ("rule", "guard", "events") if key in detail}}
