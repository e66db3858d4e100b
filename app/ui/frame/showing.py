"""The page that shows every component in all its states; only the demo has it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Response, get, post
from markupsafe import Markup

from app.ui.frame.page import page
from app.ui.frame.posted import posted
from app.ui.frame.reader import FRAGMENT, PageRequest

LONG = "Reimbursement of travel, accommodation and incidental expenses for the annual conference on the " * 2
CHART = Markup(
    '<svg viewBox="0 0 300 90" role="img" aria-label="Open cases by age" class="bars">'
    '<rect class="chart-1" x="0" y="30" width="40" height="60"/><rect class="chart-2" x="60" y="50" width="40" '
    'height="40"/><rect class="chart-3" x="120" y="10" width="40" height="80"/></svg>'
)


@get("/dev/components")
async def components(request: PageRequest) -> Response[str]:
    """`?state=error` shows all fields as they are when something is wrong with them."""
    return _shown(request, request.query_params.get("state") == "error")


@get("/dev/components/none", status_code=204, opt={FRAGMENT: True})
async def no_news() -> None:
    """As a live note is answered while there is nothing to say."""


@post("/dev/components")
async def components_sent(request: PageRequest) -> Response[Any]:
    """As every form answers: 303 where it acted, 422 with the same page where it did not."""
    if (await posted(request)).one("amount") in ("", "0"):
        return _shown(request, wrong=True, status=422)
    return Response(b"", status_code=303, headers={"location": "/dev/components"})


def _shown(request: PageRequest, wrong: bool, status: int = 200) -> Response[str]:
    now = datetime.now(UTC)
    errors = [("amount", "Enter an amount of 1 or more."), ("kind", "Choose one kind.")] if wrong else []
    return page(
        request,
        "frame/components.html",
        title="Components",
        status=status,
        errors=errors,
        wrong=wrong,
        long=LONG,
        chart=CHART,
        now=now,
        moments={
            "soon": now + timedelta(hours=3, minutes=5),
            "late": now - timedelta(hours=2, minutes=5),
            "far": now + timedelta(days=12),
            "past": now - timedelta(minutes=12),
        },
        people={"user:ben": "Ben Ray", "user:ada": "Ada Lund"},
    )


SHOWING = (components, no_news, components_sent)
