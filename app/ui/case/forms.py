"""What the forms of work share: how one is shown, and how one is answered that did not act."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from litestar import Response

from app.domain.case.attempt import Attempt
from app.domain.values.errors import CaseError, Invalid, VersionConflict
from app.http.border.errors import status_of
from app.services.work.case_pages import OpenCase
from app.ui.case.acting import acted, submitted
from app.ui.case.around import around
from app.ui.case.opened import telling
from app.ui.case.refused import refused_verb
from app.ui.case.telling import Telling
from app.ui.case.why import Why
from app.ui.frame.of_the_api import said_by_api
from app.ui.frame.page import page
from app.ui.frame.reader import PageRequest

Errors = Sequence[tuple[str | None, str]]


@dataclass(frozen=True, slots=True)
class WorkForm:
    """A form of one built-in verb: its template, its title, and what its fields show."""

    verb: str
    title: str
    values: dict[str, Any] = field(default_factory=dict)


async def form_page(
    request: PageRequest,
    case: OpenCase,
    form: WorkForm,
    *,
    errors: Errors = (),
    wrong: Why | None = None,
    status: int = 200,
) -> Response[str]:
    """Where the case does not take the verb from the reader, the page says so in place of its form."""
    told = await telling(request, case)
    return page(
        request,
        f"case/{form.verb}.html",
        title=form.title,
        status=status,
        errors=errors,
        wrong=wrong,
        allowed=form.verb in case.acts,
        wrongs={name: message for name, message in errors if name},
        **form.values,
        **around(told, case),
    )


async def answered(
    request: PageRequest, case: OpenCase, form: WorkForm, attempt: Attempt, names: dict[str, str] | None = None
) -> Response[str]:
    """Do it; where that is refused, the same page with what was sent. `names` are those of the fields, by what the
    service calls them."""
    answer = await submitted(request, attempt)
    if answer.error is None:
        return acted(case.case.id, answer)
    return await refused(request, case, form, answer.error, names or {})


async def refused(
    request: PageRequest, case: OpenCase, form: WorkForm, error: CaseError, names: dict[str, str]
) -> Response[str]:
    told = await telling(request, case)
    if isinstance(error, Invalid) and error.errors:
        errors = [(names.get(one.field, one.field), said_by_api(one.message, told.words)) for one in error.errors]
        return await form_page(request, case, form, errors=errors, status=422)
    status = 412 if isinstance(error, VersionConflict) else status_of(error)
    return await form_page(request, case, form, wrong=refused_verb(told, case, form.verb, error), status=status)


def case_named(told: Telling, case: OpenCase) -> str:
    return case.case.reference or told.gettext("this case")
