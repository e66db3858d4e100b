"""The side of every page: the queues with their counts, then the saved views."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.http.border.services import services_of
from app.services.cases.queues import QUEUES
from app.services.store.saved_views import SavedView
from app.services.store.search import CaseCount
from app.ui.frame.frame import Side
from app.ui.frame.numbers import number
from app.ui.frame.reader import Reader
from app.ui.frame.words import Words, words

MOST_SHOWN = 12
"""Saved views at the side; all of them have a page."""
KEPT = "queues"


@dataclass(frozen=True, slots=True)
class Work:
    """What the side tells, read once for a page."""

    counts: Mapping[str, CaseCount]
    views: Sequence[SavedView]

    @property
    def first(self) -> str:
        """What one sees first."""
        return next((view.id for view in self.views if view.preferred), QUEUES[0])


async def work_of(connection: Any) -> Work:
    """Of the reader; read once for a request."""
    kept = connection.scope["state"].get(KEPT)
    if isinstance(kept, Work):
        return kept
    reader: Reader = connection.scope["user"]
    services = services_of(connection)
    async with services.together(reader.tenant):
        found = Work(await services.queues.counts(reader.actor), await services.views.list(reader.actor))
    connection.scope["state"][KEPT] = found
    return found


async def sides(connection: Any) -> Sequence[Side]:
    reader: Reader = connection.scope["user"]
    found, say = await work_of(connection), words(reader.language)
    current = _current(connection, found)
    shown = [
        Side(title, f"/?view={name}", in_words(found.counts.get(name), say), name == current)
        for name, title in titles(say).items()
    ]
    saved = _shown(found.views, current)
    shown += [Side(view.title, f"/?view={view.id}", None, view.id == current) for view in saved]
    if found.views:
        shown.append(Side(say.gettext("All views"), "/views", None, connection.scope["path"] == "/views"))
    return shown


def titles(say: Words) -> dict[str, str]:
    return {
        "mine": say.gettext("Mine"),
        "team": say.gettext("My teams"),
        "unassigned": say.gettext("Unassigned"),
        "overdue": say.gettext("Overdue"),
    }


def in_words(count: CaseCount | None, say: Words) -> str | None:
    """`14`, or `1,000+` where nobody counted further."""
    return None if count is None else f"{number(count.value, say.locale)}{'+' if count.more else ''}"


def _current(connection: Any, found: Work) -> str | None:
    """The list that the page shows."""
    if connection.scope["path"] != "/":
        return None
    return str(connection.query_params.get("view") or found.first)


def _shown(views: Sequence[SavedView], current: str | None) -> Sequence[SavedView]:
    return [view for place, view in enumerate(views) if place < MOST_SHOWN or view.id == current]
