"""Comments, roles on one case, and links between cases: in the chain, under policy, readable again."""

import asyncio
import json
from collections import Counter
from dataclasses import replace

import pytest

from app.domain.case.attempt import Attempt
from app.domain.definition.case_type import CaseType
from app.domain.machine.machine import Machine
from app.domain.verbs.linking import Link
from app.domain.verbs.roles import ChangeRoles
from app.services.assembly import Assembly
from app.services.store.stored import PolicyChange, PolicyLine
from tests.databases import Database
from tests.factories import new_id
from tests.house import (
    ALICE,
    CASHIER,
    CLERK,
    MANAGER,
    STRANGER,
    actor,
    another_process,
    applied,
    attempt,
    change,
    code,
    entries,
    fire,
    fired,
    open_claim,
    policy_file,
    rows,
    state,
    submit,
)
from tests.working import comment, do, naming_reviewers

BOB = actor("bob", "clerk")


async def said(house: Assembly, case_id: str) -> list[tuple[str, str | None]]:
    return [(one.author, one.text) for one in await house.work.comments(CLERK, case_id, None, 50)]


async def test_a_comment_is_an_entry_that_holds_its_text_as_a_commitment(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house)
    answer = await comment(house, case_id, CLERK, "The receipt of *Zoe* is missing")
    assert code(answer) == "applied"
    [entry] = await entries(database, "comment")
    assert (list(entry["fields"]), entry["case_seq"], entry["mentions"]) == (["/text"], 2, [])
    assert "Zoe" not in json.dumps(entry)
    assert answer.shown["id"] == entry["entry_id"]
    assert await said(house, case_id) == [("user:carl", "The receipt of *Zoe* is missing")]


async def test_a_comment_raises_no_version_so_that_it_fails_nobodys_form(house: Assembly) -> None:
    case_id = await open_claim(house)
    await comment(house, case_id, CLERK, "look")
    assert ((await state(house, case_id)).version, (await state(house, case_id)).seq) == (1, 2)
    assert (await fired(house, case_id, "triage", CLERK, if_version=1))["version"] == 2


async def test_an_edited_comment_reads_anew_and_the_log_keeps_what_it_said(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house)
    first = (await comment(house, case_id, CLERK, "wrong")).shown["id"]
    await comment(house, case_id, ALICE, "mine")
    edited = await comment(house, case_id, CLERK, "right", edits=first)
    assert (edited.shown["id"], edited.shown["edited_at"] is None) == (first, False)
    await comment(house, case_id, CLERK, "better", edits=first)
    assert await said(house, case_id) == [("user:carl", "better"), ("user:alice", "mine")]
    kept = await rows(database, "SELECT value FROM audit_payload WHERE path = '/text' ORDER BY entry_id")
    assert [json.loads(row["value"]) for row in kept] == ["wrong", "mine", "right", "better"]


async def test_only_its_author_edits_a_comment_and_only_where_it_stands(house: Assembly) -> None:
    case_id, other = [await open_claim(house) for _ in range(2)]
    first = (await comment(house, case_id, CLERK, "mine")).shown["id"]
    edit = (await comment(house, case_id, CLERK, "still mine", edits=first)).receipt.entry_id
    assert code(await comment(house, case_id, BOB, "his", edits=first)) == "denied"
    assert code(await comment(house, other, CLERK, "elsewhere", edits=first)) == "invalid"
    assert code(await comment(house, case_id, CLERK, "an edit of an edit", edits=edit)) == "invalid"
    assert code(await comment(house, case_id, STRANGER, "who is there?", edits=first)) == "not_found"
    assert await said(house, case_id) == [("user:carl", "still mine")]


async def test_comments_page_in_their_order(house: Assembly) -> None:
    case_id = await open_claim(house)
    for n in range(5):
        await comment(house, case_id, CLERK, str(n))
    first = await house.work.comments(CLERK, case_id, None, 3)
    rest = await house.work.comments(CLERK, case_id, first[-1].case_seq, 3)
    assert [one.text for one in (*first, *rest)] == ["0", "1", "2", "3", "4"]


async def test_nothing_to_say_too_much_and_what_cannot_be_written_are_invalid(house: Assembly) -> None:
    case_id = await open_claim(house)
    for text in (" \n", "x" * 10_001, "a\0b", "\ud800"):
        assert code(await comment(house, case_id, CLERK, text)) == "invalid"
    assert code(await comment(house, case_id, CASHIER, "may I?")) == "denied"


async def test_an_erased_text_is_none(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house)
    await comment(house, case_id, CLERK, "personal")
    trigger = "audit_payload_refuses_delete" if database.kind == "sqlite" else "append_only ON audit_payload"
    await change(database, f"DROP TRIGGER {trigger}")
    await change(database, "DELETE FROM audit_payload WHERE path = '/text'")
    assert await said(house, case_id) == [("user:carl", None)]


async def test_a_role_on_a_case_binds_the_next_attempt_on_it(house: Assembly, database: Database) -> None:
    source = policy_file("expense_claim")
    line = PolicyLine(kind="p", role="[reviewer]", tenant="*", obj="expense_claim", act="add_note", eft="allow")
    await house.policies.apply(replace(source, lines=[*source.lines, line]))
    case_id = await open_claim(house)
    give = ChangeRoles(give=(("user:steve", "[reviewer]"), ("user:bob", "[reviewer]")))
    note = attempt(STRANGER, "add_note", case_id)
    before, answer, after = await submit(house, note, attempt(MANAGER, None, case_id, verb=give), renewed(note))
    assert [code(one) for one in (before, answer, after)] == ["not_found", "applied", "applied"]
    assert [one["subject"] for one in answer.shown["roles"]] == ["user:bob", "user:steve"]
    assert code(await fire(house, case_id, "add_note", STRANGER)) == "applied"
    taken = await do(house, case_id, ChangeRoles(take=(("user:steve", "[reviewer]"),)), MANAGER)
    assert taken.shown["roles"] == [{"subject": "user:bob", "role": "[reviewer]"}]
    assert code(await fire(house, case_id, "add_note", STRANGER)) == "not_found"
    assert await rows(database, "SELECT subject FROM case_role") == [{"subject": "user:bob"}]
    found = [entry["roles"] for entry in await entries(database, "roles")]
    assert found[1] == {"give": [], "take": [["user:steve", "[reviewer]"]]}


def renewed(one: Attempt) -> Attempt:
    """The same attempt once more."""
    return replace(one, entry_id=new_id())


async def test_roles_given_and_taken_in_one_batch_come_to_what_the_last_one_said(
    house: Assembly, database: Database
) -> None:
    await naming_reviewers(house)
    case_id = await open_claim(house)
    holding = (("user:steve", "[reviewer]"),)
    changes = [ChangeRoles(give=holding), ChangeRoles(take=holding), ChangeRoles(give=holding)]
    await submit(house, *(attempt(MANAGER, None, case_id, verb=verb) for verb in changes))
    assert len(await rows(database, "SELECT * FROM case_role")) == 1
    await submit(house, *(attempt(MANAGER, None, case_id, verb=verb) for verb in changes[1:] + changes[1:2]))
    assert await rows(database, "SELECT * FROM case_role") == []
    assert len(await entries(database, "roles")) == 6


async def test_who_may_not_give_roles_is_denied_and_no_case_gives_what_it_gives_itself(house: Assembly) -> None:
    case_id = await open_claim(house)
    assert code(await do(house, case_id, ChangeRoles(give=(("user:x", "[reviewer]"),)), CLERK)) == "denied"
    for role in ("[creator]", "[assignee]", "role:manager", "reviewer"):
        assert code(await do(house, case_id, ChangeRoles(give=(("user:x", role),)), MANAGER)) == "invalid"
    assert code(await do(house, case_id, ChangeRoles(), MANAGER)) == "invalid"


@pytest.mark.parametrize(
    ("role", "told"), [("[reviewr]", "did you mean [reviewer]?"), ("[boss]", "there are [reviewer]")]
)
async def test_a_role_that_no_line_names_is_refused_with_the_one_that_was_meant(
    house: Assembly, role: str, told: str
) -> None:
    case_id = await open_claim(house)
    answer = await do(house, case_id, ChangeRoles(give=(("user:x", role),)), MANAGER)
    assert code(answer) == "invalid"
    assert answer.error.errors[0].message.endswith("nor any other role on a case")
    await naming_reviewers(house)
    for place, verb in (
        ("give", ChangeRoles(give=(("user:x", role),))),
        ("take", ChangeRoles(take=(("user:x", role),))),
    ):
        answer = await do(house, case_id, verb, MANAGER)
        [fault] = answer.error.errors
        assert fault.field == f"{place}.0.role"
        assert fault.message == f"no line of the policy names {role} for expense_claim; {told}"


async def test_a_role_whose_lines_are_gone_may_still_be_taken_away(house: Assembly) -> None:
    await naming_reviewers(house)
    case_id = await open_claim(house)
    holding = (("user:steve", "[reviewer]"),)
    applied(await do(house, case_id, ChangeRoles(give=holding), MANAGER))
    async with house.store.transaction("*") as tx:
        [line] = [line for line in await house.store.policy_lines() if line.role == "[reviewer]"]
        await tx.change_policy(PolicyChange(remove=[line.id]))
    assert code(await do(house, case_id, ChangeRoles(give=holding), MANAGER)) == "invalid"
    assert code(await do(house, case_id, ChangeRoles(take=holding), MANAGER)) == "applied"


def test_a_role_that_a_guard_or_a_clock_names_may_be_given() -> None:
    declared = {
        "case_type": "asked",
        "initial": "a",
        "data": {"type": "object"},
        "states": {"a": {}, "b": {"final": True}},
        "events": {"go": {"from": "a", "to": "b", "when": "'[reader]' in actor.roles"}},
        "slas": {"soon": {"start": {"enters": "a"}, "target": "1d", "steps": [{"at": "100%", "assign": "[helper]"}]}},
    }
    assert Machine(CaseType.model_validate(declared), "d" * 64, 1).case_roles == {"[reader]", "[helper]"}


async def test_who_may_only_read_the_other_case_may_not_link_it_whose_log_would_say_so(house: Assembly) -> None:
    mine, other = await open_claim(house, by=STRANGER), await open_claim(house)
    reader = actor("steve", "cashier")
    refused = await do(house, mine, Link("relates_to", other), reader)
    assert code(refused) == "denied"
    assert [reason.code for reason in refused.error.reasons] == ["role"]
    assert (await state(house, other)).seq == 1


async def test_a_link_shows_at_both_ends_and_stands_in_both_chains(house: Assembly, database: Database) -> None:
    one, other = [await open_claim(house) for _ in range(2)]
    assert code(await do(house, one, Link("blocks", other), CLERK)) == "applied"
    [here] = await house.work.links(CLERK, one)
    [there] = await house.work.links(CLERK, other)
    assert ((here.type, here.to), (there.type, there.to)) == (("blocks", other), ("blocked_by", one))
    told = {entry["case_id"]: entry["link"] for entry in await entries(database, "linked")}
    assert told == {one: {"type": "blocks", "to": other}, other: {"type": "blocked_by", "to": one}}
    assert [((await state(house, case)).version, (await state(house, case)).seq) for case in (one, other)] == [
        (1, 2)
    ] * 2
    assert code(await fire(house, other, "triage", CLERK)) == "applied"


async def test_the_far_end_of_a_link_must_be_a_case_that_the_caller_may_read(house: Assembly) -> None:
    mine, foreign = await open_claim(house, by=STRANGER), await open_claim(house)
    nowhere = "0198c0de-0000-7000-8000-00000000ffff"
    refused, unknown = [await do(house, mine, Link("relates_to", to), STRANGER) for to in (foreign, nowhere)]
    assert (code(refused), code(unknown)) == ("invalid", "invalid")
    assert refused.error.errors == unknown.error.errors
    assert code(await do(house, mine, Link("relates_to", mine), STRANGER)) == "invalid"
    assert (await state(house, foreign)).seq == 1


async def test_a_link_to_a_case_that_one_may_not_read_is_not_shown(house: Assembly) -> None:
    mine, foreign = await open_claim(house, by=STRANGER), await open_claim(house)
    applied(await do(house, foreign, Link("parent", mine), CLERK))
    assert await house.work.links(STRANGER, mine) == []
    assert [link.type for link in await house.work.links(CLERK, mine)] == ["child"]


async def test_links_in_both_directions_at_once_do_not_stand_in_each_others_way(house: Assembly) -> None:
    one, other = [await open_claim(house) for _ in range(2)]
    pairs = [(one, other), (other, one)] * 10
    answers = await submit(house, *(attempt(CLERK, None, a, verb=Link("relates_to", b)) for a, b in pairs))
    assert Counter(map(code, answers)) == {"applied": 1, "conflict": 19}
    assert len(await house.work.links(CLERK, one)) == 1


async def test_of_equal_links_in_one_instant_one_is_written_whichever_way_and_process_they_come(
    house: Assembly, database: Database
) -> None:
    pairs = [[await open_claim(house) for _ in range(2)] for _ in range(5)]

    def both_ways(one: str, other: str) -> list[Attempt]:
        ways = [(one, "blocks", other), (other, "blocked_by", one)] * 2
        return [attempt(CLERK, None, here, verb=Link(type_, to)) for here, type_, to in ways]

    async with another_process(database) as second:
        batches = [submit(process, *both_ways(*pair)) for pair in pairs for process in (house, second)]
        answers = [code(answer) for batch in await asyncio.gather(*batches) for answer in batch]
    assert Counter(answers) == {"applied": len(pairs), "conflict": 7 * len(pairs)}
    told = Counter(entry["case_id"] for entry in await entries(database, "linked"))
    assert told == dict.fromkeys([case for pair in pairs for case in pair], 1)


async def test_other_links_between_linked_cases_are_written(house: Assembly) -> None:
    one, other = [await open_claim(house) for _ in range(2)]
    ways = [("blocks", other), ("blocked_by", other), ("parent", other), ("blocks", other)]
    answers = [code(await do(house, one, Link(*way), CLERK)) for way in ways]
    assert answers == ["applied", "applied", "applied", "conflict"]
