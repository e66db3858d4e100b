"""Submit the attempts of a replay to `POST /api/v1/events` of a running service."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx

from app.domain.case import Json
from app.services.replay import Stopped, Submit, TooMuch, TryAgain

TIMEOUT = httpx.Timeout(120, connect=10)
BUSY = {408, 425, 429, 500, 502, 503, 504}


@asynccontextmanager
async def over_http(url: str, token: str, transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[Submit]:
    """A submit that raises TryAgain where the same attempts may be sent again, and Stopped where that is no use."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT, transport=transport) as client:

        async def submit(attempts: Sequence[dict[str, Json]]) -> Sequence[Json]:
            try:
                response = await client.post("/api/v1/events", json={"attempts": list(attempts)})
            except httpx.TransportError as error:
                raise TryAgain(f"no answer from {url} ({type(error).__name__} {error})".strip()) from None
            except httpx.HTTPError as error:
                raise Stopped(f"cannot talk to {url}: {error}") from None
            return _results(url, response)

        yield submit


def _results(url: str, response: httpx.Response) -> Sequence[Json]:
    status = response.status_code
    if status in BUSY:
        raise TryAgain(f"{url} answered {status}: {_detail(response)}", _retry_after(response))
    if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        raise TooMuch
    if status != httpx.codes.OK:
        raise Stopped(f"{url} answered {status}: {_detail(response)} {_what_to_do(status)}".rstrip())
    try:
        results: list[Json] = response.json()["results"]
    except (ValueError, KeyError, TypeError):
        raise Stopped(f"{url} answered something else than results; is this a Stateward service?") from None
    return results


def _what_to_do(status: int) -> str:
    return {
        401: "Give a valid --token; `stateward token` prints one.",
        403: "Give a --token with role:admin.",
        404: "Give the address of a Stateward service as --url.",
    }.get(status, "")


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase


def _retry_after(response: httpx.Response) -> float:
    """Seconds; the form with a date is left to our own pauses."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else 0.0
