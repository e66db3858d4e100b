"""What a diagram says besides the titles of its case type; pages give it in their language."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """In English where nobody says otherwise. What stands in brackets is filled in."""

    finished: str = "when finished"
    internal: str = "internal"
    histories: Mapping[str, str] = field(default_factory=lambda: {"history": "history", "deep history": "deep history"})
    somebody_else: str = "by someone else (four eyes)"
    stays: str = "stays: {events}"
    stays_anywhere: str = "In any open state, without leaving it"
    stays_in: str = "In {state}, without leaving it"
    ways: str = "From {source} to {target}"
    events: str = "{number} events ({note})"
    events_stay: str = "{number} events stay ({note})"
    comes: str = "{event} from {number} states"
    comes_to: str = "To {state}, from many states"
    events_come: str = "{number} events come from many states ({note})"
    leads: str = "{event} to {state}"
    leads_on: str = "From {state}"
    events_lead: str = "{number} more events lead on ({note})"
    any_state: str = "any state"
    start: str = "the start"


ENGLISH = Phrases()
