"""Where a case stands among the states of its type, and the way it came: as a drawing, and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from litestar import Response, get
from markupsafe import Markup

from app.domain.diagram import Row, transition_table
from app.domain.diagram.travelled import Travelled
from app.http.border.parameters import CaseId
from app.services.work.case_pages import OpenCase
from app.ui.case.around import around
from app.ui.case.opened import opened, pages_of, telling
from app.ui.case.telling import Telling
from app.ui.frame.page import page
from app.ui.frame.reader import PageRequest
from app.ui.types.drawing import drawing as drawn_for

MOST_ROWS = 1_000
MOST_EVENTS = 60
"""Of a case type whose drawing may stand in the page of a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
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


async def part_drawn(told: Telling, case: OpenCase, travelled: Travelled) -> Markup | None:
    """What stands around the state of the case, large enough to be read beside the rest of its page; None where the
    diagram is too large to be sent with it."""
    if len(case.declared.events) > MOST_EVENTS:
        return None
    return await drawing(told, case, travelled, part=True)


async def drawing(told: Telling, case: OpenCase, travelled: Travelled, part: bool = False) -> Markup | None:
    """With the state of the case and its way; the whole of it, whatever its size, or a part."""
    drawn = await drawn_for(
        case.declared,
        case.here.machine.digest,
        told.words,
        current=case.case.states,
        travelled=travelled,
        label=told.gettext("Diagram: %(state)s", state=told.states(case.case.state)),
        whole=not part,
        part=part,
    )
    return drawn.svg


def _ways(told: Telling, case: OpenCase, travelled: Travelled, rows: Sequence[Row]) -> list[Way]:
    return [_way(told, case, travelled, row) for row in rows]


def _way(told: Telling, case: OpenCase, travelled: Travelled, row: Row) -> Way:
    anywhere = row.source == "*"
    source = told.gettext("any state") if anywhere else told.state(row.source)
    is_open = anywhere or any(f"{leaf}.".startswith(f"{row.source}.") for leaf in case.case.states)
    event = told.event(row.event) if row.event else told.gettext("when finished")
    target = source if row.stays else told.state(row.state)
    taken = not row.stays and travelled.took(row.source, row.state)
    return Way(source=source, event=event, target=target, open=is_open and case.case.closed_at is None, taken=taken)
