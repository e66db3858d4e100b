"""The versions of a case type, and what changed between two of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.definition.difference import difference
from app.http.border.services import services_of
from app.services.definitions.case_types import CaseTypeView, PublishedVersion
from app.services.fairness.yielding import LoopTurn
from app.ui.frame.page import words_for
from app.ui.frame.reader import PageRequest
from app.ui.types.changes import ToldChanges, told_changes

MOST_LISTED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldVersion:
    number: int
    published: datetime | None
    in_force: bool
    shown: bool
    before: int | None
    """The one that it is compared with."""


@dataclass(frozen=True, slots=True)
class Compared:
    """`changes` is empty where the two mean the same."""

    old: int
    new: int
    changes: Sequence[ToldChanges]


def told_versions(versions: Sequence[PublishedVersion], shown: int) -> Sequence[ToldVersion]:
    """The newest first."""
    numbers = [one.version for one in versions]
    return [
        ToldVersion(
            number=one.version,
            published=one.published_at,
            in_force=one.in_force,
            shown=one.version == shown,
            before=before,
        )
        for one, before in zip(versions[:MOST_LISTED], [*numbers[1:], None], strict=False)
    ]


async def compared(
    request: PageRequest, view: CaseTypeView, versions: Sequence[PublishedVersion], against: int | None, turns: LoopTurn
) -> Compared | None:
    """With the one that is asked for, else the one before; None where there is none."""
    numbers = [one.version for one in versions]
    older = [number for number in numbers if number < view.version]
    other = against if against in numbers else older[0] if older else None
    if other is None or other == view.version:
        return None
    theirs = await services_of(request).case_types.version(view.case_type.case_type, other)
    old, new = sorted((view, theirs), key=lambda one: one.version)
    found = await turns.taking(difference(old.case_type, new.case_type))
    return Compared(old.version, new.version, told_changes(found, old.case_type, new.case_type, words_for(request)))
