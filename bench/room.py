"""What a case type as large as a court's costs: to check, to decide on, and to ask what may be done."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from itertools import count
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from app.domain.case.attempt import Actor, Attempt, Opens
from app.domain.case.case import Case
from app.domain.definition.case_type import CaseType
from app.domain.explaining.explain import possible
from app.domain.machine.machine import Machine
from app.policy.engine import PolicyEngine
from app.services.definitions.definitions import Definitions
from app.services.desk.batch import Batch
from app.services.store.stored import CaseKey, Locked, PolicyLine
from bench.harness import Bench, Row, median
from bench.servers import ROOT, TENANT
from bench.stories import AT

FIELDS, EVENTS, STATES, SHARE = 4_000, 600, 80, 6
DECISIONS = 500
ASKED = 20


def room(bench: Bench) -> Sequence[Row]:
    """Beside one of ten fields and six events."""
    large, small = _Court(FIELDS, EVENTS, STATES), _Court(10, 6, 3)
    checked = bench.interleaved(seconds=lambda: _checked(bench.folder, large.declared))["seconds"]
    decided = bench.interleaved(large=large.decisions, small=small.decisions)
    asked = bench.interleaved(ms=large.asked)["ms"]
    pair = median(decided["large"]), median(decided["small"])
    return [
        Row(f"check of {FIELDS:,} fields, {EVENTS} events / 5 s of processor", median(checked), 5, "s", 1, False),
        Row("a decision there / with 10 fields, 6 events", *pair, "us", 1.2, at_least=False),
        Row(f"what may be done, of {EVENTS} events / 20 ms", median(asked), 20, "ms", 1, at_least=False),
    ]


class _Court:
    """A case type whose events each read and write some of its fields; anybody may do all of it."""

    def __init__(self, fields: int, events: int, states: int) -> None:
        self.declared = _declared(fields, events, states)
        case_type = CaseType.model_validate(self.declared)
        machine = Machine(case_type, case_type.hash(), 1)
        self._definitions = Definitions({"court": machine}, {machine.digest: machine})
        self._engine = PolicyEngine()
        acts = ("*", "case:read")
        self._engine.load(
            [PolicyLine(kind="p", role="*", tenant="*", obj="court", act=act, eft="allow") for act in acts], 0
        )
        self._case = self._opened()
        self._numbers = count(1)

    def decisions(self) -> float:
        """The median of many, in microseconds."""
        return _median(self._decided, DECISIONS) / 1000

    def asked(self) -> float:
        """The median of some, in milliseconds."""
        return _median(self._asked, ASKED) / 1_000_000

    def _opened(self) -> Case:
        attempt = self._attempt("open", opens=Opens.ALWAYS, case_type="court", data={"field_0": 1})
        batch = Batch(Locked(at=AT, policy_version=0), self._definitions, self._engine)
        answer = batch.answer(attempt)
        assert answer.error is None
        return batch.record().cases[0].case

    def _decided(self) -> None:
        answer = self._batch().answer(self._attempt("event_0", case_id=self._case.id, payload={"value": 2}))
        assert answer.error is None

    def _asked(self) -> None:
        here = self._batch().on(self._attempt(None, case_id=self._case.id), self._case)
        found = _ended(possible(here, False))
        assert found.events

    def _batch(self) -> Batch:
        locked = Locked(at=AT, policy_version=0, cases={CaseKey(TENANT, case_id=self._case.id): self._case})
        return Batch(locked, self._definitions, self._engine)

    def _attempt(self, event: str | None, **more: Any) -> Attempt:
        actor = Actor(tenant=TENANT, id="user:alice")
        return Attempt(actor=actor, event=event, entry_id="e1", new_case_id="c0", request_id="r", **more)


def _declared(fields: int, events: int, states: int) -> dict[str, Any]:
    """Event n starts from three states, and writes SHARE fields."""
    return {
        "case_type": "court",
        "opening": {"open": "state_0"},
        "max_data_bytes": 1_000_000,
        "data": {
            "type": "object",
            "properties": {f"field_{n}": {"type": "integer", "title": f"Field {n}"} for n in range(fields)},
        },
        "states": {f"state_{n}": {"title": f"State {n}"} for n in range(states)},
        "events": {f"event_{n}": _event(n, fields, states) for n in range(events)},
    }


def _event(number: int, fields: int, states: int) -> dict[str, Any]:
    written = [(number * SHARE + step) % fields for step in range(SHARE)]
    return {
        "title": f"Event {number}",
        "from": sorted({f"state_{(number * step) % states}" for step in (1, 7, 11)}),
        "to": f"state_{number % states}",
        "when": f"data.field_{(number * 13) % fields} >= 0" if number % 2 else "true",
        "payload": {"type": "object", "properties": {"value": {"type": "integer"}}, "required": ["value"]},
        "set": {f"data.field_{field}": f"payload.value + {field}" for field in written},
    }


def _checked(folder: Path, declared: dict[str, Any]) -> float:
    """Seconds of processor that `stateward check` takes with it."""
    machines, policies = folder / "court" / "machines", folder / "court" / "policies"
    for each in (machines, policies):
        each.mkdir(parents=True, exist_ok=True)
    (machines / "court.yaml").write_text(json.dumps(declared), encoding="utf-8")
    (policies / "court.csv").write_text("p, *, *, court, *, , allow\n", encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "app", "check", str(machines), str(policies)]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _ended(steps: Generator[None, None, Any]) -> Any:
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


def _median(call: Callable[[], None], times: int) -> float:
    """In nanoseconds; the first call does not count."""
    call()
    took = []
    for _ in range(times):
        began = perf_counter_ns()
        call()
        took.append(float(perf_counter_ns() - began))
    return median(took)
