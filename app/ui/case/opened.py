"""Open a case for a page: as its reader stands to it, and the names of those whom the page will mention."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from app.domain.values.names import SUBJECT
from app.http.border.parameters import existing
from app.http.border.services import services_of
from app.services.work.case_pages import CasePages, OpenCase
from app.ui.case.telling import Telling
from app.ui.frame.namesakes import told_apart
from app.ui.frame.page import words_for
from app.ui.frame.reader import PageRequest

MOST_IN_DATA: Final = 100
"""People whom fields of the case name."""


def pages_of(request: PageRequest) -> CasePages:
    found = services_of(request).case_pages
    assert found is not None
    return found


async def opened(request: PageRequest, case_id: str) -> OpenCase:
    """Raises NotFound, also for a case that the reader may not read."""
    return await pages_of(request).opened(request.user.actor, existing(case_id))


async def telling(request: PageRequest, case: OpenCase, subjects: Iterable[str] = ()) -> Telling:
    """With the names of those who stand to the case, and of these, in one read."""
    in_data = (text for text in case.case.data.values() if isinstance(text, str) and SUBJECT.fullmatch(text))
    named = await names(request, {*(subject for subject, _ in case.roles), *subjects, *islice(in_data, MOST_IN_DATA)})
    return Telling(reader=request.user, declared=case.declared, now=case.here.at, people=named, data=case.case.data)


async def names(request: PageRequest, subjects: Iterable[str]) -> Mapping[str, str]:
    """Those that are known; of names that read alike, each with what its person signs in by."""
    wanted = sorted(subjects)
    known = await pages_of(request).names(request.user.tenant, wanted)
    called = {one: known.get(one) or one.partition(":")[2] for one in wanted if not one.startswith("system:")}
    told = told_apart(called, (words_for(request).gettext("The system"),))
    return {one: told[one] for one in known if one in told}


def case_path(case_id: str, *parts: str) -> str:
    return "/".join(("/cases", case_id, *parts))
