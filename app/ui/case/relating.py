"""How a case stands to others and to people: link it, give roles on it and take them away."""

from litestar import Response, get, post

from app.domain.definition.titles import titled_case_type
from app.domain.values.names import canonical_uuid
from app.domain.verbs.linking import INVERSE, Link
from app.domain.verbs.roles import ChangeRoles
from app.http.border.parameters import CaseId
from app.http.border.services import services_of
from app.services.cases.views import Wanted
from app.services.work.case_pages import OpenCase
from app.ui.case.acting import once_of
from app.ui.case.entries import link_words
from app.ui.case.forms import WorkForm, answered, form_page
from app.ui.case.opened import opened, telling
from app.ui.case.whom import Known, known_people
from app.ui.frame.attempts import attempting
from app.ui.frame.page import words_for
from app.ui.frame.posted import Posted, posted
from app.ui.frame.reader import PageRequest

LONGEST_REFERENCE = 255


@get("/cases/{case_id:str}/link")
async def show_link(request: PageRequest, case_id: CaseId) -> Response[str]:
    """How this case stands to which other."""
    case = await opened(request, case_id)
    return await form_page(request, case, await _link_form(request, case, Posted()))


@post("/cases/{case_id:str}/link")
async def link(request: PageRequest, case_id: CaseId) -> Response[str]:
    """The other case is named by its type and reference, or by its id."""
    case, sent = await opened(request, case_id), await posted(request)
    form = await _link_form(request, case, sent)
    other = await _other(request, sent)
    if other is None:
        missing = words_for(request).gettext("Enter the reference of a case of this type that you may read, or its id")
        return await form_page(request, case, form, errors=[("other", missing)], status=422)
    attempt = attempting(request, case_id=case.case.id, verb=Link(sent.one("type"), other), once=once_of(sent))
    return await answered(request, case, form, attempt, {"to": "other"})


@get("/cases/{case_id:str}/roles")
async def show_roles(request: PageRequest, case_id: CaseId) -> Response[str]:
    """Who has which role on this case alone."""
    case = await opened(request, case_id)
    return await form_page(request, case, await _roles_form(request, case, Posted()))


@post("/cases/{case_id:str}/roles")
async def change_roles(request: PageRequest, case_id: CaseId) -> Response[str]:
    """One is given, any number are taken away."""
    case, sent = await opened(request, case_id), await posted(request)
    form, say = await _roles_form(request, case, sent), words_for(request).gettext
    known: Known = form.values["known"]
    written, role = sent.one("whom").strip(), sent.one("role")
    whom = known.named(written) if written else None
    if written and whom is None:
        missing = say("Enter the name of one person here")
        return await form_page(request, case, form, errors=[("whom", missing)], status=422)
    take = tuple(_holding(one) for one in sent.all("take"))
    if whom is None and not take:
        missing = say("Choose somebody to give a role to, or a role to take away")
        return await form_page(request, case, form, errors=[("whom", missing)], status=422)
    verb = ChangeRoles(((whom, role),) if whom else (), take)
    attempt = attempting(request, case_id=case.case.id, verb=verb, once=once_of(sent))
    return await answered(request, case, form, attempt, {"give.0.role": "role", "give.0.subject": "whom"})


async def _other(request: PageRequest, sent: Posted) -> str | None:
    written = sent.one("other").strip()
    if (by_id := canonical_uuid(written)) is not None:
        return by_id
    if not written or len(written) > LONGEST_REFERENCE:
        return None
    wanted = Wanted(case_type=sent.one("case_type") or None, reference=written, limit=1)
    found = await services_of(request).cases.find(request.user.actor, wanted)
    return found.items[0].id if found.items else None


async def _link_form(request: PageRequest, case: OpenCase, sent: Posted) -> WorkForm:
    told, language = await telling(request, case), request.user.language
    types = [(one.case_type.case_type, one.case_type) for one in services_of(request).case_types.list()]
    values = {
        "types": [(kind, link_words(told, kind)) for kind in INVERSE],
        "case_types": [(name, titled_case_type(declared, language)) for name, declared in types],
        "type": sent.one("type") or "relates_to",
        "case_type": sent.one("case_type") or case.case.case_type,
        "other": sent.one("other"),
    }
    return WorkForm("link", told.gettext("Link a case"), values)


async def _roles_form(request: PageRequest, case: OpenCase, sent: Posted) -> WorkForm:
    told = await telling(request, case)
    held = [(subject, role) for subject, role in case.roles if role not in ("[creator]", "[assignee]")]
    values = {
        "known": await known_people(request) if "roles" in case.acts else Known(),
        "roles": [(role, told.role(role)) for role in case.givable_roles],
        "held": [
            (f"{s} {r}", told.gettext("%(person)s: %(role)s", person=told.person(s), role=told.role(r)))
            for s, r in held
        ],
        "whom": sent.one("whom"),
        "role": sent.one("role"),
        "taken": sent.all("take"),
    }
    return WorkForm("roles", told.gettext("Roles on the case"), values)


def _holding(told: str) -> tuple[str, str]:
    subject, _, role = told.partition(" ")
    return subject, role
