"""The filters of a list: what can be chosen in the panel, and what is set, as chips that take it away."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.case.case import Case
from app.domain.definition.case_type import CaseType, walk
from app.domain.definition.titles import in_words, titled_case_type, titled_state
from app.services.cases.queues import SETS
from app.ui.forms.days import told_day
from app.ui.forms.manner import Manner
from app.ui.frame.reader import Reader
from app.ui.frame.words import words
from app.ui.queue.asked import ME, NOBODY, Asked, meant_day

Options = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Panel:
    """Options by filter; a filter that is not among them is set by the queue itself."""

    options: Mapping[str, Options]
    chips: Sequence[tuple[str, str]]
    last: str | None
    """The address without the last filter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtering:
    """Makes it for one reader. `types` are those that they may read; `people` the names of whoever is met."""

    reader: Reader
    asked: Asked
    queue: str | None
    types: Mapping[str, CaseType | None]
    people: Mapping[str, str]

    def panel(self, cases: Iterable[Case]) -> Panel:
        set_ = SETS.get(self.queue or "", frozenset())
        options = {name: of for name, of in self._options(list(cases)).items() if name not in set_ and of}
        given = self.asked.given.items()
        chips = [(self._words(name, value), self.asked.href(**{name: None})) for name, value in given]
        return Panel(options, chips, chips[-1][1] if chips else None)

    @property
    def only(self) -> CaseType | None:
        """The case type where there is no other on the page."""
        chosen = self.asked.given.get("type")
        names = [chosen] if chosen else list(self.types)
        return self.types.get(names[0]) if len(names) == 1 else None

    def name(self, subject: str) -> str:
        return self.people.get(subject) or subject.partition(":")[2] or subject

    def _options(self, cases: Sequence[Case]) -> Mapping[str, Options]:
        _ = words(self.reader.language).gettext
        anyone, me = ("", _("Anyone")), (ME, _("Me"))
        any_of = ("", _("Any"))
        yes_no = {
            "open": [any_of, ("yes", _("Open")), ("no", _("Closed"))],
            "overdue": [any_of, ("yes", _("Overdue")), ("no", _("Not overdue"))],
        }
        teams = self._met("team", (case.team for case in cases))
        return {
            "type": self._types(),
            "state": self._states(),
            "assignee": [anyone, me, (NOBODY, _("Nobody")), *self._people("assignee", (one.assignee for one in cases))],
            "creator": [anyone, me, *self._people("creator", (one.creator for one in cases))],
            "team": [any_of, *((team, team_words(team)) for team in teams)] if teams else [],
            **yes_no,
        }

    def _types(self) -> Options:
        _ = words(self.reader.language).gettext
        if len(self.types) < 2:
            return []
        named = sorted((self.type_words(name).casefold(), name) for name in self.types)
        return [("", _("All case types")), *((name, self.type_words(name)) for _place, name in named)]

    def _states(self) -> Options:
        _, only = words(self.reader.language).gettext, self.only
        if only is None:
            return []
        found = ((path, titled_state(only, path, self.reader.language)) for path, _state in walk(only.states))
        return [("", _("Any")), *((path, f"{'– ' * path.count('.')}{title}") for path, title in found)]

    def _people(self, name: str, subjects: Iterable[str | None]) -> Options:
        met = [one for one in self._met(name, subjects) if one not in (ME, NOBODY, self.reader.id)]
        return sorted(((one, self.name(one)) for one in met), key=lambda option: option[1].casefold())

    def _met(self, name: str, values: Iterable[str | None]) -> Sequence[str]:
        """What stands on the page, and what is asked for."""
        return sorted({value for value in (*values, self.asked.given.get(name)) if value})

    def type_words(self, name: str) -> str:
        found = self.types.get(name)
        return titled_case_type(found, self.reader.language) if found else in_words(name)

    def _words(self, name: str, value: str) -> str:
        _ = words(self.reader.language).gettext
        person = {ME: _("me"), NOBODY: _("nobody")}.get(value) or self.name(value)
        only = self.only
        match name:
            case "type":
                return _("Case type: %(type)s", type=self.type_words(value))
            case "state":
                state = titled_state(only, value, self.reader.language) if only else in_words(value)
                return _("State: %(state)s", state=state)
            case "assignee":
                return _("Assignee: %(name)s", name=person)
            case "creator":
                return _("Opened by: %(name)s", name=person)
            case "team":
                return _("Team: %(team)s", team=team_words(value))
            case "open":
                return _("Open") if value == "yes" else _("Closed")
            case "overdue":
                return _("Overdue") if value == "yes" else _("Not overdue")
            case "due_before":
                return _("Due before %(date)s", date=self._day(value))
            case "reference":
                return _("Reference: %(reference)s", reference=value)
        return _("Words: %(words)s", words=value)

    def _day(self, value: str) -> str:
        """What was understood of it, with its weekday."""
        day = meant_day(value, self.reader.zone)
        return told_day(day, Manner(self.reader.language)) if day else value


def team_words(team: str) -> str:
    return in_words(team.rpartition(":")[2])
