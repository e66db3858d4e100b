"""What a case page tells in one line, of values that are large, and whom a comment names."""

from datetime import UTC, datetime

import pytest

from app.services.fairness.yielding import LoopTurn
from app.services.store.stored import StoredEntry
from app.services.work.case_pages import History
from app.ui.case.changes import Entry
from app.ui.case.history import ReadHistory
from app.ui.case.telling import Telling
from app.ui.case.values import in_line
from app.ui.case.whom import Known
from tests.house import declared
from tests.ui.serving import reader

PEOPLE = [("user:b", "B"), ("user:ben", "Ben"), ("user:bc", "Ben Carter"), ("user:ben2", "Ben"), ("user:eva", "Eva")]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Ben, please", ["user:ben", "user:ben2"]),
        ("@ben carter please", ["user:bc"]),
        ("@Ben Carters desk", ["user:ben", "user:ben2"]),
        ("@B and @EVA", ["user:b", "user:eva"]),
        ("@Benjamin", []),
        ("Ben", []),
    ],
)
def test_a_comment_names_whom_it_writes_out_and_nobody_whose_name_only_begins_so(text: str, named: list[str]) -> None:
    assert list(Known(PEOPLE).mentioned(text)) == named


def telling() -> Telling:
    return Telling(
        reader=reader(), declared=declared().case_types["expense_claim"], now=datetime(2026, 12, 3, tzinfo=UTC)
    )


def test_of_a_text_that_is_cut_anyway_only_the_beginning_is_looked_through() -> None:
    assert in_line(telling(), {}, f"{'word ' * 100_000}") == f"{'word ' * 31}word…"
    assert in_line(telling(), {}, f"{' ' * 500_000}end") == "…"
    deep = [[[[[[["x" * 10] * 100_000]]]]]]
    assert len(in_line(telling(), {}, deep)) == 160


class Counting(LoopTurn):
    given = 0

    async def give(self) -> None:
        self.given += 1


async def test_others_have_a_turn_after_each_entry_of_a_timeline() -> None:
    body = {"kind": "skipped", "at": "2026-12-03T08:00:00Z", "actor": {"reference": "user:carl"}}
    stored = StoredEntry(entry_id="e", case_seq=1, entry_hash="h", entry="", values={"/data/note": "x"})
    turn, many = Counting(), [Entry(stored, body)] * 20
    told = await ReadHistory(many, {}, History([], False)).told(telling(), turn)
    assert (len(told), turn.given) == (20, 20)
