"""What proves the log: an entry with its place in the tree, the newest checkpoint, and that the log only grew."""

from typing import Annotated

from litestar import Response, get
from litestar.params import PathParameter, QueryParameter

from app.domain.case.attempt import Actor
from app.domain.values.errors import NotFound
from app.domain.values.names import SERVICE_TENANT, canonical_uuid
from app.http.border.documented import problems
from app.http.border.proof_views import ConsistencyView, ProvenView
from app.http.border.proofs_port import ProofsPort
from app.http.border.services import ApiRequest, services_of
from app.http.log.audit import shown
from app.http.log.feed import LARGEST, WhichLog
from app.http.log.noting import ENTRY, RECEIPT, note
from app.services.log.proofs import Proven

NOTE = "text/plain"

EntryId = Annotated[str, PathParameter(description="The entry's id, a UUID", schema_extra={"format": "uuid"})]
EntryHash = Annotated[
    str,
    PathParameter(description="The entry_hash of a receipt, in hex", schema_extra={"pattern": "^[0-9a-f]{64}$"}),
]
First = Annotated[int, QueryParameter(name="from", description="A number of entries", ge=0, le=LARGEST)]
Second = Annotated[
    int,
    QueryParameter(name="to", description="A number of entries, the newest checkpoint's at most", ge=0, le=LARGEST),
]
Size = Annotated[
    int | None, QueryParameter(description="The checkpoint of so many entries; left out, the newest", ge=1, le=LARGEST)
]


@get(
    "/audit/entries/{entry_id:str}",
    operation_id="readEntry",
    summary="An entry, with the proof that it is in the log",
    responses=problems("not_found", "invalid"),
)
async def read_entry(request: ApiRequest, entry_id: EntryId, log: WhichLog = "tenant") -> Response[ProvenView]:
    """The proof leads from its entry_hash, which is the hash of its leaf, to the root of the newest checkpoint. Who may
    not read the entry is told that there is none."""
    await note(request, ENTRY, log)
    named = canonical_uuid(entry_id)
    if named is None:
        raise NotFound("no such entry")
    return Response(_view(await _proofs(request).entry(request.user, _log(request.user, log), entry_id=named)))


@get(
    "/audit/receipts/{entry_hash:str}",
    operation_id="readReceipt",
    summary="The entry of a receipt",
    responses=problems("not_found", "invalid"),
)
async def read_receipt(request: ApiRequest, entry_hash: EntryHash, log: WhichLog = "tenant") -> Response[ProvenView]:
    """By the entry_hash that its writer was given: where there is none any more, something was left out since."""
    await note(request, RECEIPT, log)
    if len(entry_hash) != 64:
        raise NotFound("no such entry")
    return Response(
        _view(await _proofs(request).entry(request.user, _log(request.user, log), entry_hash=entry_hash.lower()))
    )


@get(
    "/audit/checkpoint",
    operation_id="readCheckpoint",
    summary="The newest checkpoint of the log",
    response_description="The signed note",
    media_type=NOTE,
    produces=(NOTE,),
    responses=problems("not_found", "invalid"),
)
async def read_checkpoint(request: ApiRequest, size: Size = None, log: WhichLog = "tenant") -> Response[str]:
    """How many entries the log has and the root of the tree over them, signed. For those who may read something of
    it."""
    found = await _proofs(request).checkpoint(request.user, _log(request.user, log), size)
    return Response(found.note, media_type=NOTE)


@get(
    "/audit/consistency",
    operation_id="proveConsistency",
    summary="That the log only grew",
    responses=problems("not_found", "invalid"),
)
async def prove_consistency(
    request: ApiRequest, first: First, second: Second, log: WhichLog = "tenant"
) -> Response[ConsistencyView]:
    """The proof that the log of `from` entries begins the one of `to` entries."""
    found = await _proofs(request).consistency(request.user, _log(request.user, log), first, second)
    return Response(
        {
            "from": found.first,
            "to": found.second,
            "from_root": found.first_root.hex(),
            "to_root": found.second_root.hex(),
            "path": [step.hex() for step in found.path],
        }
    )


PROOFS = (read_entry, read_receipt, read_checkpoint, prove_consistency)


def _proofs(request: ApiRequest) -> ProofsPort:
    found = services_of(request).proofs
    assert found is not None
    return found


def _log(actor: Actor, which: str) -> str:
    return actor.tenant if which == "tenant" else SERVICE_TENANT


def _view(found: Proven) -> ProvenView:
    return {
        **shown(found.entry.entry),
        "leaf_index": found.entry.leaf_index,
        "case_id": found.entry.case_id,
        "inclusion": None
        if found.inclusion is None
        else {
            "size": found.inclusion.checkpoint.size,
            "root": found.inclusion.checkpoint.root.hex(),
            "path": [step.hex() for step in found.inclusion.path],
            "checkpoint": found.inclusion.checkpoint.note,
        },
    }
