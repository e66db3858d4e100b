"""Submit the attempts of a replay to `POST /api/v1/events` of a running service."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx

from app.commands.terminal.failing import no_such_case_type
from app.domain.values.json import JsonObject
from app.services.replay.replay import BadAttempt, Stopped, Submit, TooMuch, TryAgain

TIMEOUT = httpx.Timeout(120, connect=10)
BUSY = {408, 425, 429, 500, 502, 503, 504}


@asynccontextmanager
async def over_http(
    url: str, token: str, transport: httpx.AsyncBaseTransport | None = None, case_type: str | None = None
) -> AsyncIterator[Submit]:
    """A submit that raises TryAgain where the same attempts may be sent again, and Stopped where that is no use.

    Raises CommandFailed where the service has no such case type: each of the lines would be refused.
    """
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT, transport=transport) as client:
        if case_type is not None:
            await _check_case_type(client, case_type)

        async def submit(attempts: Sequence[JsonObject]) -> Sequence[JsonObject]:
            try:
                response = await client.post("/api/v1/events", json={"attempts": list(attempts)})
            except httpx.TransportError as error:
                raise TryAgain(f"no answer from {url} ({type(error).__name__} {error})".strip()) from None
            except httpx.HTTPError as error:
                raise Stopped(f"cannot talk to {url}: {error}") from None
            return _results(url, response)

        yield submit


async def _check_case_type(client: httpx.AsyncClient, case_type: str) -> None:
    """A service that does not say what it has is asked with the first line."""
    try:
        known = [item["case_type"] for item in (await client.get("/api/v1/case-types")).json()["items"]]
    except (httpx.HTTPError, ValueError, LookupError, TypeError):
        return
    if case_type not in known:
        raise no_such_case_type(case_type, known)


def _results(url: str, response: httpx.Response) -> Sequence[JsonObject]:
    status = response.status_code
    if status in BUSY:
        raise TryAgain(f"{url} answered {status}: {_detail(response)}", _retry_after(response))
    if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        raise TooMuch
    if status == httpx.codes.UNPROCESSABLE_ENTITY:
        _name_the_attempt(response)
    if status != httpx.codes.OK:
        raise Stopped(f"{url} answered {status}: {_detail(response)} {_what_to_do(status)}".rstrip())
    try:
        results: list[JsonObject] = response.json()["results"]
    except (ValueError, KeyError, TypeError):
        raise Stopped(f"{url} answered something else than results; is this a Stateward service?") from None
    return results


def _name_the_attempt(response: httpx.Response) -> None:
    """Where the service names the attempt that it cannot read, so do we."""
    try:
        fault = response.json()["errors"][0]
        field, message = str(fault["field"]), str(fault["message"])
    except (ValueError, LookupError, TypeError):
        return
    if found := re.match(r"attempts\W?(\d+)\W*(.*)", field):
        raise BadAttempt(int(found[1]), f"{found[2]} {message}".strip())


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
