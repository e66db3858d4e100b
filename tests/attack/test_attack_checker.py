"""The checker of the attacks finds what is wrong: each kind of damage to what is kept, or to what clients were told."""

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.attack import checker
from tests.attack.edges import read_machines
from tests.attack.kept import Kept, read
from tests.attack.told import Told, Try
from tests.databases import Database
from tests.house import ALICE, CLERK, SUPERVISOR, Assembly, fire, fired, open_claim
from tests.running import ROOT

MACHINES = read_machines(ROOT / "machines")


@pytest.fixture
async def whole(house: Assembly, database: Database) -> tuple[Kept, Told]:
    """A case with some history, and what its clients were told."""
    case_id = await open_claim(house)
    await fired(house, case_id, "add_note", ALICE)
    told = Told()
    for event, who in (("triage", CLERK), ("approve", SUPERVISOR)):
        answer = await fire(house, case_id, event, who, reason=event)
        assert answer.receipt is not None
        told.tries.append(Try("acme", event, case_id, event, "ok", answer.receipt.entry_id))
    await house.ledger.sequence()
    kept = await read(database.admin_url)
    refused = Try("acme", "never", case_id, "pay", "refused")
    return kept, replace(told, tries=[*told.tries, refused])


async def test_what_is_whole_has_no_fault(whole: tuple[Kept, Told]) -> None:
    assert checker.faults(*whole, MACHINES) == []


def changed(rows: Any, place: int, **values: Any) -> list[Any]:
    return [{**row, **values} if number == place % len(rows) else row for number, row in enumerate(rows)]


def without(rows: Any, place: int) -> list[Any]:
    return [row for number, row in enumerate(rows) if number != place % len(rows)]


DAMAGE: dict[str, Callable[[Kept], Kept]] = {
    "an entry is gone": lambda kept: replace(kept, entries=without(kept.entries, -1)),
    "an entry says something else": lambda kept: replace(kept, entries=changed(kept.entries, 1, entry="{}")),
    "an entry has another hash": lambda kept: replace(kept, entries=changed(kept.entries, 1, entry_hash="00")),
    "an entry stands twice": lambda kept: replace(kept, entries=[*kept.entries, kept.entries[-1]]),
    "a case is in another state": lambda kept: replace(kept, cases=changed(kept.cases, 0, state="paid")),
    "a case has other data": lambda kept: replace(kept, cases=changed(kept.cases, 0, data='{"amount_cents":1}')),
    "a case is gone": lambda kept: replace(kept, cases=[]),
    "a case has another end": lambda kept: replace(kept, cases=changed(kept.cases, 0, last_hash="00")),
    "a value is gone": lambda kept: replace(
        kept, values=[row for row in kept.values if row["path"] != "/data/amount_cents"]
    ),
    "a place in the log is gone": lambda kept: replace(kept, leaves=without(kept.leaves, 1)),
    "two entries change places": lambda kept: replace(
        kept,
        leaves=changed(
            changed(kept.leaves, -2, entry_id=kept.leaves[-1]["entry_id"]), -1, entry_id=kept.leaves[-2]["entry_id"]
        ),
    ),
    "an entry waits that has a place": lambda kept: replace(kept, waiting=[dict(kept.leaves[0])]),
}


@pytest.mark.parametrize("damage", DAMAGE)
async def test_damage_to_what_is_kept_is_found(whole: tuple[Kept, Told], damage: str) -> None:
    assert checker.inconsistencies(DAMAGE[damage](whole[0]), MACHINES)


LIES: dict[str, Callable[[list[Try]], list[Try]]] = {
    "what was answered is not there": lambda tries: [*tries, replace(tries[0], key="x", entry_id="x")],
    "what was refused is there": lambda tries: [replace(tries[0], outcome="refused"), *tries[1:]],
    "an entry nobody asked for": lambda tries: tries[1:],
    "another entry is named": lambda tries: [replace(tries[0], entry_id="x"), *tries[1:]],
}


@pytest.mark.parametrize("lie", LIES)
async def test_what_clients_were_told_is_held_against_it(whole: tuple[Kept, Told], lie: str) -> None:
    kept, told = whole
    assert checker.faults(kept, replace(told, tries=LIES[lie](told.tries)), MACHINES)


def test_an_edge_that_no_transition_has_is_found() -> None:
    machine = MACHINES["expense_claim"]
    assert machine.allows("submitted", "triage", "review.first_line")
    assert machine.allows("submitted", "add_note", "submitted")
    assert machine.allows("checks.budget.ok+checks.fraud.open", "clear_fraud", "approved")
    assert machine.allows("waiting", "answer", "checks.budget.ok+checks.fraud.open")
    assert not machine.allows("submitted", "triage", "approved")
    assert not machine.allows("draft", "triage", "review.first_line")
    assert not machine.allows("submitted", "add_note", "review.first_line")


@pytest.mark.parametrize("name", ["checker", "edges", "kept", "told"])
def test_the_checker_knows_nothing_of_the_service(name: str) -> None:
    tree = ast.parse(Path(checker.__file__).with_name(f"{name}.py").read_text())
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert not [module for module in imported if module.split(".")[0] == "app"]
