"""What people call somebody on a page."""

from collections.abc import Mapping

from app.ui.frame.reader import Reader
from app.ui.frame.words import Words


def called(subject: str | None, people: Mapping[str, str], reader: Reader | None, words: Words) -> str:
    """By the names that the page has; of those whom nobody introduced, what stands behind the kind in their subject."""
    if not subject:
        return words.gettext("nobody")
    if subject in people:
        return people[subject]
    if reader is not None and reader.actor.id == subject:
        return reader.name
    kind, _, name = subject.partition(":")
    return "Stateward" if kind == "system" else name or subject
