"""Who may do what to which case, and what comes of it, as naively as possible, written from the design alone.

No product code but the plain values of an attempt. Cases are dicts, conditions are Python functions that stand beside
their CEL text in tests/naive_types.py, and every check stands where docs/fire_events.md puts it.
"""

import copy
from dataclasses import dataclass, field, replace
from typing import Any

import jsonschema_rs

from app.domain.case.attempt import Attempt
from tests.naive_machine import Move, NaiveMachine
from tests.naive_policy import NaivePolicy

LARGEST = 2**53 - 1
"""The largest integer that RFC 8785 writes."""
KEPT = {"ok", "denied", "wrong_state", "guard_refused", "conflict", "version_conflict", "invalid"}
LOGGED = {"denied", "wrong_state", "guard_refused"}


@dataclass(frozen=True)
class Expected:
    """What the model answers: `code` is `ok` or an error's; `case` is None where nothing may be shown."""

    code: str
    case: dict[str, Any] | None = None
    seq: int | None = None
    opened: bool = False
    extra: dict[str, Any] = field(default_factory=dict)
    replayed: bool = False


class No(Exception):
    """A refusal; `hidden` is what the caller is told instead of `code`."""

    def __init__(self, code: str, hidden: str | None = None, **extra: Any) -> None:
        self.code, self.hidden, self.extra = code, hidden, extra


class NaiveType:
    """A case type as a second reader of the YAML sees it."""

    def __init__(self, declared: dict[str, Any]) -> None:
        self.name: str = declared["case_type"]
        initial = declared.get("initial")
        self.opening: dict[str, str] = {"open": initial} if initial else declared["opening"]
        self.events: dict[str, dict[str, Any]] = declared["events"]
        self.machine = NaiveMachine(declared["states"])
        self.data = jsonschema_rs.Draft202012Validator(declared["data"])
        self.moves = {name: list(self._moves(event)) for name, event in self.events.items()}

    def _moves(self, event: dict[str, Any]) -> Any:
        for move in event.get("transitions", [event]):
            sources = move["from"] if isinstance(move["from"], list) else [move["from"]]
            for source in self.machine.open_states() if sources == ["*"] else sources:
                sets = {**event.get("set", {}), **move.get("set", {})}
                (unless, unless_since), (only, only_since) = map(_eyes_of, (move, move), ("unless", "only"))
                internal, when = move.get("internal", False), move.get("when")
                yield Move(
                    source, move["to"], when, unless, only, tuple(sets.items()), internal, unless_since, only_since
                )


class NaiveModel:
    """Cases, log and idempotency keys of all tenants."""

    def __init__(self, types: list[NaiveType], policy: NaivePolicy) -> None:
        self.types, self.policy = {one.name: one for one in types}, policy
        self.cases: dict[str, dict[str, Any]] = {}
        self.denied: list[dict[str, Any]] = []
        self.kept: dict[tuple[str, str, str], tuple[str, Expected]] = {}
        self.logged: dict[tuple[str, str, str], str] = {}

    def answer(self, attempt: Attempt) -> Expected:
        key = attempt.idempotency and (attempt.tenant, attempt.actor.id, attempt.idempotency.key)
        if not (key and attempt.idempotency):
            return self._decided(attempt)
        if key in self.kept:
            fingerprint, answer = self.kept[key]
            if fingerprint != attempt.idempotency.fingerprint:
                return Expected("idempotency_mismatch")
            return replace(answer, replayed=True, case=self._now(attempt) if answer.code == "ok" else None)
        answer = self._decided(attempt)
        if answer.code in KEPT or (answer.code == "not_found" and attempt.reference):
            self.kept[key] = (attempt.idempotency.fingerprint, answer)
        return answer

    def _now(self, attempt: Attempt) -> dict[str, Any] | None:
        """The case that the attempt names, as it is now, for whom may read it now."""
        for case in self.cases.values():
            named = (case["case_type"], case["reference"]) == (attempt.case_type, attempt.reference or "")
            if case["tenant"] == attempt.tenant and (case["id"] == attempt.case_id or named):
                asked = attempt.occurred_at or attempt.on_behalf_of
                acting = not asked or self.policy.may(case, attempt, "case:admin", acting=False)
                return self.shown(case) if self.policy.may(case, attempt, "case:read", acting=acting) else None
        return None

    def _decided(self, attempt: Attempt) -> Expected:
        case = self._existing(attempt)
        try:
            return self._fire(case, attempt) if case else self._open(attempt)
        except No as no:
            self._log_refusal(no, case, attempt)
            return Expected(no.hidden or no.code, extra=no.extra)

    def _log_refusal(self, no: No, case: dict[str, Any] | None, attempt: Attempt) -> None:
        if no.code not in LOGGED:
            return
        if key := attempt.idempotency:
            owner = (attempt.tenant, attempt.actor.id, key.key)
            if self.logged.get(owner) == key.fingerprint:
                return
            self.logged[owner] = key.fingerprint
        event = attempt.event or self._only_opening(attempt)
        entry = {"kind": "denied", "case_id": case and case["id"], "event": event}
        self.denied.append({"tenant": attempt.tenant, "entry_id": attempt.entry_id, **entry, **_told(attempt)})

    # Finding and opening

    def _existing(self, attempt: Attempt) -> dict[str, Any] | None:
        for case in self.cases.values():
            named = (case["case_type"], case["reference"]) == (attempt.case_type, attempt.reference)
            if case["tenant"] != attempt.tenant:
                continue
            if case["id"] == attempt.case_id:
                return case
            if attempt.opens == "if_absent" and attempt.reference and named:
                return case
        return None

    def _open(self, attempt: Attempt) -> Expected:
        if attempt.opens == "never" or attempt.case_type not in self.types:
            raise No("not_found")
        declared = self.types[attempt.case_type]
        event = attempt.event or self._only_opening(attempt)
        if event not in declared.opening:
            raise No("not_found" if attempt.opens == "if_absent" else "invalid")
        case = {"tenant": attempt.tenant, "case_type": declared.name, "data": dict(attempt.data or {}), "new": True}
        self._admin(case, attempt)
        if not self.policy.may(case, attempt, event, acting=True):
            raise No("denied")
        self._conflict(attempt)
        if attempt.if_version not in (None, 0):
            raise No("version_conflict", current_version=0)
        self._check_input(declared, event, attempt)
        data = self._set(case, attempt, tuple(declared.events.get(event, {}).get("set", {}).items()))
        case = {
            "id": attempt.new_case_id,
            "tenant": attempt.tenant,
            "case_type": declared.name,
            "reference": attempt.reference,
            "leaves": declared.machine.open(declared.opening[event], began := set()),
            "memory": {},
            "version": 0,
            "seq": 0,
            "data": data,
            "creator": attempt.acting,
            "acted": {},
            "last": {},
            "came": dict.fromkeys(began, 1),
            "entries": [],
        }
        self.cases[case["id"]] = case
        return self._record(case, attempt, "opened", event, None)

    def _only_opening(self, attempt: Attempt) -> str | None:
        names = [*self.types[attempt.case_type or ""].opening]
        return names[0] if len(names) == 1 else None

    def _conflict(self, attempt: Attempt) -> None:
        for case in self.cases.values():
            theirs = (case["tenant"], case["case_type"], case["reference"])
            if attempt.reference and theirs == (attempt.tenant, attempt.case_type, attempt.reference):
                raise No("conflict", case_id=case["id"])

    # Firing

    def _fire(self, case: dict[str, Any], attempt: Attempt) -> Expected:
        declared, event = self.types[case["case_type"]], attempt.event
        if event is None or event not in {*declared.events, *declared.opening}:
            raise No("invalid" if self._knows_of(case, attempt, event or "") else "not_found")
        self._admin(case, attempt)
        if not self.policy.may(case, attempt, event, acting=True):
            raise No("denied", None if self.policy.may(case, attempt, "case:read", acting=True) else "not_found")
        if attempt.if_version not in (None, case["version"]):
            raise No("version_conflict", current_version=case["version"])
        moves = declared.machine.candidates(case["leaves"], declared.moves.get(event, []))
        if declared.machine.closed(case["leaves"]) or not moves:
            raise No("wrong_state")
        if attempt.data is not None:
            raise No("invalid")  # the design leaves it open; data that nobody takes are not ignored
        self._check_input(declared, event, attempt)
        chosen = declared.machine.select(
            case["leaves"], case["memory"], moves, lambda move: self._holds(move, case, attempt)
        )
        if not chosen:
            raise No("guard_refused")
        data = self._set(case, attempt, tuple(pair for move in chosen for pair in move.sets))
        source = "+".join(case["leaves"])
        began: set[str] = set()
        case["leaves"], case["memory"] = declared.machine.step(case["leaves"], case["memory"], chosen, began)
        case["came"] |= dict.fromkeys(began, case["seq"] + 1)
        case["data"] = data
        return self._record(case, attempt, "transition", event, source)

    def _record(self, case: dict[str, Any], attempt: Attempt, kind: str, event: str, source: str | None) -> Expected:
        case["version"] += 1
        case["seq"] += 1
        case["acted"].setdefault(event, set()).update(_eyes(attempt))
        case["last"] |= {(event, who): case["seq"] for who in _eyes(attempt)}
        entry = {"kind": kind, "event": event, "source": source, "target": "+".join(case["leaves"])}
        case["entries"].append({"entry_id": attempt.entry_id, "seq": case["seq"], **entry, **_told(attempt)})
        readable = self.policy.may(case, attempt, "case:read", acting=True)
        return Expected("ok", self.shown(case) if readable else None, case["seq"], kind == "opened")

    def shown(self, case: dict[str, Any]) -> dict[str, Any]:
        """The part of a case that is compared."""
        names = ("id", "case_type", "reference", "version", "data")
        closed = self.types[case["case_type"]].machine.closed(case["leaves"])
        shown = {name: case[name] for name in names} | {"state": "+".join(case["leaves"]), "closed": closed}
        return copy.deepcopy(shown)

    # The checks

    def _admin(self, case: dict[str, Any], attempt: Attempt) -> None:
        """Only an administrator says when something happened, or for whom."""
        asked = attempt.occurred_at or attempt.on_behalf_of
        if asked and not self.policy.may(case, attempt, "case:admin", acting=False):
            hidden = "new" not in case and not self.policy.may(case, attempt, "case:read", acting=False)
            raise No("denied", "not_found" if hidden else None)

    def _knows_of(self, case: dict[str, Any], attempt: Attempt, event: str) -> bool:
        """Who may neither read the case nor do what is attempted gets the answer of a case that is not there."""
        asked = attempt.occurred_at or attempt.on_behalf_of
        if asked and not self.policy.may(case, attempt, "case:admin", acting=False):
            return self.policy.may(case, attempt, "case:read", acting=False)
        return any(self.policy.may(case, attempt, act, acting=True) for act in ("case:read", event))

    def _check_input(self, declared: NaiveType, event: str, attempt: Attempt) -> None:
        rules = declared.events.get(event, {})
        if rules.get("reason") == "required" and not attempt.reason:
            raise No("invalid")
        if "payload" in rules and not jsonschema_rs.is_valid(rules["payload"], attempt.payload or {}):
            raise No("invalid")

    def _holds(self, move: Move, case: dict[str, Any], attempt: Attempt) -> bool:
        """Whether a move's condition holds and its four eyes are four."""
        rules = ((move.unless_actor_of, move.unless_since, False), (move.only_actor_of, move.only_since, True))
        for events, since, wanted in rules:
            acted = {who for event in events for who in self._acted(case, event, since)}
            if events and any((who in acted) != wanted for who in _eyes(attempt)):
                return False
        return self.policy.truth(move.when or "", self.policy.variables(case, attempt), error=False)

    def _acted(self, case: dict[str, Any], event: str, since: str | None) -> set[str]:
        """Who fired an event, ever or since the case last came into a state."""
        begin = case["came"].get(since, 0) if since else 0
        return {who for who in case["acted"].get(event, ()) if case["last"][event, who] >= begin}

    def _set(self, case: dict[str, Any], attempt: Attempt, sets: tuple[tuple[str, str], ...]) -> dict[str, Any]:
        """The data after the event: every expression reads the data as it was."""
        data, variables = copy.deepcopy(case["data"]), self.policy.variables(case, attempt)
        for path, expression in sets:
            try:
                data[path.removeprefix("data.")] = self.policy.conditions[expression](*variables)
            except (KeyError, TypeError) as error:
                raise No("invalid") from error
        too_large = any(isinstance(value, int) and abs(value) > LARGEST for value in data.values())
        if too_large or not self.types[case["case_type"]].data.is_valid(data):
            raise No("invalid")
        return data


def copied(case: dict[str, Any]) -> dict[str, Any]:
    """A case that an answer may change while the other stays: what is deeper than this is replaced, never changed."""
    acted = {event: set(who) for event, who in case["acted"].items()}
    return {name: copy.copy(value) for name, value in case.items()} | {"acted": acted}


def _eyes_of(move: dict[str, Any], which: str) -> tuple[tuple[str, ...], str | None]:
    """The events that four eyes asks for, and the state since which."""
    named = move.get(f"{which}_actor_of", ())
    return (tuple(named["events"]), named["since"]) if isinstance(named, dict) else (tuple(named), None)


def _eyes(attempt: Attempt) -> set[str]:
    """The one acted for, and a person who calls; not a service that does."""
    return {attempt.acting, attempt.actor.id} if attempt.actor.id.startswith("user:") else {attempt.acting}


def _told(attempt: Attempt) -> dict[str, Any]:
    """What an entry says of the attempt itself; payload and reason stand in it as commitments."""
    behalf = attempt.on_behalf_of
    sent = {f"/payload/{name}": value for name, value in (attempt.payload or {}).items()}
    sent |= {"/reason": attempt.reason} if attempt.reason else {}
    at = attempt.occurred_at
    return {"actor": attempt.actor.id, "on_behalf_of": behalf and behalf.id, "occurred_at": at, "sent": sent}
