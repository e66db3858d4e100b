"""Random attempts, most of them on cases and events where something can happen."""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from uuid_utils import uuid7

from app.domain.case.attempt import Actor, Attempt, Idempotency, Opens
from tests.naive_model import Expected, NaiveModel
from tests.naive_types import ACTORS, PRINCIPALS

REFERENCES = 40
PAYLOADS: list[dict[str, Any] | None] = [
    None, {}, {"ticket": 7}, {"ticket": "x"}, {"deep": True}, {"deep": False}, {"deep": "yes"},
    {"amount": 5}, {"amount": 700}, {"amount": -1}, {"amount": "much"},
]  # fmt: skip
FITTING: dict[str, list[dict[str, Any]]] = {
    "file": [{"ticket": 1}, {"ticket": 2, "note": "x"}],
    "amend": [{"amount": 5}, {"amount": 700}, {"amount": 5000}],
    "clear": [{"deep": True}, {"deep": False}, {}],
}


class Attempts:
    """Attempts that look at the model to be interesting; every one is a pure function of the seed."""

    def __init__(self, random: Random, model: NaiveModel) -> None:
        self._random, self._model = random, model
        self._keyed: list[Attempt] = []
        self._tried = Counter[str]()
        self._reference_before = "R1"

    def batch(self) -> list[tuple[Attempt, Expected]]:
        """Attempts, many on the same cases, each with what the model answers after those before it."""
        size = self._random.randint(1, 20)
        hot = [case["id"] for case in self._some_cases(3)]
        attempts = (self._attempt(hot) for _ in range(size))
        return [(attempt, self._model.answer(attempt)) for attempt in attempts]

    def _some_cases(self, count: int) -> list[dict[str, Any]]:
        newest = list(self._model.cases.values())[-25:]
        return self._random.sample(newest, min(count, len(newest)))

    def _attempt(self, hot: list[str]) -> Attempt:
        random = self._random
        if self._keyed and random.random() < 0.08:
            return self._again(random.choice(self._keyed[-30:]))
        make = self._opening if not hot or random.random() < 0.15 else self._by_reference
        attempt = make() if not hot or random.random() < 0.3 else self._firing(random.choice(hot))
        if random.random() < 0.25:
            key = Idempotency(f"k{random.randint(1, 10**9)}", _fingerprint(attempt))
            attempt = replace(attempt, idempotency=key)
            self._keyed.append(attempt)
        return attempt

    def _again(self, before: Attempt) -> Attempt:
        """The same request once more; or another one, another caller or another tenant under the same key."""
        random = self._random
        fresh: dict[str, Any] = {"entry_id": str(uuid7()), "new_case_id": str(uuid7())}
        if random.random() < 0.2:
            fresh["event"] = random.choice(["touch", "file"])
        if random.random() < 0.2:
            fresh["actor"] = random.choice(ACTORS)
        if random.random() < 0.2:
            fresh["if_version"] = random.choice([None, 1, 2])
        attempt = replace(before, **fresh)
        assert before.idempotency is not None
        return replace(attempt, idempotency=Idempotency(before.idempotency.key, _fingerprint(attempt)))

    def _opening(self) -> Attempt:
        case_type = self._random.choice(["voyage", "voyage", "parcel"])
        events = [*self._model.types[case_type].opening] * 6
        event = self._random.choice([*events, "approve", "nonsense", None, *[None] * 6 * (case_type == "parcel")])
        reference = self._reference() if self._random.random() < 0.5 else None
        return self._made(opens=Opens.ALWAYS, case_type=case_type, event=event, reference=reference, data=self._data())

    def _by_reference(self) -> Attempt:
        case_type = self._random.choice(["voyage", "parcel"])
        declared = self._model.types[case_type]
        events = [*declared.opening] * 4 + [*declared.events, "nonsense"]
        given = {"case_type": case_type, "reference": self._reference(), "data": self._data()}
        return self._made(opens=Opens.IF_ABSENT, event=self._random.choice(events), **given)

    def _firing(self, case_id: str) -> Attempt:
        random, case = self._random, self._model.cases[case_id]
        declared = self._model.types[case["case_type"]]
        fitting = [name for name, moves in declared.moves.items() if declared.machine.candidates(case["leaves"], moves)]
        everything = [*declared.events, *declared.opening, "nonsense"]
        event = self._rarest(fitting) if fitting and random.random() < 0.85 else random.choice(everything)
        version = case["version"] + random.choice([0, 0, 0, -1, 1])
        attempt = self._made(
            case_id=case_id if random.random() < 0.98 else str(uuid7()),
            event=event,
            actor=random.choice([actor for actor in ACTORS if actor.tenant == case["tenant"] or random.random() < 0.1]),
            if_version=version if random.random() < 0.15 else None,
        )
        return self._by_somebody_who_may(case, attempt) if random.random() < 0.75 else attempt

    def _rarest(self, events: list[str]) -> str:
        """One of the events, rather one that was tried less often, so that cases get everywhere."""
        event = self._random.choices(events, [1 / (1 + self._tried[event]) for event in events])[0]
        self._tried[event] += 1
        return event

    def _by_somebody_who_may(self, case: dict[str, Any], attempt: Attempt) -> Attempt:
        people = [actor for actor in ACTORS if actor.tenant == case["tenant"]]
        if attempt.on_behalf_of or attempt.occurred_at:
            people = [actor for actor in people if {"role:admin", "role:chief"} & actor.roles]
        people = self._random.sample(people, len(people))
        if self._random.random() < 0.5:  # those who acted before, themselves or through others, meet four eyes
            before = {who for acted in case["acted"].values() for who in acted}
            people.sort(key=lambda actor: actor.id not in before)
            if attempt.on_behalf_of and (known := [one for one in PRINCIPALS if one.id in before]):
                attempt = replace(attempt, on_behalf_of=self._random.choice(known))
        tries = [replace(attempt, actor=actor) for actor in people]
        return next(
            (one for one in tries if self._model.policy.may(case, one, attempt.event or "", acting=True)), attempt
        )

    def _made(self, event: str | None, **given: Any) -> Attempt:
        random = self._random
        actor: Actor = given.pop("actor", None) or random.choice(ACTORS)
        unusual = random.random() < 0.25
        return Attempt(
            actor=actor,
            event=event,
            entry_id=str(uuid7()),
            new_case_id=str(uuid7()),
            request_id="r1",
            payload=random.choice(FITTING.get(event or "", PAYLOADS) if random.random() < 0.8 else PAYLOADS),
            reason=random.choice([None, "because", "because"]),
            occurred_at=_some_day(random) if unusual and random.random() < 0.3 else None,
            on_behalf_of=random.choice(PRINCIPALS) if unusual and random.random() < 0.8 else None,
            **given,
        )

    def _reference(self) -> str:
        """Often the one before, so that attempts of one batch meet on a case that does not exist yet."""
        if self._random.random() < 0.6:
            self._reference_before = f"R{self._random.randint(1, REFERENCES + len(self._model.cases) // 2)}"
        return self._reference_before

    def _data(self) -> dict[str, Any] | None:
        random = self._random
        if random.random() < 0.08:
            return random.choice([None, {}, {"amount": "much", "currency": "EUR"}, {"weight": 51}, {"amount": 1}])
        if random.random() < 0.3:
            return {"weight": random.choice([1, 20, 50])}
        data: dict[str, Any] = {"amount": random.choice([50, 100, 101, 500, 501, 1000])}
        data["currency"] = random.choice(["EUR", "GBP"])
        more = {"late": random.random() < 0.5, "rounds": random.choice([0, 2**53 - 2]), "tags": ["é", "~/"]}
        return data | {name: value for name, value in more.items() if random.random() < 0.4}


def _some_day(random: Random) -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=random.randint(0, 10**6))


def _fingerprint(attempt: Attempt) -> str:
    told = [attempt.event, attempt.opens, attempt.case_id, attempt.case_type, attempt.reference, attempt.data]
    rest = [attempt.payload, attempt.reason, str(attempt.occurred_at), str(attempt.on_behalf_of)]
    return hashlib.sha256(json.dumps([*told, *rest]).encode()).hexdigest()
