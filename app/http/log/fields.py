"""What a field of a case was, value by value."""

from typing import Annotated

from litestar import Response, get
from litestar.params import PathParameter

from app.domain.values.errors import invalid
from app.http.border.documented import problems
from app.http.border.parameters import After, CaseId, Limit, existing
from app.http.border.proof_views import FieldChangesView, FieldChangeView
from app.http.border.services import ApiRequest, services_of
from app.services.log.field_history import FieldChange, Unset

FieldPath = Annotated[
    str,
    PathParameter(description="A field of the data, such as `amount_cents`; `address.city` leads into an object"),
]


@get(
    "/cases/{case_id:str}/fields/{field:str}",
    operation_id="readField",
    summary="What a field was",
    responses=problems("not_found", "invalid"),
)
async def read_field(
    request: ApiRequest, case_id: CaseId, field: FieldPath, after: After = None, limit: Limit = 50
) -> Response[FieldChangesView]:
    """Each value that the field had, who gave it that by which event, and the entry that proves it, in the order of the
    case's log; for whoever may read that log. What sets a field to the value that it had is left out."""
    history = services_of(request).field_history
    assert history is not None
    page = await history.read(request.user, existing(case_id), field, _position(after), limit)
    beyond = None if page.next_after is None else str(page.next_after)
    return Response({"items": [_view(change) for change in page.changes], "next_after": beyond})


def _position(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) <= 15):
        raise invalid("after", "must be the next_after of a page")
    return int(after)


def _view(change: FieldChange) -> FieldChangeView:
    entry = change.entry
    actor = entry["actor"]
    told: FieldChangeView = {
        "withheld": change.withheld,
        "entry_id": change.entry_id,
        "case_seq": change.case_seq,
        "kind": entry["kind"],
        "event": entry.get("event"),
        "actor": {"reference": actor["reference"], "on_behalf_of": actor.get("on_behalf_of")},
        "at": entry["at"],
        "occurred_at": entry.get("occurred_at"),
    }
    return told if isinstance(change.value, Unset) else {"value": change.value, **told}
