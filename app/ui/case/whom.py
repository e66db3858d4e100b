"""Find people by their names: whom a case is assigned to, who has a role on it, whom a comment tells."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.values.names import SUBJECT
from app.ui.case.opened import pages_of
from app.ui.frame.namesakes import told_apart
from app.ui.frame.reader import PageRequest

MOST = 200
"""People that a page offers; of more, names are written."""


@dataclass(frozen=True, slots=True)
class Known:
    """People of the tenant, (subject, name) by name; not all of them, where there are more than a page offers."""

    people: Sequence[tuple[str, str]] = ()
    more: bool = False

    @property
    def choosable(self) -> bool:
        """Whether a list of them is enough to choose from."""
        return bool(self.people) and not self.more

    @property
    def choices(self) -> Sequence[tuple[str, str]]:
        """The people as a list offers them, so that no two of them read alike."""
        return list(told_apart(dict(self.people)).items())

    def named(self, written: str) -> str | None:
        """Whom somebody means by a name or a reference; None where that is nobody, or more than one."""
        text = " ".join(written.split())
        called = (*self.people, *self.choices)
        subjects = {subject for subject, name in called if text.casefold() in (name.casefold(), subject)}
        if len(subjects) == 1:
            return subjects.pop()
        return text if not subjects and SUBJECT.fullmatch(text) else None

    def mentioned(self, text: str) -> tuple[str, ...]:
        """Those whom a text names after an @: of names that begin alike the longest one that stands there whole."""
        longest = sorted({name.casefold() for _, name in self.people}, key=len, reverse=True)
        found = set(re.findall(rf"@({'|'.join(map(re.escape, longest))})(?!\w)", text.casefold()))
        return tuple(subject for subject, name in self.people if name.casefold() in found)


async def known_people(request: PageRequest) -> Known:
    found = await pages_of(request).people(request.user.tenant, MOST + 1)
    return Known(sorted(found[:MOST], key=lambda one: one[1].casefold()), len(found) > MOST)
