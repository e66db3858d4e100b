"""Where a case stands among the states of its type, and the way it came: as a drawing, and as a table."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from litestar import Response, get
from markupsafe import Markup

from app.domain.definition.case_type import CaseType
from app.domain.definition.in_language import in_language
from app.domain.diagram import Row, transition_table
from app.domain.diagram.inlined import Plan, plan
from app.domain.diagram.travelled import Travelled
from app.http.border.parameters import CaseId
from app.services.work.case_pages import OpenCase
from app.ui.case.around import around
from app.ui.case.opened import opened, pages_of, telling
from app.ui.case.telling import Telling
from app.ui.frame.page import page
from app.ui.frame.reader import PageRequest

MOST_INLINE = 40_000
"""Characters of a drawing that stands in the page of a case; a larger one has a page of its own."""
MOST_ROWS = 1_000
MOST_EVENTS = 60
"""Of a case type whose drawing may stand in the page of a case."""


@dataclass(frozen=True, slots=True)
class Way:
    """A transition, by titles: `open` says that the case is where it begins, `taken` that it was taken."""

    source: str
    event: str
    target: str
    open: bool
    taken: bool


@get("/cases/{case_id:str}/diagram")
async def show_diagram(request: PageRequest, case_id: CaseId) -> Response[str]:
    """The drawing in full, and the table."""
    case = await opened(request, case_id)
    travelled = await pages_of(request).travelled(case)
    told = await telling(request, case)
    about = around(told, case)
    rows = transition_table(case.declared)
    return page(
        request,
        "case/diagram.html",
        title=told.gettext("Diagram of %(case)s", case=about["bar"].name),
        drawing=await drawing(told, case, travelled),
        ways=_ways(told, case, travelled, rows[:MOST_ROWS]),
        left_out=max(len(rows) - MOST_ROWS, 0),
        **about,
    )


async def small_drawing(told: Telling, case: OpenCase, travelled: Travelled) -> Markup | None:
    """For the page of a case; None where it is too large to stand there."""
    if len(case.declared.events) > MOST_EVENTS:
        return None
    found = await drawing(told, case, travelled)
    return found if len(found) <= MOST_INLINE else None


async def drawing(told: Telling, case: OpenCase, travelled: Travelled) -> Markup:
    """Of a large case type it takes a fifth of a second, in which nobody else should have to wait."""
    definition = _Definition(case.here.machine.digest, told.language, case.declared)
    label = told.gettext("Diagram: %(state)s", state=told.states(case.case.state))
    return await asyncio.to_thread(_drawn, definition, label, case.case.states, travelled)


@dataclass(frozen=True)
class _Definition:
    """A definition in a language, which are told from others by its hash."""

    digest: str
    language: str
    declared: CaseType = field(compare=False)


@lru_cache(maxsize=512)
def _drawn(definition: _Definition, label: str, states: tuple[str, ...], travelled: Travelled) -> Markup:
    return Markup(_planned(definition).drawn(label, states, travelled))  # noqa: S704  (drawn by us, its words escaped)


@lru_cache(maxsize=64)
def _planned(definition: _Definition) -> Plan:
    return plan(in_language(definition.declared, definition.language))


def _ways(told: Telling, case: OpenCase, travelled: Travelled, rows: Sequence[Row]) -> list[Way]:
    return [_way(told, case, travelled, row) for row in rows]


def _way(told: Telling, case: OpenCase, travelled: Travelled, row: Row) -> Way:
    anywhere = row.source == "*"
    source = told.gettext("any state") if anywhere else told.state(row.source)
    is_open = anywhere or any(f"{leaf}.".startswith(f"{row.source}.") for leaf in case.case.states)
    event = told.event(row.event) if row.event else told.gettext("when finished")
    target = source if row.stays else told.state(row.state)
    taken = not row.stays and travelled.took(row.source, row.state)
    return Way(source, event, target, is_open and case.case.closed_at is None, taken)
