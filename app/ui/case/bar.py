"""The first lines of a case's page: what it is, where it stands, whose it is, and what may be done with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.definition.titles import in_words, titled
from app.services.cases.views import PossibleEvent
from app.services.work.case_pages import OpenCase
from app.ui.case.clock_chips import Chip, chips
from app.ui.case.telling import Telling
from app.ui.case.values import in_line, is_empty

MOST_BUTTONS = 3
SHORT_ID = 8


@dataclass(frozen=True, slots=True)
class EventButton:
    """`asks` says that it needs input, and so leads to a page of its own; `hint` what it is for."""

    event: str
    title: str
    asks: bool
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    reference: str
    title: str
    case_type: str
    states: tuple[str, ...]
    closed: bool
    team: str
    chips: tuple[Chip, ...]
    first: tuple[EventButton, ...]
    more: tuple[EventButton, ...]

    @property
    def name(self) -> str:
        return f"{self.reference} {self.title}".strip()


def bar(told: Telling, opened: OpenCase) -> Bar:
    case = opened.case
    buttons = _buttons(told, opened.possible.events)
    return Bar(
        reference=reference(opened),
        title=_title(told, opened),
        case_type=told.case_type(),
        states=tuple(told.state(path) for path in case.states),
        closed=case.closed_at is not None,
        team=in_words((case.team or "").partition(":")[2]),
        chips=chips(told, opened.clocks),
        first=buttons[:MOST_BUTTONS],
        more=buttons[MOST_BUTTONS:],
    )


def reference(opened: OpenCase) -> str:
    """The reference; of a case without one the beginning of its id, which tells it from others."""
    return opened.case.reference or opened.case.id[:SHORT_ID]


def asks(event: PossibleEvent) -> bool:
    """Whether an event takes data, a payload or a reason."""
    return event.form or event.payload_schema is not None or event.reason is not None


def _title(told: Telling, opened: OpenCase) -> str:
    views = opened.views
    if views is None or views.title is None or is_empty(told.value_at(views.title)):
        return ""
    return in_line(told, {}, told.value_at(views.title))


def _buttons(told: Telling, events: Sequence[PossibleEvent]) -> tuple[EventButton, ...]:
    return tuple(EventButton(one.event, told.event(one.event), asks(one), _hint(told, one.event)) for one in events)


def _hint(told: Telling, event: str) -> str:
    return titled(told.declared.events[event].description, told.language)
