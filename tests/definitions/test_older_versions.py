"""A renamed or removed event, and a removed case type, strand no case: lines about older versions are right."""

from pathlib import Path

import pytest

from app.commands.opening.beside_cases import read_beside_cases
from app.commands.opening.services import declared, prepared, running
from app.commands.terminal.failing import CommandFailed
from app.domain.policy.scope import Scope
from app.domain.values.errors import Invalid
from app.services.callers.api_keys import NewKey
from app.services.policy.requests import AskedChange
from app.settings import load_settings
from tests.databases import Database
from tests.house import actor, applied, code, fire, opened
from tests.over_http import client_of
from tests.rulebook import add, rule

BOSS = actor("boss", "boss", "admin")
OLD = """
case_type: claim
initial: a
data: {type: object, properties: {amount: {type: integer}}, additionalProperties: false}
states: {a: {}, b: {final: true}}
events: {go: {from: a, to: b}}
"""
NEW = OLD.replace("{go: {from", "{move: {from").replace("amount", "sum")
LINES = (
    "p, role:boss, *, claim, open, , allow\np, role:boss, *, claim, go, , allow\np, *, *, claim, case:read, , allow\n"
)


@pytest.fixture
def folders(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("machines", "policies"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(f"STATEWARD_{name.upper()}", str(tmp_path / name))
    monkeypatch.setenv("STATEWARD_DATABASE_URL", database.url)
    write(tmp_path, OLD, LINES)
    return tmp_path


def write(folder: Path, machine: str | None, lines: str, file: str = "claim") -> None:
    (folder / "machines" / "claim.yaml").unlink(missing_ok=True)
    if machine:
        (folder / "machines" / "claim.yaml").write_text(machine)
    (folder / "policies" / f"{file}.csv").write_text(lines)


async def told() -> list[str]:
    settings = load_settings()
    found = await read_beside_cases(settings, settings.machines, settings.policies)
    return [f"{Path(fault.file).name}:{fault.line} {fault.severity}: {fault.message}" for fault in found.faults]


async def with_cases(count: int) -> list[str]:
    """Cases of the version that the folders declare now."""
    settings = load_settings()
    await prepared(settings)
    async with running(settings, await declared(settings)) as house:
        return [await opened(house, by=BOSS, case_type="claim", event="open", data={}) for _ in range(count)]


async def test_lines_about_a_renamed_event_serve_the_cases_that_know_it(folders: Path) -> None:
    first, _ = await with_cases(2)
    lines = LINES + "p, role:boss, *, claim, move, , allow\n"
    write(folders, NEW, lines)
    assert await told() == ["claim.csv:2 note: `go` is an event of version 1 of `claim`, 2 open cases"]
    settings = load_settings()
    async with running(settings, await declared(settings)) as house:
        assert code(await fire(house, first, "go", BOSS)) == "applied"
        assert await add(house, BOSS, rule("role:clerk", "go", "claim", when="data.amount > 3"))
        for act, when in (("gone", ""), ("go", "data.sum > 3"), ("move", "data.nothing > 3")):
            with pytest.raises(Invalid):
                await add(house, BOSS, rule("role:clerk", act, "claim", when=when))


async def test_a_refusal_says_on_which_version_the_case_stands_and_a_preview_tells_its_events(folders: Path) -> None:
    [first] = await with_cases(1)
    write(folders, NEW, LINES + "p, role:boss, *, claim, move, , allow\n")
    settings = load_settings()
    async with running(settings, await declared(settings)) as house:
        refused = await fire(house, first, "move", BOSS)
        assert refused.error is not None
        assert refused.error.message.endswith("; the case stands on version 1 of claim, not 2")
        newest = await opened(house, by=BOSS, case_type="claim", event="open", data={})
        refused = await fire(house, newest, "go", BOSS)
        assert refused.error is not None
        assert "version" not in refused.error.message
        seen = await house.policy_changes.preview(BOSS, AskedChange(add=[rule("role:clerk", "*", "claim")]))
        told = {(one.state, one.event) for one in seen.gains if one.role == "role:clerk" and ":" not in one.event}
        assert told == {("a", "go"), ("a", "move"), (None, "open")}
        assert len(seen.gains) == len(set(seen.gains))


async def test_a_key_may_be_for_an_event_that_only_cases_of_an_older_version_have(folders: Path) -> None:
    await with_cases(1)
    write(folders, NEW, LINES + "p, role:boss, *, claim, move, , allow\n")
    settings = load_settings()
    async with running(settings, await declared(settings)) as house:

        async def made(act: str) -> None:
            await house.api_keys.make(
                BOSS, NewKey(title="k", subject="service:x", roles=frozenset(), scope=Scope(frozenset({act}))), "r"
            )

        await made("move")
        await made("go")
        with pytest.raises(Invalid) as refused:
            await made("goo")
        [fault] = refused.value.errors
        assert fault.message.endswith("did you mean `go`?")


async def test_a_line_for_cases_that_are_all_closed_may_go_and_one_for_none_is_wrong(folders: Path) -> None:
    [only] = await with_cases(1)
    settings = load_settings()
    async with running(settings, await declared(settings)) as house:
        applied(await fire(house, only, "go", BOSS))
    write(folders, NEW, LINES)
    assert "claim.csv:2 warning: `go` is an event of version 1 of `claim`, no open case" in await told()
    write(folders, NEW, LINES.replace("claim, go,", "claim, goo,"))
    assert "claim.csv:2 error: `goo` is no event of `claim`" in await told()
    with pytest.raises(CommandFailed):
        await declared(settings)


async def test_events_that_open_cases_have_and_no_line_allows_are_named(folders: Path) -> None:
    await with_cases(1)
    write(folders, NEW, LINES.replace("claim, go,", "claim, move,"))
    assert await told() == [
        "claim.yaml:1 warning: no policy line lets anybody fire `go` of version 1 of `claim`, 1 open case"
    ]


async def test_a_case_type_that_is_gone_keeps_its_lines_in_whatever_file(folders: Path) -> None:
    [only] = await with_cases(1)
    (folders / "policies" / "claim.csv").unlink()
    write(folders, None, LINES, "all")
    assert {line.split(" ")[1] for line in await told()} == {"note:"}
    settings = load_settings()
    async with running(settings, await declared(settings)) as house:
        assert await add(house, BOSS, rule("role:clerk", "go", "claim"))
        assert code(await fire(house, only, "go", BOSS)) == "applied"


async def test_each_version_of_a_case_type_may_be_read_and_drawn(folders: Path) -> None:
    """Also once it is not declared any more, as long as somebody knows its number."""
    [case_id] = await with_cases(1)
    write(folders, NEW, LINES + "p, role:boss, *, claim, move, , allow\n")
    settings = load_settings()
    await prepared(settings)
    async with running(settings, await declared(settings)) as house, client_of(house, "boss", "admin") as http:
        assert (await http.get(f"/api/v1/cases/{case_id}")).json()["definition"]["version"] == 1
        known = {None: ("move", 2), 1: ("go", 1), 2: ("move", 2)}
        for number, (event, version) in known.items():
            asked = {} if number is None else {"version": number}
            told = (await http.get("/api/v1/case-types/claim", params=asked)).json()
            assert ([one["event"] for one in told["events"]], told["version"]) == ([event], version)
            drawn = await http.get("/api/v1/case-types/claim/diagram", params={"format": "mermaid", **asked})
            assert drawn.status_code == 200
            assert f": {event.capitalize()}" in drawn.text
        for place in ("", "/diagram"):
            wrong = await http.get(f"/api/v1/case-types/claim{place}", params={"version": 3})
            assert (wrong.status_code, wrong.json()["errors"]) == (
                422,
                [{"field": "version", "message": "There is no version 3 of claim; the newest is 2."}],
            )
            gone = await http.get(f"/api/v1/case-types/clam{place}", params={"version": 1})
            assert gone.status_code == 404
