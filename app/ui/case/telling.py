"""In which words a case is told: the reader's language and zone, and the titles of its case type."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.definition.case_type import CaseType
from app.domain.definition.titles import (
    titled_case_type,
    titled_clock,
    titled_event,
    titled_field,
    titled_state,
)
from app.domain.values.json import Json
from app.ui.frame.reader import Reader
from app.ui.frame.times import Times
from app.ui.frame.words import Words, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """`people` are the names that are known, by subject; `now` is the moment that spans are told from; `data` are those
    of the case."""

    reader: Reader
    declared: CaseType
    now: datetime
    people: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Json] = field(default_factory=dict)

    @property
    def words(self) -> Words:
        return words(self.reader.language)

    @property
    def language(self) -> str:
        return self.reader.language

    @property
    def times(self) -> Times:
        return Times(self.words, self.reader.zone, self.now)

    def gettext(self, text: str, **values: Any) -> str:
        return self.words.gettext(text, **values)

    def ngettext(self, one: str, many: str, count: int, **values: Any) -> str:
        return self.words.ngettext(one, many, count, **values)

    def case_type(self) -> str:
        return titled_case_type(self.declared, self.language)

    def event(self, name: str) -> str:
        return titled_event(self.declared, name, self.language)

    def state(self, path: str) -> str:
        return titled_state(self.declared, path, self.language)

    def states(self, joined: str) -> str:
        """Of active leaves joined with `+`, as a case or an entry names them."""
        return self.listed(self.state(path) for path in joined.split("+"))

    def clock(self, name: str) -> str:
        return titled_clock(self.declared, name, self.language)

    def field(self, path: str) -> str:
        """Of `data.iban`, also below it."""
        return titled_field(self.declared.data, path, self.language)

    def value_at(self, path: str) -> Json:
        """What the case has at `data.currency`, where it has anything."""
        found: Json = self.data
        for name in path.split(".")[1:]:
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def person(self, subject: str | None) -> str:
        """The name of somebody; of one whom nobody has named, what is left of the reference."""
        if subject is None:
            return self.gettext("nobody")
        if subject == self.reader.actor.id:
            return self.people.get(subject) or self.reader.name
        kind, _, rest = subject.partition(":")
        if kind == "system":
            return self.gettext("The system")
        return self.people.get(subject) or rest or subject

    def role(self, role: str) -> str:
        """`role:claims_lead` and `[reviewer]` as people read them."""
        if role == "[creator]":
            return self.gettext("opened it")
        if role == "[assignee]":
            return self.gettext("has it")
        return role.strip("[]").removeprefix("role:").removeprefix("team:").replace("_", " ")

    def listed(self, parts: Iterable[str], last: str | None = None) -> str:
        """`a, b and c`."""
        *several, end = tuple(dict.fromkeys(parts)) or ("",)
        joined = last or self.gettext("and")
        return f"{', '.join(several)} {joined} {end}" if several else end
