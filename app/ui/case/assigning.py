"""Assign a case to somebody by their name, to a team, or to nobody."""

from litestar import Response, get, post

from app.domain.values.names import TEAM
from app.domain.verbs.assigning import Assign
from app.http.border.parameters import CaseId
from app.services.work.case_pages import OpenCase
from app.ui.case.acting import once_of
from app.ui.case.forms import Errors, WorkForm, answered, form_page
from app.ui.case.opened import opened
from app.ui.case.whom import Known, known_people
from app.ui.frame.attempts import attempting
from app.ui.frame.page import words_for
from app.ui.frame.posted import Posted, posted
from app.ui.frame.reader import PageRequest

VERB = "assign"


@get("/cases/{case_id:str}/assign")
async def show_assign(request: PageRequest, case_id: CaseId) -> Response[str]:
    """Whose the case is, to be changed."""
    case, known = await opened(request, case_id), await known_people(request)
    name = dict(known.people).get(case.case.assignee or "", case.case.assignee or "")
    assignee = (case.case.assignee or "") if known.choosable else name
    return await form_page(request, case, _form(request, known, assignee, case.case.team or "", ""))


@post("/cases/{case_id:str}/assign")
async def assign(request: PageRequest, case_id: CaseId) -> Response[str]:
    """What is left as it is stays; of another team nobody has the case yet, unless somebody is named too."""
    case, sent = await opened(request, case_id), await posted(request)
    allowed = VERB in case.acts
    known = await known_people(request) if allowed else Known()  # whoever may not assign learns no names by trying
    form = _form(request, known, sent.one("assignee"), sent.one("team"), sent.one("reason"))
    assignee, team, errors = _read(request, known, sent)
    if errors:
        return await form_page(request, case, form, errors=errors if allowed else (), status=422 if allowed else 403)
    given = _given(case, assignee, team)
    if not given:
        nothing = words_for(request).gettext("Nothing would change. Choose somebody else, or go back.")
        return await form_page(request, case, form, errors=[("assignee", nothing)], status=422)
    verb = Assign(assignee, team, given)
    reason = sent.one("reason").strip() or None
    attempt = attempting(request, case_id=case.case.id, verb=verb, reason=reason, once=once_of(sent))
    return await answered(request, case, form, attempt)


def _read(request: PageRequest, known: Known, sent: Posted) -> tuple[str | None, str | None, Errors]:
    say = words_for(request).gettext
    written, team = sent.one("assignee").strip(), sent.one("team").strip()
    errors: list[tuple[str | None, str]] = []
    assignee = known.named(written) if written else None
    if written and assignee is None:
        errors.append(("assignee", say("Enter the name of one person here, or leave it empty for nobody")))
    if team and not team.startswith("team:"):
        team = f"team:{team}"
    if team and not TEAM.fullmatch(team):
        errors.append(("team", say("Enter the name of a team in small letters, such as north")))
    return assignee, team or None, errors


def _given(case: OpenCase, assignee: str | None, team: str | None) -> frozenset[str]:
    """What is to change. Somebody who is chosen anew keeps the case in a team that changes too."""
    changed = {"assignee"} if assignee != case.case.assignee else set()
    return frozenset(changed | ({"team"} if team != case.case.team else set()))


def _form(request: PageRequest, known: Known, assignee: str, team: str, reason: str) -> WorkForm:
    values = {"known": known, "assignee": assignee, "team": team.removeprefix("team:"), "reason": reason}
    return WorkForm(VERB, words_for(request).gettext("Assign the case"), values)
