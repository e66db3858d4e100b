"""The people of the demo: one click, on this machine only."""

from typing import Any

from litestar import Response, post

from app.domain.case.attempt import Actor
from app.domain.values.errors import NotFound
from app.services.store.people import Told
from app.ui.sign_in.entering import AnyRequest, entered, from_a_way_in
from app.ui.sign_in.ways import own_path, ways_of

BY_CLICK = "demo"


@post("/sign-in/as", status_code=200)
async def sign_in_as(request: AnyRequest) -> Response[Any]:
    """Raises NotFound where there is no demo, or where a browser names another host than this machine."""
    sent = await from_a_way_in(request)
    found = [one for one in ways_of(request).people_for(request) if one.subject == sent.one("subject")]
    if not found:
        raise NotFound("no such person of the demo")
    [person] = found[:1]
    actor = Actor(tenant=person.tenant, id=person.subject, roles=frozenset(person.roles))
    to, kept = own_path(sent.one("next", "/")), sent.one("kept")
    answer = await entered(request, actor, BY_CLICK, to=to, kept=kept, told=Told(name=person.name))
    if answer is None:
        raise NotFound("the person is disabled")
    return answer
