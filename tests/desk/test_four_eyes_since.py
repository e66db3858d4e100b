"""Four eyes since the case last came into a state: earlier rounds are forgotten, this one is not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.commands.opening.declared import read_folders
from app.domain.case.attempt import Actor, Principal
from app.services.assembly import Assembly
from app.services.store.ports import Store
from tests.databases import Database, mostly_sqlite
from tests.house import actor, another_process, code, fire, fired, opened, running

__all__ = ["mostly_sqlite"]

MACHINE = """
case_type: round
opening: {start: review}
states:
  draft: {}
  review:
    initial: first
    states: {first: {}, second: {}, third: {}}
  held: {}
  checks:
    parallel: true
    on_done: review
    states:
      a: {initial: open, states: {open: {}, ok: {final: true}}}
      b: {initial: open, states: {open: {}, ok: {final: true}}}
  done: {final: true}
events:
  submit: {from: draft, to: review}
  approve:
    transitions:
      - {from: review.first, to: review.second}
      - {from: review.second, to: review.third, unless_actor_of: {events: [approve], since: review}}
  finish: {from: review.third, to: done, only_actor_of: {events: [approve], since: review}}
  correct: {from: review, to: draft}
  again: {from: review, to: review}
  back: {from: review, to: review.first}
  down: {from: review.second, to: review.first}
  hold: {from: review, to: held}
  resume: {from: held, to: review.$history}
  resume_deeply: {from: held, to: review.$deep_history}
  note: {from: "*", to: "="}
  stay_put: {from: review, to: review.$history}
  inside: {from: review, to: review.second, internal: true}
  check: {from: review, to: checks}
  clear_a: {from: checks.a.open, to: checks.a.ok}
  clear_b: {from: checks.b.open, to: checks.b.ok}
"""
POLICY = (
    "p, *, *, round, *, , allow\np, *, *, round, case:read, , allow\np, role:importer, *, round, case:admin, , allow\n"
)
ANN, BEN = actor("ann"), actor("ben")


@pytest.fixture
async def rounds(store: Store, database: Database, tmp_path: Path) -> AsyncIterator[Assembly]:
    for folder, name, text in (("machines", "round.yaml", MACHINE), ("policies", "round.csv", POLICY)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    found = read_folders(tmp_path / "machines", tmp_path / "policies")
    assert not found.errors, found.errors
    async with running(store, found) as house:
        yield house


async def approved_once(house: Assembly, by: Actor = ANN) -> str:
    case_id = await opened(house, by=BEN, case_type="round", event="start", data={})
    assert (await fired(house, case_id, "approve", by))["state"] == "review.second"
    return case_id


async def test_in_one_round_it_takes_two(rounds: Assembly) -> None:
    case_id = await approved_once(rounds)
    refused = await fire(rounds, case_id, "approve", ANN)
    [reason] = refused.error.reasons
    assert reason.message == "whoever fired approve on this case since it last came into review may not approve it"
    assert reason.detail == {"events": ["approve"], "since": "review"}
    assert (await fired(rounds, case_id, "approve", BEN))["state"] == "review.third"


@pytest.mark.parametrize("way", [("correct", "submit"), ("again",), ("back",), ("check", "clear_a", "clear_b")])
async def test_after_a_round_began_anew_the_two_of_the_round_before_may_change_places(
    rounds: Assembly, way: tuple[str, ...], database: Database
) -> None:
    case_id = await approved_once(rounds)
    for event in way:
        await fired(rounds, case_id, event, BEN)
    assert (await fired(rounds, case_id, "approve", BEN))["state"] == "review.second"
    assert code(await fire(rounds, case_id, "approve", BEN)) == "guard_refused"
    assert (await fired(rounds, case_id, "approve", ANN))["state"] == "review.third"


@pytest.mark.parametrize(
    "way", [("hold", "resume"), ("hold", "resume_deeply"), ("note",), ("down", "approve"), ("stay_put",), ("inside",)]
)
async def test_what_comes_back_by_history_stays_or_moves_within_began_no_round(
    rounds: Assembly, way: tuple[str, ...]
) -> None:
    case_id = await approved_once(rounds)
    for event in way:
        await fired(rounds, case_id, event, BEN)
    assert code(await fire(rounds, case_id, "approve", ANN)) == "guard_refused"


async def test_only_who_acted_in_this_round_goes_on(rounds: Assembly) -> None:
    case_id = await approved_once(rounds, actor("cleo"))
    await fired(rounds, case_id, "again", BEN)
    await fired(rounds, case_id, "approve", ANN)
    await fired(rounds, case_id, "approve", BEN)
    refused = await fire(rounds, case_id, "finish", actor("cleo"))
    assert refused.error.reasons[0].message.startswith("only who fired approve on this case since it last came into")
    assert (await fired(rounds, case_id, "finish", ANN))["state"] == "done"


async def test_a_person_who_acts_for_others_counts_in_a_round_too(rounds: Assembly) -> None:
    importer = actor("ida", "importer")
    case_id = await opened(rounds, by=BEN, case_type="round", event="start", data={})
    await fired(rounds, case_id, "approve", importer, on_behalf_of=Principal("user:x"))
    refused = await fire(rounds, case_id, "approve", importer, on_behalf_of=Principal("user:y"))
    assert code(refused) == "guard_refused"
    assert (await fired(rounds, case_id, "approve", BEN))["state"] == "review.third"


async def test_what_is_explained_before_is_what_happens(rounds: Assembly) -> None:
    case_id = await approved_once(rounds)
    told = await rounds.cases.possible(ANN, case_id, explain=True)
    [refused] = [one for one in told.refused if one.event == "approve"]
    assert refused.ways[0][0].remedy == "somebody else with the same roles has to do it"
    assert "approve" in {one.event for one in (await rounds.cases.possible(BEN, case_id, explain=False)).events}
    await fired(rounds, case_id, "again", BEN)
    await fired(rounds, case_id, "approve", BEN)
    assert "approve" in {one.event for one in (await rounds.cases.possible(ANN, case_id, explain=False)).events}


async def test_another_process_knows_the_rounds(rounds: Assembly, database: Database, tmp_path: Path) -> None:
    case_id = await approved_once(rounds)
    await fired(rounds, case_id, "again", BEN)
    found = read_folders(tmp_path / "machines", tmp_path / "policies")
    async with another_process(database, found) as other:
        assert (await fired(other, case_id, "approve", ANN))["state"] == "review.second"
        assert code(await fire(other, case_id, "approve", ANN)) == "guard_refused"
    assert (await fired(rounds, case_id, "approve", BEN))["state"] == "review.third"
