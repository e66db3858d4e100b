"""The log of one case, entry by entry as it was sealed."""

import msgspec
from litestar import Response, get

from app.domain.values.errors import invalid
from app.domain.values.names import canonical_uuid
from app.http.border.documented import problems
from app.http.border.parameters import AfterEntry, CaseId, Limit, OnlyDenied, existing
from app.http.border.services import ApiRequest, services_of
from app.http.border.views import EntryPageView, EntryView
from app.services.store.stored import StoredEntry


@get(
    "/cases/{case_id:str}/audit",
    operation_id="readAudit",
    summary="The log of a case",
    responses=problems("not_found", "invalid"),
)
async def read_audit(
    request: ApiRequest, case_id: CaseId, denied: OnlyDenied = False, after: AfterEntry = None, limit: Limit = 50
) -> Response[EntryPageView]:
    """The case's chain in order, or with denied=true the attempts that were refused."""
    case_id = existing(case_id)
    beyond = _beyond(after, denied)
    entries = await services_of(request).cases.log(request.user, case_id, denied, beyond, limit)
    last = entries[-1] if len(entries) == limit else None
    return Response({"items": [shown(entry) for entry in entries], "next_after": _position(last, denied)})


def _beyond(after: str | None, denied: bool) -> int | str | None:
    """Where the page begins: after a `case_seq`, or after the id of an entry."""
    if after is None:
        return None
    if denied:
        if (entry_id := canonical_uuid(after)) is None:
            raise invalid("after", "must be the id of an entry")
        return entry_id
    if not (after.isascii() and after.isdigit() and len(after) <= 15):
        raise invalid("after", "must be the case_seq of an entry")
    return int(after)


def shown(entry: StoredEntry) -> EntryView:
    return {
        "entry_id": entry.entry_id,
        "case_seq": entry.case_seq,
        "entry": msgspec.Raw(entry.entry.encode()),  # the sealed text itself, byte for byte
        "entry_hash": entry.entry_hash,
        "values": dict(entry.values),
    }


def _position(last: StoredEntry | None, denied: bool) -> str | None:
    if last is None:
        return None
    return last.entry_id if denied else str(last.case_seq)
