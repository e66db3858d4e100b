"""The names of people, for pages that would else show subjects."""

from collections.abc import Iterable
from typing import Any

from app.http.border.services import services_of
from app.ui.frame.namesakes import told_apart
from app.ui.frame.reader import PageRequest


async def names(request: PageRequest, subjects: Iterable[str | None]) -> dict[str, str]:
    """In one read; of names that read alike, each with what its person signs in by."""
    wanted = sorted({one for one in subjects if one is not None})
    named: Any = getattr(services_of(request).people, "names", None)
    return {} if named is None else told_apart(await named(request.user.tenant, wanted))
