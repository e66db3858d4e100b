"""`sla verify` finds and repairs what is not as the log says; `sla correct` shows first, and writes when told to."""

import asyncio
from pathlib import Path

import pytest

from app.main import main
from tests.clocks.test_clocks import DECISION, opened, sqlite_file
from tests.databases import Database
from tests.house import change, entries, rows
from tests.ticking import OFFICE, Watch, declared_with, tick, ticking, watch

__all__ = ["sqlite_file", "watch"]


@pytest.fixture
async def late(sqlite_file: Database, watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Two cases, of which one clock has fired once, and the settings of a command that looks at them."""
    monkeypatch.setenv("STATEWARD_DATABASE_URL", sqlite_file.url)
    monkeypatch.setenv("STATEWARD_MACHINES", str(tmp_path / "machines"))
    monkeypatch.setenv("STATEWARD_POLICIES", str(tmp_path / "policies"))
    async with ticking(sqlite_file, declared_with(tmp_path, DECISION), watch) as house:
        await opened(house)
        watch.at(13)
        await tick(house)
        await opened(house)
    return sqlite_file


async def run(*words: str) -> int:
    """In a thread, because a command has a loop of its own."""

    return await asyncio.to_thread(main, words)


async def test_clocks_that_are_as_the_log_says_are_told_in_one_line(
    late: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run("sla", "verify") == 0
    assert capsys.readouterr().out == "2 clocks of 2 cases rebuilt from the log: 0 differences\n"


async def test_a_clock_that_differs_is_told_and_repaired(late: Database, capsys: pytest.CaptureFixture[str]) -> None:
    before = await rows(late, "SELECT * FROM clock ORDER BY case_id")
    await change(late, f"UPDATE clock SET due_at = due_at + 1 WHERE case_id = '{before[0]['case_id']}'")
    assert await run("sla", "verify") == 1
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 2
    assert before[0]["case_id"] in told[0]
    assert "due_at is 2026-06-09 09:00:00.000001+00:00 and would be 2026-06-09 09:00:00+00:00" in told[0]
    assert await run("sla", "verify", "--repair") == 1
    assert "1 differences, clocks now repaired" in capsys.readouterr().out
    assert await run("sla", "verify") == 0
    assert await rows(late, "SELECT * FROM clock ORDER BY case_id") == before


async def test_a_clock_that_is_gone_is_told_and_made_again(late: Database, capsys: pytest.CaptureFixture[str]) -> None:
    before = await rows(late, "SELECT * FROM clock ORDER BY case_id")
    await change(late, "DROP TRIGGER clock_refuses_delete")
    await change(late, f"DELETE FROM clock WHERE case_id = '{before[1]['case_id']}'")
    assert await run("sla", "verify", "--repair") == 1
    assert "is not kept, and the log has it" in capsys.readouterr().out
    assert await run("sla", "verify") == 0
    assert await rows(late, "SELECT * FROM clock ORDER BY case_id") == before


async def test_a_case_that_is_not_due_when_its_first_clock_is_is_told(
    late: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    case = (await rows(late, "SELECT * FROM cases ORDER BY id"))[0]["id"]
    await change(late, "DROP TRIGGER cases_seq_grows")
    await change(late, f"UPDATE cases SET due_at = NULL WHERE id = '{case}'")
    assert await run("sla", "verify") == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(f"case {case} of acme: is due at no time and would be at 2026-06-09 09:00:00+00:00")
    assert len(told) == 2


def rewritten(folder: Path, more: str) -> None:
    (folder / "machines" / "calendars" / "office.yaml").write_text(OFFICE + more)


async def test_a_correction_is_shown_first_and_written_when_it_is_told_to(
    late: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewritten(tmp_path, 'closed: ["2026-06-08"]\napplies_from: 2026-06-01\n')
    assert await run("sla", "correct", "office") == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[-1] == "2 clocks would change; nothing was written (--apply --reason TEXT does it)"
    assert await entries(late, "sla.corrected") == []
    assert await run("sla", "correct", "office", "--apply") == 2
    assert "--reason" in capsys.readouterr().err
    words = ("--apply", "--reason", "closed for the flood", "--by", "user:olga", "--wait", "0")
    assert await run("sla", "correct", "office", *words) == 0
    assert "2 clocks were corrected" in capsys.readouterr().out
    corrected = await entries(late, "sla.corrected")
    assert [entry["actor"]["reference"] for entry in corrected] == ["user:olga", "user:olga"]
    assert await run("sla", "verify") == 0
    assert await run("sla", "correct", "office", *words) == 0
    assert "0 clocks were corrected" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "words", "expected"),
    [
        ("", ("office",), "nothing to correct"),
        ("closed: [2026-12-24]\n", ("office",), "corrects nothing that has passed"),
        ("closed: [2026-12-24]\napplies_from: 2059-01-01\n", ("office",), "corrects nothing that has passed"),
        ("", ("offic",), "there is no calendar offic; there are: office"),
        ("", ("office", "--by", "olga"), "--by is written as user:NAME"),
    ],
)
async def test_what_is_no_correction_is_one_sentence(
    late: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, words: tuple[str, ...], expected: str
) -> None:
    rewritten(tmp_path, more)
    assert await run("sla", "correct", *words) == 2
    assert expected in capsys.readouterr().err
