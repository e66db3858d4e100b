"""The diagram of a case type in a reader's language: laid out once, and drawn for any case."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from app.domain.definition.case_type import CaseType
from app.domain.definition.in_language import in_language
from app.domain.definition.titles import titled_case_type, titled_state
from app.domain.diagram.inlined import NOWHERE, Plan, plan
from app.domain.diagram.phrases import Phrases
from app.domain.diagram.travelled import Travelled
from app.ui.frame.words import Words
from app.ui.types.conditions import in_words

LARGEST: Final = 40_000
"""Characters of a diagram that stands in a page; a larger one is a page of its own."""
MOST_KEPT: Final = 64
MOST_WAYS: Final = 128

_plans: OrderedDict[tuple[str, str], tuple[Plan, int]] = OrderedDict()
_ways: OrderedDict[Hashable, Markup] = OrderedDict()
"""What was drawn of late: many cases come the same way."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """`svg` is None where the diagram is too large for a page beside other things."""

    label: str
    svg: Markup | None


async def drawing(
    case_type: CaseType,
    digest: str,
    words: Words,
    *,
    current: Sequence[str] = (),
    travelled: Travelled = NOWHERE,
    label: str | None = None,
    whole: bool = False,
    part: bool = False,
) -> Drawing:
    """`current` are the active leaf states of a case, `travelled` its way so far. `whole`: whatever its
    size; `part`: what stands around these states. `digest` is the hash of the version."""
    known = (digest, words.language)
    if known not in _plans:
        _plans[known] = await asyncio.to_thread(_planned, case_type, words)
        if len(_plans) > MOST_KEPT:
            _plans.popitem(last=False)
    _plans.move_to_end(known)
    planned, size = _plans[known]
    label = label or _label(case_type, current, words)
    if size > LARGEST and not whole:
        return Drawing(label, None)
    if size > LARGEST:
        return Drawing(label, _markup(await asyncio.to_thread(planned.drawn, label, current, travelled)))
    way = (*known, label, tuple(current), travelled.moves, part)
    if way not in _ways:
        at_once = not travelled.moves
        _ways[way] = _markup(
            planned.drawn(label, current, part=part)
            if at_once
            else await asyncio.to_thread(planned.drawn, label, current, travelled, part)
        )
        if len(_ways) > MOST_WAYS:
            _ways.popitem(last=False)
    return Drawing(label, _ways[way])


def _markup(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704 (every text in it is escaped, and tests hold it to that)


def _planned(case_type: CaseType, words: Words) -> tuple[Plan, int]:
    """Laid out, which of a large case type takes a fifth of a second; and how large it is when it is drawn."""
    spoken = in_language(case_type.model_copy(update={"data": {"type": "object"}}), words.language)
    planned = plan(_worded(spoken, case_type, words), _phrases(words))
    return planned, len(planned.drawn(""))


def _worded(spoken: CaseType, case_type: CaseType, words: Words) -> CaseType:
    """With guards in words, where there are words for all of one."""
    events = {}
    for name, event in spoken.events.items():
        ways = [
            way.model_copy(update={"when": _guard(way.when, case_type, event.payload, words)})
            for way in event.transitions
        ]
        events[name] = event.model_copy(update={"transitions": ways})
    return spoken.model_copy(update={"events": events})


def _guard(guard: str | None, case_type: CaseType, payload: Mapping[str, Any] | None, words: Words) -> str | None:
    said = in_words(guard, case_type, payload, words) if guard else None
    return "; ".join(said) if said else guard


def _label(case_type: CaseType, current: Sequence[str], words: Words) -> str:
    title = titled_case_type(case_type, words.language)
    if not current:
        return words.gettext("State diagram: %(title)s", title=title)
    states = ", ".join(titled_state(case_type, state, words.language) for state in current)
    return words.gettext("State diagram: %(title)s. The case is in: %(states)s", title=title, states=states)


def _phrases(words: Words) -> Phrases:
    say = words.gettext
    return Phrases(
        finished=say("when finished"),
        internal=say("internal"),
        histories={"history": say("where it was"), "deep history": say("where each was")},
        somebody_else=say("by someone else (four eyes)"),
        stays=say("stays: {events}"),
        stays_anywhere=say("In any open state, without leaving it"),
        stays_in=say("In {state}, without leaving it"),
        ways=say("From {source} to {target}"),
        events=say("{number} events ({note})"),
        events_stay=say("{number} events stay ({note})"),
        comes=say("{event} from {number} states"),
        comes_to=say("To {state}, from many states"),
        events_come=say("{number} events come from many states ({note})"),
        leads=say("{event} to {state}"),
        leads_on=say("From {state}"),
        events_lead=say("{number} more events lead on ({note})"),
        any_state=say("any state"),
        start=say("the start"),
    )
