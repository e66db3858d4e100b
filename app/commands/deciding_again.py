"""`stateward verify --decide`: each transition again, by the code that decided it and the enclosed definition."""

import json
from collections.abc import Mapping

from pydantic import ValidationError

from app import __version__
from app.domain.deciding.decided_again import DecidedAgain
from app.domain.declaring.reading.load import load_stored
from app.domain.expressions.expression import GuardFault
from app.domain.machine.machine import Machine
from app.domain.values.json import Json
from app.verify import verify


def deciding(run: verify.Verification) -> None:
    """Have each entry that is what was recorded decided again, and say what came of it."""
    machines: dict[str, Machine | None] = {}

    def machine_of(digest: str) -> Machine | None:
        if digest not in machines:
            machines[digest] = _machine(run, digest)
        return machines[digest]

    again = DecidedAgain(machine_of, whole=not run.manifest["filter"])

    def take(entry: verify.Entry, values: Mapping[str, str]) -> None:
        wrong = again.take(entry.entry, {path: _value(text) for path, text in values.items()})
        if wrong is not None:
            run.verdict.add("DECIDED_OTHERWISE", wrong, **entry.place())
        run.verdict.told["decided"] = {
            "again": again.decided,
            "not_again": dict(again.undecided),
            "permissions": "not decided again: policies are not enclosed",
            "by": f"stateward {__version__}",
        }

    run.on_entry = take


def _machine(run: verify.Verification, digest: str) -> Machine | None:
    declared = run.definitions.get(digest)
    if declared is None:
        return None
    try:
        return Machine(load_stored(json.dumps(declared)), digest, 0)
    except (ValidationError, GuardFault, ValueError):
        return None


def _value(text: str) -> Json:
    value: Json = json.loads(text)
    return value
