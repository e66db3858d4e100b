"""Note who reads the log of their tenant, before they do: every call about it asks here."""

from typing import Final, Literal

from app.http.border.services import ApiRequest, services_of

FEED: Final = "GET /audit"
STREAM: Final = "GET /stream"
ENTRY: Final = "GET /audit/entries/{entry_id}"
RECEIPT: Final = "GET /audit/receipts/{entry_hash}"
Route = Literal["GET /audit", "GET /stream", "GET /audit/entries/{entry_id}", "GET /audit/receipts/{entry_hash}"]


async def note(request: ApiRequest, route: Route, log: str = "tenant") -> None:
    """The log of the service holds nothing of a tenant: who reads it is not noted. Raises StoreUnavailable."""
    noted = services_of(request).noted_reads
    if noted is not None and log == "tenant":
        await noted.note(request.user, route)
