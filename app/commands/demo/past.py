"""The weeks before the demo: cases that people opened, worked on and closed, made up by a generator with a seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, count
from random import Random

from app.commands.demo.drawing import Drawn
from app.commands.demo.written import Act, Course, File, Opened, Sample, Story, samples, stories
from app.domain.calendars.business_time import Calendar
from app.domain.definition.calendar_file import CalendarFile
from app.domain.values.json import Data

OFFICE = Calendar.compiled(CalendarFile(zone="Europe/Berlin", weekly={"mon-fri": ["08:00-12:30", "13:15-17:30"]}))
FIRST = 1001
SLOW = 8
"""By how much a step takes longer where a case is late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What somebody did and when: an event, or a verb. `to` is the reference of the case that is linked, `tried` says
    that it is to be refused."""

    who: str
    act: str
    at: datetime
    tried: bool = False
    data: Data | None = None
    payload: Data | None = None
    reason: str | None = None
    said: str | None = None
    mentions: tuple[str, ...] = ()
    team: str | None = None
    file: File | None = None
    link: str | None = None
    to: str = ""
    give: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class PastCase:
    """A case as it was lived; the first step opens it."""

    case_type: str
    reference: str
    data: Data
    steps: tuple[Step, ...]


def past_cases(now: datetime, seed: int = 1) -> list[PastCase]:
    """Every case of the sample, as far as it has come: the same for a seed and a day, but for what is not yet."""
    day = now.astimezone(OFFICE.zone).date()
    lived = chain(_stories(day, seed), *(_numbered(sample, _of(sample, day, seed)) for sample in samples()))
    return [begun for case in lived if (begun := _until(case, now)).steps]


def _until(case: PastCase, now: datetime) -> PastCase:
    return replace(case, steps=tuple(step for step in case.steps if step.at < now))


def _of(sample: Sample, day: date, seed: int) -> Iterator[PastCase]:
    numbers = count(1)
    for opened, course, late in [*_gone(sample, day, seed), *_waiting(sample, day, seed)]:
        number = next(numbers)
        chance = Random(f"{seed} {day} {sample.case_type} {number}")  # noqa: S311  nothing that it draws is secret
        slow = chance.randrange(1, len(course.steps)) if len(course.steps) > 1 and chance.random() < late else None
        yield _case(sample, course, _moments(course.steps, opened, chance, slow), number, chance)


@dataclass(frozen=True, slots=True)
class _Pin:
    """The moment of the first step, or of the last one."""

    at: datetime
    last: bool = False


def _gone(sample: Sample, day: date, seed: int) -> Iterator[tuple[_Pin, Course, float]]:
    """Those of the weeks, opened evenly in the time that people worked."""
    chance = Random(f"{seed} {day} {sample.case_type}")  # noqa: S311
    often = [course for course in sample.courses.values() if course.weight]
    end = _local(day + timedelta(days=1), time())
    start = end - timedelta(weeks=sample.past.weeks)
    worked = OFFICE.worked(start, end)
    for number in range(sample.past.cases):
        at = OFFICE.advance(start, worked * (number + chance.random()) / sample.past.cases)
        [course] = chance.choices(often, [one.weight for one in often])
        yield _Pin(at), course, sample.past.late


def _waiting(sample: Sample, day: date, seed: int) -> Iterator[tuple[_Pin, Course, float]]:
    """Those that keep a queue full, spread over the days that they are told for."""
    chance = Random(f"{seed} {day} {sample.case_type} open")  # noqa: S311
    for told in sample.open:
        start, end = (_local(_day_of(told, day), moment) for moment in told.between)
        for number in range(told.count):
            at = start + (end - start) * (number + chance.random()) / told.count
            yield _Pin(at, told.ends), sample.courses[told.course], 0


def _day_of(told: Opened, day: date) -> date:
    return day - timedelta(days=told.days_ago) if told.working_days_ago is None else _worked(day, told.working_days_ago)


def _worked(day: date, ago: int) -> date:
    """The day on which people worked last, or so many of those before it."""
    while ago or not OFFICE.works_on(day):
        ago -= OFFICE.works_on(day)
        day -= timedelta(days=1)
    return day


def _moments(steps: Sequence[Act], pin: _Pin, chance: Random, slow: int | None) -> list[datetime]:
    """When each step was, from the first on or back from the last."""
    at, moments = pin.at, [pin.at]
    for place in range(len(steps) - 1, 0, -1) if pin.last else range(1, len(steps)):
        share = chance.uniform(0.6, 1.4) * (SLOW if place == slow else 1)
        at = _after(at, steps[place], share, back=pin.last) + timedelta(seconds=0 if pin.last else chance.randrange(90))
        moments.append(at)
    return sorted(moments)


def _after(at: datetime, act: Act, share: float, *, back: bool) -> datetime:
    if act.later is not None:
        moment = at - act.later * share if back else at + act.later * share
    else:
        moment = OFFICE.retreat(at, act.after * share) if back else OFFICE.advance(at, act.after * share)
    return moment if abs(moment - at) < act.within else at + (-act.within if back else act.within)


def _case(sample: Sample, course: Course, moments: Sequence[datetime], number: int, chance: Random) -> PastCase:
    drawn = Drawn(chance, sample.cast, sample.pools)
    drawn.know("number", 88000 + number)
    subject = chance.choice(sample.subjects[course.subjects])
    drawn.person(course.steps[0].by)
    data = drawn.data({**sample.besides, **subject}, at=moments[0])
    steps = tuple(_step(act, at, drawn, sample) for act, at in zip(course.steps, moments, strict=True))
    return PastCase(sample.case_type, "", data, steps)


def _step(act: Act, at: datetime, drawn: Drawn, sample: Sample | None = None) -> Step:
    return Step(
        who=drawn.person(act.by),
        act=act.do or act.tries,
        at=at,
        tried=bool(act.tries),
        data=drawn.values(act.data, at),
        payload=drawn.values(act.payload, at),
        reason=drawn.text(act.reason, at),
        said=drawn.text(act.say, at),
        mentions=(f"user:{drawn.person(act.mention)}",) if act.mention else (),
        team=f"team:{act.team}" if act.team else None,
        file=_filled(sample.files[act.file], drawn, at) if act.file and sample else None,
        link=act.link,
        give=(f"user:{drawn.person(act.give)}", f"[{act.give}]") if act.give else None,
    )


def _filled(file: File, drawn: Drawn, at: datetime) -> File:
    lines = tuple(str(drawn.value(line, at)) for line in file.lines)
    return file.model_copy(update={"lines": lines, "text": drawn.text(file.text, at)})


def _numbered(sample: Sample, cases: Iterator[PastCase]) -> Iterator[PastCase]:
    """In the order in which they were opened; a link goes to the one before of the same person, else of anybody."""
    before: dict[str, str] = {}
    last = ""
    for number, case in enumerate(sorted(cases, key=lambda case: case.steps[0].at), start=FIRST):
        reference, opener = f"{sample.prefix}-{case.steps[0].at:%Y}-{number}", case.steps[0].who
        to = before.get(opener, last)
        steps = tuple(replace(step, to=to) if step.link else step for step in case.steps if to or not step.link)
        yield replace(case, reference=reference, steps=steps)
        before[opener] = last = reference


def _stories(day: date, seed: int) -> Iterator[PastCase]:
    """Those with names of their own, which came to their end on the last day that people worked before this one."""
    for story in stories():
        chance = Random(f"{seed} {day} {story.reference}")  # noqa: S311
        yield _story(story, _worked(day - timedelta(days=1), 0), chance)


def _story(story: Story, day: date, chance: Random) -> PastCase:
    drawn = Drawn(chance, {}, {})
    end = _local(day, time(10, 30)) + timedelta(minutes=chance.randrange(360))
    moments = _moments(story.steps, _Pin(end, last=True), chance, None)
    data = drawn.data(story.data, at=end)
    steps = tuple(_step(act, at, drawn) for act, at in zip(story.steps, moments, strict=True))
    return PastCase(story.case_type, story.reference, data, steps)


def _local(day: date, at: time) -> datetime:
    return datetime.combine(day, at, OFFICE.zone).astimezone(UTC)
