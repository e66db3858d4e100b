"""The transition table of a case type: from where, by what, to where, who may, and on what condition."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.domain.definition.case_type import CaseType
from app.domain.definition.titles import titled, titled_event, titled_state
from app.domain.diagram.chart import ANY, START, Row, transition_table
from app.services.cases.type_rights import Doer
from app.ui.frame.words import Words
from app.ui.types.conditions import in_words
from app.ui.types.people import role_words

BETWEEN_TURNS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRow:
    """A line of the table. `conditions` are words; `code` is the guard where there are none for it."""

    source: str
    event: str
    note: str
    target: str
    who: str
    conditions: Sequence[str]
    code: str | None


def table_rows(case_type: CaseType) -> Sequence[Row]:
    """The openings, whose source is START, and then every transition."""
    openings = [Row(source=START, event=event, target=state) for event, state in case_type.opening.items()]
    return [*openings, *transition_table(case_type)]


def told_rows(
    case_type: CaseType, rows: Sequence[Row], doers: Mapping[str, Sequence[Doer]], words: Words
) -> Generator[None, None, Sequence[ToldRow]]:
    """Yields for the turns of others."""
    table, told = _Table(case_type, doers, words), []
    for number, row in enumerate(rows):
        told.append(table.opening(row) if row.source == START else table.transition(row))
        if number % BETWEEN_TURNS == 0:
            yield
    return told


class _Table:
    def __init__(self, case_type: CaseType, doers: Mapping[str, Sequence[Doer]], words: Words) -> None:
        self._case_type = case_type
        self._doers = doers
        self._words = words

    def opening(self, row: Row) -> ToldRow:
        event = row.event or ""
        title = titled_event(self._case_type, event, self._words.language)
        return ToldRow(
            source=self._words.gettext("a new case"),
            event=title,
            note="",
            target=self._state(row.target),
            who=self._who(event),
            conditions=(),
            code=None,
        )

    def transition(self, row: Row) -> ToldRow:
        source = self._words.gettext("any open state") if row.source == ANY else self._state(row.source)
        conditions, code = self._conditions(row)
        target = self._words.gettext("stays there") if row.stays else self._target(row)
        if row.event is None:
            return ToldRow(
                source=source,
                event=self._words.gettext("by itself, when finished"),
                note="",
                target=target,
                who=self._words.gettext("nobody"),
                conditions=(),
                code=None,
            )
        event = titled_event(self._case_type, row.event, self._words.language)
        note = titled(row.title, self._words.language)
        return ToldRow(
            source=source,
            event=event,
            note=note,
            target=target,
            who=self._who(row.event),
            conditions=conditions,
            code=code,
        )

    def _target(self, row: Row) -> str:
        state = self._state(row.state)
        return self._words.gettext("%(state)s, where it was", state=state) if row.history else state

    def _state(self, path: str) -> str:
        """With the states around it: `In checks › Budget › Budget open`."""
        names = path.split(".")
        paths = [".".join(names[: depth + 1]) for depth in range(len(names))]
        return " › ".join(titled_state(self._case_type, one, self._words.language) for one in paths)

    def _who(self, event: str) -> str:
        doers = self._doers.get(event, ())
        if not doers:
            return self._words.gettext("nobody")
        named = [role_words(doer.role, self._words) for doer in doers if not doer.sometimes]
        limited = [role_words(doer.role, self._words) for doer in doers if doer.sometimes]
        parts = [", ".join(named)] if named else []
        if limited:
            parts.append(self._words.gettext("%(roles)s within limits", roles=", ".join(limited)))
        return "; ".join(parts)

    def _conditions(self, row: Row) -> tuple[Sequence[str], str | None]:
        event = self._case_type.events.get(row.event or "")
        payload = event.payload if event else None
        words = in_words(row.guard, self._case_type, payload, self._words) if row.guard else []
        eyes = list(self._eyes(row))
        return [*(words or ()), *eyes], row.guard if words is None else None

    def _eyes(self, row: Row) -> Iterator[str]:
        if row.unless_actor_of:
            yield self._words.gettext(
                "nobody who fired %(events)s on the case", events=self._events(row.unless_actor_of)
            )
        if row.only_actor_of:
            yield self._words.gettext(
                "only somebody who fired %(events)s on the case", events=self._events(row.only_actor_of)
            )

    def _events(self, events: Sequence[str]) -> str:
        titles = [f"“{titled_event(self._case_type, event, self._words.language)}”" for event in events]
        return self._words.gettext(" or ").join(titles)
