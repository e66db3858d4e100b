"""Random lives, told in any order and late: what is kept of a case is what its entries make of it, moments included."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.case.attempt import Attempt, Opens
from app.domain.case.case import Case
from app.domain.deciding.verb import Verb
from app.domain.declaring.reading.load import load_case_type
from app.domain.verbs.assigning import Claim, Release
from app.domain.verbs.commenting import Comment
from app.domain.verbs.linking import Link
from app.policy.files import read_policy
from app.services.assembly import Assembly
from app.services.policy.policies import PolicySource
from app.services.store.stored import CaseKey, PolicyFile
from tests.cases.test_moments import IMPORTER
from tests.clocks.test_clock_lives import opened
from tests.databases import Database
from tests.factories import TENANT
from tests.house import attempt, code, declaring, entries, running
from tests.lengths import length
from tests.ticking import Watch

LIVES = length(6, 10)
EVENTS = ("touch", "look", "look", "passed", "drop", "hurry")
LETTER = """
case_type: letter
initial: new
data: {type: object, properties: {late: {type: boolean}}, additionalProperties: false}
states:
  new: {}
  check: {initial: a, on_done: done, states: {a: {}, b: {final: true}}}
  done: {final: true}
events:
  touch: {from: [new, check], to: "="}
  look: {from: new, to: check}
  passed: {from: check.a, to: check.b}
  drop: {from: [new, check], to: done}
  hurry: {from: [new, check], to: "=", set: {data.late: "now - case.opened_at > duration('3h')"}}
slas:
  answer:
    kind: elapsed
    start: {enters: new}
    stop: {enters: done}
    reset: {event: touch, when: "case.changed_at - case.opened_at > duration('20h') && now > case.opened_at"}
    target: 4h
    steps: [{at: 50%, urgency: 20}, {at: 100%, fire: hurry}, {at: +2h, assign: "user:bo"}]
"""
POLICY = """
p, role:importer, *, letter, *, , allow
p, role:importer, *, letter, case:read, , allow
p, role:importer, *, letter, case:claim, , allow
p, role:importer, *, letter, case:comment, , allow
p, role:system, *, letter, hurry, , allow
"""
KEPT = tuple(one.name for one in fields(Case) if one.name not in ("memory", "rounds"))
EXPECTED = ("applied", "wrong_state", "guard_refused", "conflict", "invalid")


@dataclass
class Lives:
    house: Assembly
    dice: random.Random
    watch: Watch | None
    cases: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.watch.now if self.watch else datetime.now(UTC)

    def when(self) -> dict[str, Any]:
        """Now, or told of the last three days or of tomorrow."""
        if self.dice.random() < 0.3:
            return {}
        return {"occurred_at": self.now + timedelta(minutes=self.dice.randrange(-3 * 1440, 300))}

    def doing(self) -> Iterator[Attempt]:
        """A batch of some cases, of which each sees what the ones before it did."""
        for _ in range(self.dice.choice((1, 1, 2, 5))):
            if not self.cases or self.dice.random() < 0.15:
                made = attempt(IMPORTER, None, case_type="letter", data={}, opens=Opens.ALWAYS, **self.when())
                self.cases.append(made.new_case_id)
                yield made
            elif self.dice.random() < 0.7:
                yield attempt(IMPORTER, self.dice.choice(EVENTS), self.dice.choice(self.cases), **self.when())
            else:
                verb = self._verb()
                yield attempt(IMPORTER, None, self.dice.choice(self.cases), verb=verb, **self.when())

    def _verb(self) -> Verb:
        other = self.dice.choice(self.cases)
        links = Link("blocks", other), Link("child", other)
        return self.dice.choice((Claim(), Claim(), Release(), Comment("look", ()), *links))


async def live(lives: Lives) -> None:
    for _ in range(14):
        for answer in await lives.house.desk.submit([*lives.doing()]):
            assert code(answer) in EXPECTED, answer.error
        if lives.watch:
            lives.watch.pass_by(minutes=lives.dice.choice((0, 0, 10, 200)))
        if lives.dice.random() < 0.3:
            await lives.house.desk.escalate()


async def test_what_is_kept_of_a_case_is_what_its_entries_make_of_it(database: Database) -> None:
    watch = Watch() if database.kind == "sqlite" else None
    policy = read_policy(POLICY, "letter.csv")
    source = PolicySource(PolicyFile(policy.name, policy.sha256), [line.policy_line for line in policy.lines])
    found = replace(declaring(letter=load_case_type(LETTER, "letter.yaml").case_type), policies=(source,))
    closed = 0
    async with running(opened(database, watch), found) as house:
        for seed in range(LIVES):
            lives = Lives(house, random.Random(f"moments {seed}"), watch)
            await live(lives)
            for case_id in lives.cases:
                kept = await house.store.case(CaseKey(TENANT, case_id))
                fold = await house.clocks.folded(TENANT, case_id)
                assert (kept is None) == (fold is None)
                if kept is not None and fold is not None:
                    check(kept.case, fold.case, seed)
                    closed += kept.case.closed_at is not None
        assert not [one async for _, differ in house.clocks.differences() for one in differ]
    told = Counter(entry["kind"] for entry in await entries(database))
    assert closed > LIVES
    assert {"opened", "transition", "comment", "linked", "assigned", "sla"} <= told.keys(), told


def check(kept: Case, folded: Case | None, seed: int) -> None:
    for name in KEPT:
        assert getattr(folded, name) == getattr(kept, name), (name, seed)
    assert kept.opened_at <= kept.changed_at <= kept.recorded_at
    assert kept.closed_at is None or kept.opened_at <= kept.closed_at <= kept.recorded_at
