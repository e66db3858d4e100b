"""`stateward verify --decide`: each transition again, by the code that decided it, the definition and the policy."""

import json
from collections.abc import Mapping

from pydantic import ValidationError

from app import __version__
from app.domain.deciding.decided_again import DecidedAgain
from app.domain.deciding.situation import Situation
from app.domain.declaring.reading.load import load_stored
from app.domain.expressions.expression import GuardFault
from app.domain.machine.machine import Machine
from app.domain.values.json import Json, JsonObject
from app.policy.engine import PolicyEngine
from app.policy.files import read_policy
from app.verify import verify


def deciding(run: verify.Verification) -> None:
    """Have each entry that is what was recorded decided again, and say what came of it."""
    enclosed = Enclosed(run)
    again = DecidedAgain(enclosed.machine, whole=not run.manifest["filter"], permits=enclosed.permits)

    def take(entry: verify.Entry, values: Mapping[str, str]) -> None:
        wrong = again.take(entry.entry, {path: _value(text) for path, text in values.items()})
        if wrong is not None:
            run.verdict.add("DECIDED_OTHERWISE", wrong, **entry.place())
        run.verdict.told["decided"] = {
            "again": again.decided,
            "not_again": dict(again.undecided),
            "permitted": again.permitted,
            "permissions_not_again": again.not_permitted,
            "by": f"stateward {__version__}",
        }

    run.on_entry = take


class Enclosed:
    """The definitions and policies of an export, made ready when they are asked for; None where they cannot be."""

    def __init__(self, run: verify.Verification) -> None:
        self._run = run
        self._machines: dict[str, Machine | None] = {}
        self._policies: dict[str, PolicyEngine | None] = {}

    def machine(self, digest: str) -> Machine | None:
        if digest not in self._machines:
            self._machines[digest] = self._machine(digest)
        return self._machines[digest]

    def permits(self, entry: JsonObject, here: Situation, lacking: bool) -> bool | None:
        """Whether the enclosed policy allows it. It cannot be said where a condition reads what is not known, as of an
        opening what was sent, before anything was assigned."""
        policy = self._policy(entry["policy"]["hash"])
        if policy is None:
            return None
        case_type, event = entry["case_type"], entry["event"]
        conditional = any(line.when for line in policy.line_terms(entry["tenant"], case_type, event))
        if conditional and (lacking or here.case is None):
            return None
        return policy.decide(entry["tenant"], here.roles, case_type, event, lambda: here.view).allowed

    def _machine(self, digest: str) -> Machine | None:
        declared = self._run.definitions.get(digest)
        if declared is None:
            return None
        try:
            return Machine(load_stored(json.dumps(declared)), digest, 0)
        except (ValidationError, GuardFault, ValueError):
            return None

    def _policy(self, digest: str) -> PolicyEngine | None:
        if digest not in self._policies:
            text = self._run.policies.get(digest)
            self._policies[digest] = None if text is None else _engine(text)
        return self._policies[digest]


def _engine(policy: JsonObject) -> PolicyEngine | None:
    """None where a line of it cannot be read by this release."""
    lines = [line for block in (policy["includes"], *policy["blocks"].values()) for line in block]
    read = read_policy("".join(f"{line}\n" for line in lines), "policy.csv")
    if read.faults:
        return None
    engine = PolicyEngine()
    engine.load([line.policy_line for line in read.lines], 0)
    return engine


def _value(text: str) -> Json:
    value: Json = json.loads(text)
    return value
