"""What a decision costs as the policy grows, how long a change of it holds traffic up, and what guards cost."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from time import perf_counter_ns

from app.domain.case.attempt import Actor, Attempt, Opens
from app.domain.case.case import Case
from app.domain.definition.case_type import CaseType
from app.domain.expressions.expression import View
from app.domain.machine.machine import Machine
from app.policy.engine import PolicyEngine
from app.services.definitions.definitions import Definitions
from app.services.desk.batch import Batch
from app.services.store.stored import CaseKey, Locked, PolicyLine
from bench.harness import Bench, Row, median
from bench.servers import TENANT
from bench.stories import AT

CHANGES = 60
DECISIONS = 4_000
OFTEN = 1_000
GUARDED = 2_000


def policy(bench: Bench) -> Sequence[Row]:
    """A decision as asked before, as never asked, and the first one after a change with the change itself."""
    few = Office(case_types=1, events=1, roles=10, users=10)
    many = Office(case_types=200, events=50, roles=10, users=20_000)
    again = bench.interleaved(few=few.decisions, many=many.decisions)
    never = bench.interleaved(few=few.new_decisions, many=many.new_decisions)
    first = bench.interleaved(few=few.first_after_a_change, many=many.first_after_a_change)
    return [
        Row("policy decision, 100,000 rules, 20,000 users / 10, 10", *_pair(again), "us", 1.2, at_least=False),
        Row("the same of roles that never asked before", *_pair(never), "us", 1.2, at_least=False),
        Row("first decision after a change, with the change", *_pair(first), "us", 1.2, at_least=False),
    ]


def guards(bench: Bench) -> Sequence[Row]:
    """A whole decision (policy, guards, entry, hashes) of an event, in microseconds."""
    told = bench.interleaved(one=_Guarded(1).decisions, thirty=_Guarded(30).decisions)
    pair = median(told["thirty"]), median(told["one"])
    return [Row("decision with 30 guards on the event / with one", *pair, "us", 2, at_least=False)]


def _pair(told: "dict[str, Sequence[float]]") -> tuple[float, float]:
    return median(told["many"]), median(told["few"])


class Office:
    """A policy of `case_types` x `events` x `roles`, and users with a role each, in an engine of its own.

    It has decided for a while: everything was asked once, and the questions in `_often` by those who ask them again.
    """

    def __init__(self, case_types: int, events: int, roles: int, users: int) -> None:
        self.places = [(f"type_{t}", f"event_{e}") for t in range(case_types) for e in range(events)]
        self.roles = roles
        self.users = users
        self._engine = PolicyEngine()
        self._chance = random.Random(1)
        self._versions = count(2)
        self._extra: PolicyLine | None = None
        self._engine.load(list(self._lines()), 1)
        self._often = [self._question() for _ in range(OFTEN)]
        for question in [*(("user:u1", *place) for place in self.places), *self._often]:
            self._decide(*question)

    def _lines(self) -> Iterator[PolicyLine]:
        numbers = count(1)
        for case_type, event in self.places:
            for role in range(self.roles):
                line = PolicyLine(
                    kind="p", role=f"role:r{role}", tenant="*", obj=case_type, act=event, eft="allow", added=1
                )
                yield replace(line, id=next(numbers))
        for user in range(self.users):
            yield PolicyLine(
                kind="g",
                role=f"user:u{user}",
                tenant=TENANT,
                obj=f"role:r{user % self.roles}",
                id=next(numbers),
                added=1,
            )

    def decisions(self) -> float:
        """The median of many, each by somebody else on something else."""
        return _median_us(lambda: partial(self._decide, *self._chance.choice(self._often)), DECISIONS)

    def new_decisions(self) -> float:
        """The same of somebody whose roles were never seen together."""
        return _median_us(
            lambda: partial(self._decide, *self._question(), f"role:new{next(self._versions)}"), DECISIONS
        )

    def first_after_a_change(self) -> float:
        return _median_us(self._one_change, CHANGES)

    def _question(self) -> tuple[str, str, str]:
        return f"user:u{self._chance.randrange(self.users)}", *self._chance.choice(self.places)

    def _one_change(self) -> Callable[[], None]:
        """A line comes, and with the next change it goes."""
        case_type, event = self._chance.choice(self.places)
        version = next(self._versions)
        line, self._extra = self._extra, None
        if line is None:
            line = PolicyLine(
                kind="p", role=f"role:new{version}", tenant="*", obj=case_type, act=event, eft="allow", added=version
            )
            self._extra = replace(line, removed=version + 1)

        def changed() -> None:
            self._engine.apply([line], version)
            self._decide("user:u1", line.obj, line.act)

        return changed

    def _decide(self, user: str, case_type: str, event: str, *given: str) -> None:
        roles = self._engine.closure(TENANT, user, frozenset(given))
        verdict = self._engine.decide(TENANT, roles, case_type, event, _see)
        assert verdict.allowed


class _Guarded:
    """A case on which an event has `guards` ways, of which only the last one is open."""

    def __init__(self, guards: int) -> None:
        ways = [{"from": "one", "to": "two", "when": f"data.amount_cents == {n}"} for n in range(1, guards)]
        ways.append({"from": "one", "to": "two", "when": "data.amount_cents > 10000"})
        amount = {"type": "object", "properties": {"amount_cents": {"type": "integer"}}}
        declared = {
            "case_type": "guarded",
            "opening": {"open": "one"},
            "data": amount,
            "states": {"one": {}, "two": {}},
            "events": {"go": {"transitions": ways}},
        }
        case_type = CaseType.model_validate(declared)
        machine = Machine(case_type, case_type.hash(), 1)
        self._definitions = Definitions({"guarded": machine}, {machine.digest: machine})
        self._engine = PolicyEngine()
        self._engine.load(
            [
                PolicyLine(kind="p", role="*", tenant="*", obj="guarded", act=act, eft="allow")
                for act in ("*", "case:read")
            ],
            0,
        )
        self._actor = Actor(tenant=TENANT, id="user:alice")
        self._case = self._opened()

    def decisions(self) -> float:
        return _median_us(self._one_decision, GUARDED)

    def _opened(self) -> Case:
        opening = Attempt(
            actor=self._actor,
            event="open",
            entry_id="e0",
            new_case_id="c0",
            request_id="r",
            opens=Opens.ALWAYS,
            case_type="guarded",
        )
        batch = Batch(Locked(at=AT, policy_version=0), self._definitions, self._engine)
        answer = batch.answer(replace(opening, data={"amount_cents": 20_000}))
        assert answer.error is None
        return batch.record().cases[0].case

    def _one_decision(self) -> Callable[[], None]:
        attempt = Attempt(
            actor=self._actor, event="go", entry_id="e1", new_case_id="", request_id="r", case_id=self._case.id
        )
        locked = Locked(at=AT, policy_version=0, cases={CaseKey(TENANT, case_id=self._case.id): self._case})

        def decided() -> None:
            answer = Batch(locked, self._definitions, self._engine).answer(attempt)
            assert answer.error is None

        return decided


def _see() -> View:
    return View({"data": {"amount_cents": 100}})


def _median_us(prepare: Callable[[], Callable[[], None]], times: int) -> float:
    """The median time of a prepared call, in microseconds; the preparation does not count."""
    took = []
    for _ in range(times):
        call = prepare()
        began = perf_counter_ns()
        call()
        took.append((perf_counter_ns() - began) / 1000)
    return median(took)
