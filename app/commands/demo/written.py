"""The sample as it is written in YAML beside the code: people, what cases are about, and the ways that they go."""

from collections.abc import Mapping
from datetime import time, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from app.domain.declaring.reading.yaml_source import parse
from app.domain.definition.durations import parse_duration

FOLDER = Path(__file__).parent / "sample"
CASE_TYPES = ("expense_claim", "incident", "permit")
Length = Annotated[timedelta, BeforeValidator(parse_duration)]
Moment = Annotated[time, BeforeValidator(time.fromisoformat)]
Value = Any
"""A value; of a list one is drawn, of `{from, to}` a number, of `{days_before: [n, m]}` a day. A text may name what is
known of the case in braces (`{purpose}`, `{amount_cents|money}`, `{clerk}`); where that is all of it, it is that value
itself."""


class Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Act(Written):
    """What somebody does: `by` a role of the cast or a person, `do` an event or a verb; `tries` is one that is refused.

    `after` is working time since the step before, `later` time by the clock; it is `within` so long by the clock also
    where the case is late, because a clock of the case type would fire then.
    """

    by: str
    do: str = ""
    tries: str = ""
    after: Length = timedelta(minutes=25)
    later: Length | None = None
    within: Length = timedelta.max
    data: Mapping[str, Value] | None = None
    payload: Mapping[str, Value] | None = None
    reason: Value = None
    say: Value = None
    mention: str | None = None
    team: str | None = None
    file: str | None = None
    link: str | None = None
    give: str | None = None


class Course(Written):
    """A way that cases go, of which `weight` says how often they went it; `subjects` is what they are about."""

    weight: int = 0
    subjects: str
    steps: tuple[Act, ...]


class Opened(Written):
    """Cases that wait today: `count` of a course, spread over a day. `ends`: that is the day of their last step."""

    course: str
    count: int
    working_days_ago: int | None = None
    days_ago: int = 0
    between: tuple[Moment, Moment] = (time(9, 5), time(16, 40))
    ends: bool = False


class Past(Written):
    """How many cases there were in so many weeks; `late` is the share in which one step takes far too long."""

    weeks: int
    cases: int
    late: float


class File(Written):
    """Lines of a PDF, a text, or boxes of a picture (left, top, width, height, colour)."""

    name: str
    lines: tuple[str, ...] = ()
    text: str = ""
    size: tuple[int, int] = (0, 0)
    boxes: tuple[tuple[int, int, int, int, str], ...] = ()


class Sample(Written):
    """All that is written of one case type. `with` is what its subjects leave out."""

    case_type: str
    prefix: str
    past: Past
    cast: Mapping[str, tuple[str, ...]]
    pools: Mapping[str, Value]
    subjects: Mapping[str, tuple[Mapping[str, Value], ...]]
    besides: Mapping[str, Value] = Field(alias="with")
    files: Mapping[str, File]
    courses: Mapping[str, Course]
    open: tuple[Opened, ...]


class Story(Written):
    """A case by name, of which a guide or a line tells."""

    case_type: str
    reference: str
    data: Mapping[str, Value]
    steps: tuple[Act, ...]


class Person(Written):
    """Somebody of the sample tenant; roles and teams are bare names."""

    subject: str
    name: str
    does: str
    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    zone: str = "Europe/Berlin"
    language: Literal["en", "de"] = "en"

    @property
    def held(self) -> tuple[str, ...]:
        """Whoever works in a team has the role of its name: that is how the queues know."""
        return self.roles + self.teams


@cache
def samples() -> tuple[Sample, ...]:
    return tuple(Sample.model_validate(_read(name)) for name in CASE_TYPES)


@cache
def stories() -> tuple[Story, ...]:
    return TypeAdapter(tuple[Story, ...]).validate_python(_read("stories"))


@cache
def persons() -> tuple[Person, ...]:
    return TypeAdapter(tuple[Person, ...]).validate_python(_read("people"))


def _read(name: str) -> Any:
    return parse((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), name).value
