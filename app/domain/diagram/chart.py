"""What a diagram shows of a case type: its transitions as rows, gathered to arrows and to events that stay."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.domain.definition.case_type import CaseType, State, Transition, events_of, walk
from app.domain.diagram.phrases import ENGLISH, Phrases

ANY = "*"
START = "^"
MOST_ARROWS: Final = 120
"""Beyond it nobody can follow an arrow: what is far is told in the boxes."""
MANY: Final = 4
"""In a chart of more arrows, one event from so many states into one is told in the box of that state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way from a state (`*` = any): `event` is None where it leaves because it is finished.

    `target` is as declared (`=`, `checks.$history`); `unless_actor_of` and `only_actor_of` are four eyes.
    """

    source: str
    event: str | None
    target: str
    guard: str | None = None
    unless_actor_of: tuple[str, ...] = ()
    only_actor_of: tuple[str, ...] = ()
    title: str | None = None
    internal: bool = False

    @property
    def stays(self) -> bool:
        return self.state == self.source

    @property
    def state(self) -> str:
        """The target without its history."""
        return self.source if self.target == "=" else self.target.split(".$")[0]

    @property
    def history(self) -> str | None:
        return self.target.split(".$")[1].replace("_", " ") if ".$" in self.target else None


@dataclass(frozen=True, slots=True)
class Arrow:
    """All rows that lead from one state to another; the source `^` is the dot where a composite starts."""

    source: str
    target: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """What is told in the box of a state instead of arrows: events that come from so many states, rows that lead on."""

    come: tuple[tuple[Row, int], ...]
    lead: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """States by path in declaration order, arrows, and by state the rows that stay in it and those that are folded."""

    case_type: CaseType
    states: dict[str, State]
    arrows: tuple[Arrow, ...]
    stays: dict[str, tuple[Row, ...]]
    folded: Mapping[str, Folded] = field(default_factory=dict)
    phrases: Phrases = ENGLISH

    @property
    def has_any(self) -> bool:
        return any(arrow.source == ANY for arrow in self.arrows)


def chart(case_type: CaseType, phrases: Phrases = ENGLISH, *, fold: bool = True) -> Chart:
    """`fold`: to be looked at, so that of too many arrows some are told in the boxes."""
    rows = transition_table(case_type)
    moving = [row for row in rows if not row.stays]
    near, folded = _folded(case_type.opening.values(), moving) if fold else (moving, {})
    pairs = _gathered((row.source, row.state, row) for row in near)
    arrows = [Arrow(source, target, tuple(found)) for (source, target), found in pairs.items()]
    stays = _gathered((row.source, "", row) for row in rows if row.stays)
    states = dict(walk(case_type.states))
    return Chart(
        case_type=case_type,
        states=states,
        arrows=(*_openings(case_type), *_initials(states), *arrows),
        stays={source: tuple(found) for (source, _), found in stays.items()},
        folded=folded,
        phrases=phrases,
    )


def transition_table(case_type: CaseType) -> list[Row]:
    """Every transition of a case type in declaration order, one row per source state, then the joins."""
    rows = [
        _row(source, name, transition)
        for name, event in case_type.events.items()
        for transition in event.transitions
        for source in transition.sources
    ]
    joins = [
        Row(source=path, event=None, target=state.on_done) for path, state in walk(case_type.states) if state.on_done
    ]
    return rows + joins


def parent(path: str) -> str:
    """The path of the state around this one; the empty string at the top."""
    return path.rpartition(".")[0]


def level_of(arrow: Arrow) -> str:
    """The innermost state that holds the arrow; an arrow between a state and one inside it is held by the outer."""
    around = arrow.source
    while around and not f"{arrow.target}.".startswith(f"{around}."):
        if f"{around}.".startswith(f"{arrow.target}."):
            return arrow.target
        around = parent(around)
    return around


def shown(name: str, title: str | None) -> str:
    """How people read a name: its title, else the name with spaces."""
    return title or name.replace("_", " ").capitalize()


def event_text(case_type: CaseType, row: Row, phrases: Phrases = ENGLISH) -> str:
    """How people read the event of a row, with what history does to its target and whether it stays in its source."""
    if row.event is None:
        text = phrases.finished
    else:
        declared = case_type.events.get(row.event)
        title = declared.title if declared else None
        text = shown(row.event, row.title or title or case_type.opening_titles.get(row.event))
    history = [phrases.histories.get(row.history, row.history)] if row.history else []
    marks = [*history, *([phrases.internal] if row.internal else [])]
    return f"{text} ({', '.join(marks)})" if marks else text


def _row(source: str, event: str, transition: Transition) -> Row:
    return Row(
        source=source,
        event=event,
        target=transition.to,
        guard=transition.when,
        unless_actor_of=tuple(events_of(transition.unless_actor_of)),
        only_actor_of=tuple(events_of(transition.only_actor_of)),
        title=transition.title,
        internal=transition.internal,
    )


def _openings(case_type: CaseType) -> Iterator[Arrow]:
    openings = case_type.opening
    named = list(openings) != ["open"]
    for target in dict.fromkeys(openings.values()):
        names = [name for name, state in openings.items() if state == target and named]
        yield Arrow(START, target, tuple(Row(source=START, event=name, target=target) for name in names))


def _initials(states: dict[str, State]) -> Iterator[Arrow]:
    for path, state in states.items():
        if state.initial and not state.parallel:
            yield Arrow(f"{path}.{START}", f"{path}.{state.initial}", ())


def _gathered(rows: Iterator[tuple[str, str, Row]]) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for source, target, row in rows:
        found.setdefault((source, target), []).append(row)
    return found


def _folded(openings: Iterable[str], rows: Sequence[Row]) -> tuple[Sequence[Row], Mapping[str, Folded]]:
    """The rows that are drawn, and by state those that are not because there are too many arrows."""
    if len({(row.source, row.state) for row in rows}) <= MOST_ARROWS:
        return rows, {}
    sources = Counter((row.event, row.state) for row in rows)
    few = [row for row in rows if sources[row.event, row.state] < MANY]
    near = _near(openings, few)
    come: dict[str, dict[str | None, tuple[Row, int]]] = defaultdict(dict)
    for row in rows:
        if (count := sources[row.event, row.state]) >= MANY:
            come[row.state].setdefault(row.event, (row, count))
    lead: dict[str, list[Row]] = defaultdict(list)
    for row in few:
        if (row.source, row.state) not in near:
            lead[row.source].append(row)
    folded = {state: Folded(tuple(come[state].values()), tuple(lead[state])) for state in {*come, *lead}}
    return [row for row in few if (row.source, row.state) in near], folded


def _near(openings: Iterable[str], rows: Sequence[Row]) -> frozenset[tuple[str, str]]:
    """The arrows by which each state is first come to, and others in the order in which they are declared."""
    following: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        following[row.source].append(row.state)
    waiting = deque(dict.fromkeys(openings))
    seen = set(waiting)
    near: set[tuple[str, str]] = set()
    while waiting and len(near) < MOST_ARROWS:
        source = waiting.popleft()
        for target in following[source]:
            if target not in seen:
                seen.add(target)
                near.add((source, target))
                waiting.append(target)
    for row in rows:
        if len(near) >= MOST_ARROWS:
            break
        near.add((row.source, row.state))
    return frozenset(near)
