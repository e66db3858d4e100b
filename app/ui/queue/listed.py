"""A list of cases for a page: asked of the services, and told in rows, columns and pages."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from app.domain.case.search_query import terms
from app.domain.definition.case_type import CaseType
from app.domain.values.errors import Invalid
from app.http.border.services import services_of
from app.services.cases.queues import Readable
from app.services.cases.views import Page, Wanted
from app.services.fairness.yielding import LoopTurn
from app.services.store.saved_views import Shows
from app.services.store.search import CaseCount
from app.ui.frame.of_the_api import said_by_api
from app.ui.frame.page import times_for, words_for
from app.ui.frame.reader import PageRequest
from app.ui.frame.words import Words
from app.ui.queue import columns as columns_of
from app.ui.queue.asked import FILTERS, Asked
from app.ui.queue.columns import Column
from app.ui.queue.drawn_rows import DrawnRows
from app.ui.queue.faults import fault_words
from app.ui.queue.kept_rows import KeptRows
from app.ui.queue.names import names
from app.ui.queue.panel import Filtering, Panel
from app.ui.queue.rows import Rows
from app.ui.queue.side import in_words, work_of

LIMIT = 50
FIRST = "-"
"""Among the pages that one came by: the first, which has no cursor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    first: int
    last: int
    total: str
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """`seen` are the ends of the ids on the page."""

    rows: Sequence[Markup]
    columns: Sequence[Column]
    pages: Pages
    panel: Panel
    people: Mapping[str, str]
    faults: Sequence[tuple[str | None, str]]
    seen: str
    may: Readable

    @property
    def status(self) -> int:
        return 422 if self.faults else 200


async def listed(request: PageRequest, asked: Asked, shows: Shows, idle: bool = False) -> Listed:
    """What is asked for on top of what a queue or view shows. Where something of it cannot be meant nothing is listed:
    else everybody's cases would stand there. `idle`: nothing is asked for yet."""
    reader = request.user
    sort = asked.sort or shows.sort
    async with services_of(request).together(reader.tenant):
        page, faults = (Page([], None), _told(request, asked)) if idle else await _found(request, asked, shows, sort)
        subjects = {subject for case in page.items for subject in (case.assignee, case.creator)}
        people = await names(request, {*subjects, *(asked.given.get(name) for name in ("assignee", "creator"))})
    may = services_of(request).queues.readable(reader.actor)
    types = case_types(request, may)
    filtering = Filtering(reader=reader, asked=asked, queue=shows.queue, types=types, people=people)
    chosen = shows.columns
    keys = columns_of.keys(filtering.only, chosen)
    times = times_for(request)
    declared = {name: of for name, of in types.items() if of is not None}
    q = asked.given.get("q") or shows.filters.get("q")
    made = Rows(
        reader=reader, times=times, declared=declared, keys=keys, terms=() if faults or not q else terms(str(q))
    )
    columns = columns_of.columns(keys, filtering.only, asked, sort, times.words)
    drawn = DrawnRows(reader=reader, times=times, people=people, columns=columns)
    return Listed(
        rows=await _rows(KeptRows(made, drawn, _looks(request)), page),
        columns=columns,
        pages=_pages(asked, page, times.words),
        panel=filtering.panel(page.items),
        people=people,
        faults=faults,
        seen="".join(case.id[-8:] for case in page.items),
        may=may,
    )


async def _rows(kept: KeptRows, page: Page) -> Sequence[Markup]:
    """The data of 50 cases may be large: others are served in between."""
    rows, turns, alike = [], LoopTurn(), kept.page()
    for case in page.items:
        await turns.give()
        rows.append(kept.of(alike, case, page.clocks.get(case.id, {})))
    return rows


def _looks(request: PageRequest) -> Hashable:
    """What tells the case types of a page from what they were before: their versions, and how they look."""
    known = services_of(request).case_types
    return tuple((view.hash, str(known.views(view.case_type.case_type))) for view in known.list())


def case_types(request: PageRequest, may: Readable) -> Mapping[str, CaseType | None]:
    """Those that the reader may read, with what is declared of them now; their look may be that of an older version."""
    known = services_of(request).case_types
    now = {view.case_type.case_type: view.case_type for view in known.list()}
    declared = {
        name: of if of.views else of.model_copy(update={"views": known.views(name)}) for name, of in now.items()
    }
    return {name: declared.get(name) for name in sorted(may.some)}


async def _found(
    request: PageRequest, asked: Asked, shows: Shows, sort: str
) -> tuple[Page, Sequence[tuple[str | None, str]]]:
    reader, services = request.user, services_of(request)
    if asked.faults:
        return Page([], None), _told(request, asked)
    merged = replace(shows, filters={**shows.filters, **asked.filters(reader.id, reader.zone)})
    wanted = services.queues.wanted(reader.actor, merged, sort=sort, limit=LIMIT, cursor=asked.cursor)
    wanted = replace(wanted, count=wanted.q is not None, at_rest=True)
    try:
        page = await services.cases.find(reader.actor, wanted)
        if page.count is None:
            page = replace(page, count=await _count(request, asked, shows, wanted, page))
        return page, []
    except Invalid as refused:
        known = {service: name for name, service in FILTERS.items()}
        say = words_for(request)
        faults = [(known.get(fault.field), fault_words(say, fault.field, fault.message)) for fault in refused.errors]
        return Page([], None), faults or [(None, said_by_api(refused.message, say))]


async def _count(request: PageRequest, asked: Asked, shows: Shows, wanted: Wanted, page: Page) -> CaseCount:
    """How many there are on all pages. What a page tells itself, or the side, nobody counts again."""
    if asked.cursor is None and page.next_cursor is None:
        return CaseCount(len(page.items), more=False)
    if shows.queue is not None and not shows.filters and not asked.given:
        return (await work_of(request)).counts[shows.queue]
    return await services_of(request).queues.count(request.user.actor, replace(wanted, cursor=None))


def _told(request: PageRequest, asked: Asked) -> Sequence[tuple[str | None, str]]:
    say = words_for(request)
    day = say.gettext("Enter a date such as %(example)s", example="2026-12-03")
    return [
        (name if name in FILTERS else None, day if name == "due_before" else fault_words(say, name, fault))
        for name, fault in asked.faults
    ]


def _pages(asked: Asked, page: Page, say: Words) -> Pages:
    last = asked.at + len(page.items) - 1 if page.items else 0
    back = " ".join((*asked.back, asked.cursor or FIRST))
    following = page.next_cursor and asked.href(cursor=page.next_cursor, at=asked.at + len(page.items), back=back)
    return Pages(
        first=asked.at, last=last, total=in_words(page.count, say) or "0", previous=_previous(asked), next=following
    )


def _previous(asked: Asked) -> str | None:
    if asked.cursor is None:
        return None
    if not asked.back or asked.back[-1] == FIRST:
        return asked.href()
    back = " ".join(asked.back[:-1]) or None
    return asked.href(cursor=asked.back[-1], at=max(asked.at - LIMIT, 1), back=back)
