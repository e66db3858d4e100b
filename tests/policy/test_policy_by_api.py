"""Administrators change the lines of their own tenant; every change is checked, logged, and in force at once."""

import asyncio

import pytest

from app.domain.values.errors import CaseError, Denied, Invalid, NotFound, VersionConflict
from app.services.assembly import Assembly
from app.services.policy.requests import AskedChange
from app.services.store.policy_lines import LineQuery
from app.services.store.stored import PolicyLine
from tests.databases import Database
from tests.house import ADMIN, ALICE, CLERK, actor, another_process, code, entries, fire, open_claim, rows
from tests.rulebook import add, lines, member, remove, rule

CLAIMS_ADMIN = actor("clara", "claims_admin")
DORA = actor("dora")


async def test_an_added_line_and_an_added_role_bind_the_next_attempt_on_every_process(
    house: Assembly, database: Database
) -> None:
    claim = await open_claim(house)
    async with another_process(database) as other:
        assert code(await fire(other, claim, "triage", DORA)) == "not_found"
        given = await add(house, ADMIN, member("dora", "helper"), rule("role:helper", "triage"))
        assert code(await fire(other, claim, "triage", actor("dora", tenant="globex"))) == "not_found"
        await remove(house, ADMIN, given.added[0].id)
        assert code(await fire(other, claim, "triage", DORA)) == "not_found"
        await add(other, ADMIN, member("dora", "helper"))
        assert code(await fire(house, claim, "triage", DORA)) == "applied"


async def test_a_change_is_an_entry_of_kind_policy_in_the_log_of_the_tenant(
    house: Assembly, database: Database
) -> None:
    line = rule("role:helper", "triage", when="data.amount_cents <= 100")
    changed = await add(house, ADMIN, line, reason="the summer", request_id="r-7")
    gone = await remove(house, ADMIN, changed.added[0].id)
    first, second = [entry for entry in await entries(database, "policy") if entry["tenant"] == "acme"]
    assert (first["entry_id"], second["entry_id"]) == (changed.entry_id, gone.entry_id)
    assert (first["actor"]["reference"], first["how"], first["request_id"]) == ("user:root", "changed", "r-7")
    assert (first["policy_version"], second["policy_version"]) == (changed.version, changed.version + 1)
    assert first["lines_added"][0]["when"] == "data.amount_cents <= 100"
    assert second["lines_removed"][0]["id"] == changed.added[0].id
    assert list(first["fields"]) == ["/reason"]
    assert "the summer" not in str(first)


async def test_without_the_right_nothing_is_told_nor_changed_and_the_attempt_is_logged(
    house: Assembly, database: Database
) -> None:
    version = await house.store.policy_version()
    for asked in (AskedChange(add=[rule("*", "pay")]), AskedChange(remove=[1]), AskedChange(remove=[10**9])):
        with pytest.raises(Denied, match="case:admin"):
            await house.policy_changes.change(CLERK, asked)
    with pytest.raises(Denied):
        await house.policy_changes.preview(CLERK, AskedChange(add=[rule("*", "pay")]))
    with pytest.raises(Denied):
        await house.policy_changes.find(CLERK, LineQuery(tenant="acme"))
    assert await house.store.policy_version() == version
    logged = [entry for entry in await entries(database, "denied") if entry["event"] == "case:admin"]
    assert [(entry["tenant"], entry["actor"]["reference"]) for entry in logged] == [("acme", "user:carl")] * 3


async def test_lines_of_all_tenants_are_shown_and_refused(house: Assembly) -> None:
    shown = await lines(house, ADMIN)
    assert {line.tenant for line in shown} == {"*"}
    with pytest.raises(Denied, match="not yours"):
        await remove(house, ADMIN, shown[0].id)
    with pytest.raises(Denied, match="not yours"):
        await add(
            house,
            ADMIN,
            PolicyLine(kind="p", role="role:x", tenant="*", obj="expense_claim", act="pay", when="", eft="allow"),
        )
    with pytest.raises(Denied, match="not yours"):
        await add(house, ADMIN, PolicyLine(kind="g", role="role:x", tenant="*", obj="role:y"))


async def test_another_tenant_s_lines_are_as_if_they_were_not_there(house: Assembly) -> None:
    given = await add(house, ADMIN, rule("role:helper", "triage"), member("dora", "helper"))
    stranger = actor("root", "admin", tenant="globex")
    assert not {line.tenant for line in await lines(house, stranger)} - {"*"}
    answers = []
    for line in (given.added[0].id, given.added[1].id, 10**9):
        with pytest.raises(NotFound) as refused:
            await remove(house, stranger, line)
        answers.append(str(refused.value))
    assert len(set(answers)) == 1
    with pytest.raises(Denied):
        await add(house, stranger, member("dora", "helper"))


async def test_who_administers_one_case_type_changes_its_lines_only(house: Assembly) -> None:
    await add(house, ADMIN, rule("role:claims_admin", "case:admin"))
    assert {line.obj for line in await lines(house, CLAIMS_ADMIN, kind="p")} == {"expense_claim"}
    assert await lines(house, CLAIMS_ADMIN, kind="p", case_types=frozenset({"permit"})) == []
    await add(house, CLAIMS_ADMIN, rule("role:helper", "triage"))
    for line in (rule("role:helper", "*", "*"), rule("role:helper", "triage", "incident"), member("clara", "admin")):
        with pytest.raises(Denied):
            await add(house, CLAIMS_ADMIN, line)


async def test_whom_a_line_denies_one_case_type_does_not_administer_all_of_them(house: Assembly) -> None:
    allow, deny = rule("role:most", "case:admin", "*"), rule("role:most", "case:admin", "incident", eft="deny")
    await add(house, ADMIN, allow, deny)
    most = actor("mo", "most")
    await add(house, most, rule("role:helper", "triage"))
    with pytest.raises(Denied):
        await add(house, most, member("dora", "helper"))


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (rule("role:x", "pay", "claim"), "lines.0.case_type"),
        (rule("role:x", "fly"), "lines.0.act"),
        (rule("clerk", "pay"), "lines.0.role"),
        (rule("role:x", "pay", when="data.amount_cents <"), "lines.0.when"),
        (rule("role:x", "pay", when="data.cents > 1"), "lines.0.when"),
        (rule("role:x", "pay", when="data.amount_cents > 'x'"), "lines.0.when"),
        (rule("role:x", "case:read", when="data.amount_cents > 1"), "lines.0.when"),
        (rule("role:x", "pay", eft="maybe"), "lines.0.effect"),
    ],
)
async def test_a_line_that_cannot_stand_is_refused_with_its_field(
    house: Assembly, line: PolicyLine, field: str
) -> None:
    names = {"obj": "case_type", "eft": "effect"}
    with pytest.raises(Invalid) as refused:
        await add(house, ADMIN, line, names=names)
    assert {error.field for error in refused.value.errors} == {field}


async def test_what_is_in_force_already_is_not_added_again_unless_it_goes_in_the_same_step(house: Assembly) -> None:
    line = rule("role:helper", "triage")
    changed = await add(house, ADMIN, line)
    for again in ((line,), (rule("role:helper", "pay"), rule("role:helper", "pay"))):
        with pytest.raises(Invalid, match="cannot stand"):
            await add(house, ADMIN, *again)
    both = AskedChange(add=[line], remove=[changed.added[0].id])
    assert (await house.policy_changes.change(ADMIN, both)).removed == 1
    assert house.policies.engine.holds(line)


async def test_of_changes_made_on_the_same_version_one_applies(house: Assembly, database: Database) -> None:
    version = await house.store.policy_version()
    async with another_process(database) as other:
        tries = [
            add(process, ADMIN, rule(f"role:r{place}", "triage"), if_version=version)
            for place, process in enumerate([house, other] * 4)
        ]
        answers = await asyncio.gather(*tries, return_exceptions=True)
    conflicts = [answer for answer in answers if isinstance(answer, VersionConflict)]
    assert len(conflicts) == len(tries) - 1
    assert {conflict.extra["current_version"] for conflict in conflicts} == {version + 1}
    in_force = await rows(database, "SELECT role FROM policy_line WHERE removed IS NULL AND tenant = 'acme'")
    assert len(in_force) == 1


async def test_changes_without_a_version_all_apply_and_none_is_lost(house: Assembly, database: Database) -> None:
    before = await house.store.policy_version()
    async with another_process(database) as other:
        tries = [add(process, ADMIN, rule(f"role:r{n}", "triage")) for n, process in enumerate([house, other] * 5)]
        versions = [changed.version for changed in await asyncio.gather(*tries)]
    assert sorted(versions) == list(range(before + 1, before + 11))
    assert len(await lines(house, ADMIN, role=None, after=0)) == len(await house.store.policy_lines())


async def test_pages_hold_every_line_once(house: Assembly) -> None:
    await add(house, ADMIN, member("dora", "helper"), member("emil", "helper"))
    everything, found, after = await house.store.policy_lines(), [], 0
    while True:
        page = await house.policy_changes.find(ADMIN, LineQuery(tenant="acme", after=after, limit=7))
        found += page.lines
        if page.after is None:
            break
        after = page.after
    assert found == list(everything)
    assert [line.role for line in await lines(house, ADMIN, assignments=True)] == ["user:dora", "user:emil"]
    assert [line.role for line in await lines(house, ADMIN, assignments=True, user="user:emil")] == ["user:emil"]
    assert {line.kind for line in await lines(house, ADMIN, kind="g", assignments=False)} == {"g"}


async def test_a_refused_change_changes_nothing(house: Assembly, database: Database) -> None:
    before = await rows(database, "SELECT * FROM policy_line")
    claim = await open_claim(house)
    asked = AskedChange(add=[rule("role:helper", "triage"), rule("role:x", "fly")])
    with pytest.raises(CaseError):
        await house.policy_changes.change(ADMIN, asked)
    assert await rows(database, "SELECT * FROM policy_line") == before
    assert code(await fire(house, claim, "triage", ALICE)) == "denied"
