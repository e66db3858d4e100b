"""The parts of a case's page that have an address of their own: history, fields, why, and whether it has changed."""

import json
from typing import Annotated

from litestar import Response, get
from litestar.params import PathParameter, QueryParameter

from app.domain.values.errors import NotFound
from app.http.border.parameters import CaseId
from app.http.border.services import services_of
from app.services.fairness.yielding import LoopTurn
from app.services.store.history import LastSet
from app.services.work.case_pages import OpenCase, Wanted
from app.ui.case.around import around
from app.ui.case.changes import who_of
from app.ui.case.entries import Told, subjects
from app.ui.case.history import SHOWN, read_history
from app.ui.case.opened import opened, pages_of, telling
from app.ui.case.show import filters
from app.ui.case.summary import field_of, names
from app.ui.case.telling import Telling
from app.ui.case.values import is_empty
from app.ui.case.why import Able, cannot, name_of, why_not
from app.ui.frame.page import page
from app.ui.frame.reader import FRAGMENT, PageRequest

FIELDS = 50
MOST_BARRED = 50
MOST_NAMED = 5
Shown = Annotated[str, QueryParameter(description="What of the history", max_length=16)]
Below = Annotated[int | None, QueryParameter(description="Entries below this number", ge=0, le=10**15)]
Before = Annotated[str | None, QueryParameter(description="Refused attempts before this one", max_length=36)]
Number = Annotated[int, QueryParameter(description="Which page, from 1", ge=1, le=10_000)]
Seq = Annotated[int, QueryParameter(description="Of the newest entry that the page has", ge=0, le=10**15)]
EventName = Annotated[str, PathParameter(description="An event of the case type")]


@get("/cases/{case_id:str}/history")
async def show_history(
    request: PageRequest, case_id: CaseId, show: Shown = "all", below: Below = None, before: Before = None
) -> Response[str]:
    """A page of the timeline."""
    case = await opened(request, case_id)
    chosen = SHOWN.get(show)
    if chosen is None:
        raise NotFound("no such part of the history")
    wanted = Wanted(kinds=chosen.kinds, chain=chosen.chain, denied=chosen.denied, below=below, before=before)
    history = await read_history(pages_of(request), case, wanted)
    told = await telling(request, case, subjects(history.entries))
    about = around(told, case)
    async with services_of(request).slices.of((request.user.tenant, request.user.id), small=True) as turn:
        timeline = await history.told(told, turn)
    return page(
        request,
        "case/history.html",
        title=told.gettext("History of %(case)s", case=about["bar"].name),
        timeline=timeline,
        older=history.older(),
        shown=show,
        filters=filters(told),
        first=below is None and before is None,
        **about,
    )


@get("/cases/{case_id:str}/fields")
async def show_fields(request: PageRequest, case_id: CaseId, number: Number = 1) -> Response[str]:
    """All fields with a value, each with who gave it that, and when."""
    case = await opened(request, case_id)
    told = await telling(request, case)
    filled = [path for path in names(told) if not is_empty(told.value_at(path))]
    shown = filled[(number - 1) * FIELDS : number * FIELDS]
    fields = [field_of(told, path) for path in shown]
    found = {one.path: one for one in await pages_of(request).last_set(case, [field.path for field in fields])}
    given = {path: _given(one) for path, one in found.items()}
    told = await telling(request, case, {who for who, _, _ in given.values()})
    about = around(told, case)
    return page(
        request,
        "case/fields.html",
        title=told.gettext("Fields of %(case)s", case=about["bar"].name),
        rows=[(field, given.get(field.path)) for field in fields],
        number_of_page=number,
        first=(number - 1) * FIELDS + 1,
        total=len(filled),
        last=min(number * FIELDS, len(filled)),
        **about,
    )


def _given(one: LastSet) -> tuple[str, str, str]:
    """Who, when, and in which entry."""
    body = json.loads(one.entry)
    return who_of(body), str(body.get("occurred_at") or body["at"]), one.entry_id


@get("/cases/{case_id:str}/actions")
async def show_actions(request: PageRequest, case_id: CaseId) -> Response[str]:
    """Every event that the reader may fire now, where there are more than the page of the case shows."""
    case = await opened(request, case_id)
    told = await telling(request, case)
    title = told.gettext("What can be done on %(case)s", case=name_of(told, case))
    return page(request, "case/actions.html", title=title, **around(told, case))


@get("/cases/{case_id:str}/why")
async def show_barred(request: PageRequest, case_id: CaseId) -> Response[str]:
    """Everything that the reader may not do now, each with what says no."""
    case = await opened(request, case_id)
    told = await telling(request, case)
    barred = []
    async with services_of(request).slices.of((request.user.tenant, request.user.id), small=True) as turn:
        for event in case.barred[:MOST_BARRED]:
            barred.append(why_not(told, case, event, pages_of(request).why(case, event)))
            await turn.give()
    return page(
        request,
        "case/barred.html",
        title=told.gettext("What I can't do on %(case)s", case=name_of(told, case)),
        barred=barred,
        left_out=len(case.barred) - len(barred),
        **around(told, case),
    )


@get("/cases/{case_id:str}/why/{event:str}")
async def show_why(request: PageRequest, case_id: CaseId, event: EventName) -> Response[str]:
    """Why the reader may not fire one event now, and who could."""
    case = await opened(request, case_id)
    if event not in case.declared.events:
        raise NotFound("no such event")
    possible = event not in case.barred
    reasons = () if possible else pages_of(request).why(case, event)
    able = Able() if possible else Able(*await pages_of(request).who_could(case, event, MOST_NAMED))
    told = await telling(request, case, able.subjects)
    why = why_not(told, case, event, reasons, able)
    return page(
        request,
        "case/why.html",
        title=told.gettext("You can %(event)s", event=why.title)
        if possible
        else cannot(told, name_of(told, case), event),
        why=why,
        possible=possible,
        **around(told, case),
    )


@get("/cases/{case_id:str}/stale", opt={FRAGMENT: True})
async def stale(request: PageRequest, case_id: CaseId, seq: Seq) -> Response[str]:
    """A sentence where the case has changed since the page was drawn; else nothing."""
    case = await opened(request, case_id)
    if case.case.seq <= seq:
        return Response("", status_code=204)
    told, newest = await last_change(request, case)
    return page(request, "case/stale.html", title="", newest=newest, **around(told, case))


async def last_change(request: PageRequest, case: OpenCase) -> tuple[Telling, Told | None]:
    """What was done to the case last."""
    history = await read_history(pages_of(request), case, Wanted(denied=False, limit=1))
    told = await telling(request, case, subjects(history.entries))
    return told, next(iter(await history.told(told, LoopTurn())), None)
