"""Exports of the tenant's log: ask for one, see how far it is, fetch it in parts, and remove it."""

from typing import Annotated, Any

from litestar import MediaType, Response, delete, get, post
from litestar.datastructures import ResponseHeader
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter, JSONBody, PathParameter, QueryParameter
from litestar.response import Stream

from app.domain.values.errors import NotFound, invalid
from app.domain.values.names import canonical_uuid
from app.domain.values.rfc3339 import parse_rfc3339, rfc3339
from app.http.bodies.exports import AskForExport, ExportPageView, ExportView, FilterOfAnExport
from app.http.border.documented import problems
from app.http.border.entrance import leave
from app.http.border.errors import problem_response
from app.http.border.exports_port import ExportsPort
from app.http.border.files import SAVED_POLICY, UNKNOWN
from app.http.border.headers import request_id
from app.http.border.parameters import Limit
from app.http.border.ranges import Part, RangeNotSatisfiable, part_of
from app.http.border.services import ApiRequest, services_of
from app.services.log.export_filter import ExportFilter
from app.services.store.export_jobs import ExportJob

ExportId = Annotated[str, PathParameter(description="The export's id, a UUID", schema_extra={"format": "uuid"})]
AfterExport = Annotated[
    str | None, QueryParameter(description="The next_after of the previous page", schema_extra={"format": "uuid"})
]
Range = Annotated[
    str | None,
    HeaderParameter(
        name="Range", description="One part of the file, such as bytes=1000-; several are answered with the whole"
    ),
]
IfRange = Annotated[
    str | None, HeaderParameter(name="If-Range", description="The ETag of the file that the caller has a part of")
]
LOCATION = ResponseHeader(
    name="Location", documentation_only=True, description="201: where the file is; 202: where it is told how far it is"
)
FILE = ResponseSpec(
    data_container=bytes,
    generate_examples=False,
    media_type=UNKNOWN,
    description="The file, or the part that was asked",
)


@post(
    "/exports",
    operation_id="askForExport",
    summary="Ask for an export of the log",
    response_headers=[LOCATION],
    responses={
        202: ResponseSpec(data_container=ExportView, generate_examples=False, description="It is being made"),
        **problems("denied", "not_found", "over_quota", writes=True),
    },
)
async def ask_for_export(request: ApiRequest, data: JSONBody[AskForExport]) -> Response[ExportView]:
    """Whoever has `case:export` on the case types that it is about may; for all of the log, on all. A small one is
    there at once (201), another is made beside (202). That it was asked for, by whom and with which filter, is an entry
    of the log, and so is how many entries it came to hold."""
    leave(request.scope)  # others of this caller do not wait for it
    wanted, named = _wanted(data.filter), request_id(request.scope)
    job = await _exports(request).ask(request.user, wanted, data.format, named)
    place = _file(job) or f"/api/v1/exports/{job.id}"
    return Response(_view(job), status_code=201 if job.state == "done" else 202, headers={"Location": place})


@get("/exports", operation_id="listExports", summary="The caller's exports", responses=problems("invalid"))
async def list_exports(request: ApiRequest, after: AfterExport = None, limit: Limit = 50) -> Response[ExportPageView]:
    """Those that the caller asked for and that are still kept, the newest first."""
    if after is not None and (after := canonical_uuid(after)) is None:
        raise invalid("after", "must be the id of an export")
    jobs = await _exports(request).list(request.user, after, limit)
    last = jobs[-1].id if len(jobs) == limit else None
    return Response({"items": [_view(job) for job in jobs], "next_after": last})


@get("/exports/{export_id:str}", operation_id="readExport", summary="An export", responses=problems("not_found"))
async def read_export(request: ApiRequest, export_id: ExportId) -> Response[ExportView]:
    """How far it is. Somebody else's is not found."""
    return Response(_view(await _exports(request).read(request.user, _named(export_id))))


@get(
    "/exports/{export_id:str}/file",
    operation_id="fetchExport",
    summary="The file of an export",
    media_type=UNKNOWN,
    produces=(UNKNOWN,),
    responses={
        200: FILE,
        206: FILE,
        **problems("denied", "not_found", "range_not_satisfiable"),
    },
)
async def fetch_export(
    request: ApiRequest, export_id: ExportId, asked: Range = None, unless_changed: IfRange = None
) -> Response[Any]:
    """As it was made, for whoever may still export that; it never changes. A download that broke off goes on with
    Range, and If-Range with the ETag."""
    exports = _exports(request)
    job = await exports.file(request.user, _named(export_id), request_id(request.scope))
    etag = f'"{job.sha256}"'
    try:
        part = part_of(job.size, etag, asked, unless_changed)
    except RangeNotSatisfiable as wrong:
        return problem_response(wrong, {"Content-Range": f"bytes */{job.size}", "Accept-Ranges": "bytes"})
    whole = part or Part(0, job.size, job.size)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'attachment; filename="{job.tenant}-{job.asked_at:%Y%m%dT%H%M%SZ}.{job.format}"',
        "Content-Length": str(whole.until - whole.first),
        "Content-Security-Policy": SAVED_POLICY,
        "ETag": etag,
        **({"Content-Range": part.told} if part else {}),
    }
    pieces = exports.pieces(job, whole.first, whole.until)
    return Stream(pieces, status_code=206 if part else 200, media_type=UNKNOWN, headers=headers)


@get(
    "/exports/{export_id:str}/sidecar",
    operation_id="fetchSidecar",
    summary="What stands beside the file of an export",
    media_type=MediaType.JSON,
    responses={
        200: ResponseSpec(data_container=dict[str, Any], generate_examples=False, description="The sidecar"),
        **problems("denied", "not_found"),
    },
)
async def fetch_sidecar(request: ApiRequest, export_id: ExportId) -> Response[bytes]:
    """Its SHA-256, what it holds, and the signature of the service: `stateward verify FILE --sidecar THIS` holds the
    file against it. A zip proves itself, and has none."""
    beside = await _exports(request).sidecar(request.user, _named(export_id), request_id(request.scope))
    return Response(beside, media_type=MediaType.JSON)


@delete(
    "/exports/{export_id:str}",
    operation_id="dropExport",
    summary="Stop or remove an export",
    status_code=204,
    responses=problems("not_found"),
)
async def drop_export(request: ApiRequest, export_id: ExportId) -> None:
    """One that is being made is not made any more; the file of another is gone. What the log says of it stays."""
    await _exports(request).drop(request.user, _named(export_id))


EXPORTS = (ask_for_export, list_exports, read_export, fetch_export, fetch_sidecar, drop_export)


def _exports(request: ApiRequest) -> ExportsPort:
    found = services_of(request).exports
    assert found is not None
    return found


def _named(export: str) -> str:
    found = canonical_uuid(export)
    if found is None:
        raise NotFound("no such export")
    return found


def _wanted(body: FilterOfAnExport) -> ExportFilter:
    return ExportFilter(
        case_types=frozenset(body.case_type or ()),
        cases=frozenset(body.case or ()),
        actors=frozenset(body.actor or ()),
        kinds=frozenset(body.kind or ()),
        since=parse_rfc3339(body.since) if body.since else None,
        until=parse_rfc3339(body.until) if body.until else None,
    )


def _file(job: ExportJob) -> str | None:
    return f"/api/v1/exports/{job.id}/file" if job.state == "done" else None


def _view(job: ExportJob) -> ExportView:
    done = job.state == "done"
    return {
        "id": job.id,
        "format": job.format,
        "filter": job.filter,  # type: ignore[typeddict-item]
        "state": "queued" if job.state == "asked" or job.state == "stopped" else job.state,
        "asked_at": rfc3339(job.asked_at),
        "kept_until": rfc3339(job.ends_at),
        "entries": {"looked_at": job.looked_at, "of": job.tree_size, "written": job.entries if done else None},
        "size": job.size if done else None,
        "sha256": job.sha256,
        "file": _file(job),
        "problem": job.problem,
    }
