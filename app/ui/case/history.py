"""The timeline of a case: a page of its log, the newest first, as people read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.domain.values.json import Json
from app.services.fairness.yielding import LoopTurn
from app.services.work.case_pages import CasePages, History, OpenCase, Wanted
from app.ui.case.changes import Entry, changed_paths, read, removed_by
from app.ui.case.entries import Told, told_of
from app.ui.case.telling import Telling

PAGE: Final = 20
MOST_PATHS: Final = 200
"""Fields of a page whose earlier values are looked for."""
SHOWN: Final[Mapping[str, Wanted]] = {
    "all": Wanted(),
    "events": Wanted(kinds=frozenset({"opened", "transition", "corrected"}), denied=False),
    "clocks": Wanted(kinds=frozenset({"sla", "sla.corrected"}), denied=False),
    "comments": Wanted(kinds=frozenset({"comment"}), denied=False),
    "files": Wanted(kinds=frozenset({"attachment"}), denied=False),
    "refused": Wanted(chain=False),
}
"""What can be looked at of a timeline, by the word in its address."""


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """Entries with the values that fields had before them."""

    entries: Sequence[Entry]
    befores: Mapping[str, Mapping[str, Json]]
    page: History

    async def told(self, telling: Telling, turn: LoopTurn) -> tuple[Told, ...]:
        """An entry may hold much: others have a turn after each."""
        made: list[Told] = []
        for one in self.entries:
            made.append(told_of(telling, one, self.befores.get(one.stored.entry_id, {})))
            await turn.give()
        return tuple(made)

    def older(self) -> str | None:
        """The query of the next page."""
        if not self.page.more:
            return None
        before = f"&before={self.page.before}" if self.page.before else ""
        return f"below={self.page.below}{before}"

    def following(self, limit: int) -> Wanted | None:
        """What asks for the entries before these, of every kind; None where there are none."""
        page = self.page
        return Wanted(below=page.below, before=page.before, limit=limit) if page.more else None


async def read_history(pages: CasePages, opened: OpenCase, wanted: Wanted) -> ReadHistory:
    page = await pages.history(opened, wanted)
    entries = [read(stored) for stored in page.entries]
    paths = changed_paths(entries)
    earlier: dict[str, Json] = {}
    if paths:
        found = await pages.last_set(opened, sorted(paths)[:MOST_PATHS], min(paths.values()))
        earlier = {one.path: one.value for one in found}
    return ReadHistory(entries, _befores(entries, earlier), page)


def _befores(entries: Sequence[Entry], earlier: Mapping[str, Json]) -> dict[str, dict[str, Any]]:
    """What each entry found: what was there before the page, and then what the page's own entries made of it."""
    values, befores = dict(earlier), {}
    chained = sorted(
        (one for one in entries if one.stored.case_seq is not None), key=lambda one: one.stored.case_seq or 0
    )
    for entry in chained:
        given = {path: value for path, value in entry.stored.values.items() if path.startswith("/data/")}
        gone = removed_by(entry)
        befores[entry.stored.entry_id] = {path: values[path] for path in (*given, *gone) if path in values}
        values = {path: value for path, value in {**values, **given}.items() if path not in gone}
    return befores
