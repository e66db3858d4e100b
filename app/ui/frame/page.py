"""Make a page of a template: what every page knows, and the headers that it carries."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response

from app.http.border.headers import request_id
from app.ui.frame.environment import MADE, environment
from app.ui.frame.forgery import masked
from app.ui.frame.frame import frame_of
from app.ui.frame.headers import PAGE_HEADERS
from app.ui.frame.reader import Reader, reader_of
from app.ui.frame.times import Times
from app.ui.frame.words import Words, language_of, words

HTML = "text/html"


def page(
    request: Request[Any, Any, Any],
    template: str,
    *,
    title: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Response[str]:
    """A page for whoever asks. `values` may have `people` (subject -> name), `errors` ([(field, sentence)]), which the
    title counts, and `now`."""
    return Response(
        rendered(request, template, title=title, **values),
        status_code=status,
        media_type=HTML,
        headers={**PAGE_HEADERS, **(headers or {})},
    )


def rendered(request: Request[Any, Any, Any], template: str, **values: Any) -> str:
    """The text of a template, for a page or a part of one."""
    return environment().get_template(template).render(_shared(request, values.get("now")) | values)


def words_for(request: Request[Any, Any, Any]) -> Words:
    """Those of the reader's language; of the browser's where nobody is signed in."""
    reader = reader_of(request)
    return words(reader.language if reader else language_of(request))


def times_for(request: Request[Any, Any, Any]) -> Times:
    """For sentences that are made before the template."""
    reader = reader_of(request)
    return Times(words_for(request), reader.zone if reader else ZoneInfo("UTC"), datetime.now(UTC))


def _shared(request: Request[Any, Any, Any], now: datetime | None) -> dict[str, Any]:
    reader, frame, said = reader_of(request), frame_of(request), words_for(request)
    times = Times(said, reader.zone if reader else ZoneInfo("UTC"), now or datetime.now(UTC))
    return {
        "reader": reader,
        "words": said,
        "times": times,
        "patterns": _patterns(said.language),
        "brand": frame.brand,
        "assets": frame.assets,
        "places": frame.places,
        "demo": frame.demo,
        "here": request.scope["path"],
        "sides": request.scope["state"].get("sides", ()),
        "csrf": masked(request.cookies.get(frame.cookie, "")),
        "request_id": request_id(request.scope),
        "people": {},
        "errors": (),
        "search": "",
        MADE: {},
        **_liked(reader),
    }


@cache
def _patterns(language: str) -> str:
    return json.dumps(Times(words(language), ZoneInfo("UTC"), datetime.now(UTC)).patterns(), ensure_ascii=False)


def _liked(reader: Reader | None) -> dict[str, Any]:
    """How the page looks and behaves for this reader."""
    if reader is None:
        return {"theme": "auto", "density": "comfortable", "keys": True}
    return {"theme": reader.theme, "density": reader.density, "keys": reader.keys}
