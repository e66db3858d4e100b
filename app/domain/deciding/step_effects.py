"""What a step of a clock can do: each effect with its key in YAML, what it takes, and what it makes of the case."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from app.domain.case.case import Case
from app.domain.deciding.situation import OnCase
from app.domain.definition.case_type import CaseType, Clock, Step
from app.domain.values.names import CASE_ROLE, ROLE, SUBJECT
from app.domain.values.near_names import choose, quoted

MOST_URGENT: Final = 100
TEAM: Final = re.compile(r"team:[A-Za-z0-9][A-Za-z0-9_.-]*")
WHITE: Final = re.compile(r"[\s\\]")
NOTIFIED: Final = (ROLE, SUBJECT, CASE_ROLE, TEAM)
ASSIGNED: Final = (SUBJECT, CASE_ROLE, TEAM)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a value, and what to do about it."""

    message: str
    remedy: str
    severity: Literal["error", "warning"] = "error"


def _anything_is_right(value: Any, case_type: CaseType) -> Iterator[Wrong]:
    return iter(())


def _as_it_was(here: OnCase, case: Case, value: Any) -> Case:
    return case


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEffect:
    """One of the things that a step can do, by the value under its `key`, which is its field of `Step`.

    `takes` and `meaning` say what belongs there in words, `check` what is wrong with it. `case_after` makes another
    case of it, in which only `changes` differ. What `fires` is an event, decided once the step is recorded; what
    `tells` is whom to tell.
    """

    key: str
    takes: str
    meaning: str | None = None
    check: Callable[[Any, CaseType], Iterator[Wrong]] = _anything_is_right
    case_after: Callable[[OnCase, Case, Any], Case] = _as_it_was
    changes: tuple[str, ...] = ()
    fires: bool = False
    tells: bool = False


def effects_of(step: Step | None) -> list[tuple[StepEffect, Any]]:
    """What a step does, each with its value; nothing where there is none, as at the implicit end of a clock."""
    if step is None:
        return []
    found = ((effect, getattr(step, effect.key)) for effect in STEP_EFFECTS)
    return [(effect, value) for effect, value in found if value is not None]


def events_fired(step: Step | None) -> list[str]:
    return [value for effect, value in effects_of(step) if effect.fires]


StepKey = tuple[str, int, str]
"""Of a value in its clock: `steps`, which step, and the key."""


def fired_by(clock: Clock) -> list[tuple[StepKey, str]]:
    """The events that the steps of a clock fire."""
    return _values(clock, lambda effect: effect.fires)


def told_by(clock: Clock) -> list[tuple[StepKey, str]]:
    """Whom the steps of a clock tell."""
    return _values(clock, lambda effect: effect.tells)


def _values(clock: Clock, wanted: Callable[[StepEffect], bool]) -> list[tuple[StepKey, str]]:
    return [
        (("steps", index, effect.key), value)
        for index, step in enumerate(clock.steps)
        for effect, value in effects_of(step)
        if wanted(effect)
    ]


def _names_somebody(named: str, case_type: CaseType) -> Iterator[Wrong]:
    if not _is_one_of(NOTIFIED, named):
        remedy = "write `role:NAME`, `user:NAME`, `team:NAME` or a case role in brackets"
        yield Wrong(f"{quoted(named)} names nobody", remedy, "warning")


def _more_urgent(here: OnCase, case: Case, by: int) -> Case:
    return replace(case, urgency=min(case.urgency + by, MOST_URGENT))


def _can_be_assigned(to: str, case_type: CaseType) -> Iterator[Wrong]:
    if not _is_one_of(ASSIGNED, to):
        what = "is nobody in particular" if ROLE.fullmatch(to) else "names nobody"
        yield Wrong(f"{quoted(to)} {what}", "write `user:NAME`, `team:NAME` or a case role in brackets")


def _is_one_of(names: tuple[re.Pattern[str], ...], written: str) -> bool:
    return any(name.fullmatch(written) for name in names)


def _assigned(here: OnCase, case: Case, to: str) -> Case:
    """To somebody, to a team (and nobody of it yet), or to whoever has a role on the case."""
    if to.startswith("team:"):
        after = replace(case, team=to, assignee=None if to != case.team else case.assignee)
    else:
        after = replace(case, assignee=_holder(here, case, to))
    return after if after == case else replace(after, version=case.version + 1)


def _holder(here: OnCase, case: Case, to: str) -> str | None:
    if not to.startswith("["):
        return to
    if to == "[creator]":
        return case.creator
    holders = sorted(subject for subject, roles in here.around.roles.items() if to in roles)
    return holders[0] if holders else case.assignee


def _is_an_address(address: str, case_type: CaseType) -> Iterator[Wrong]:
    try:
        url = urlsplit(address)
        sound = url.scheme == "https" and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        sound = False
    if not sound or WHITE.search(address):
        yield Wrong(f"{quoted(address)} is no https address", "write `https://HOST/PATH`")
    elif url.username is not None or url.password is not None:
        yield Wrong("the address holds a password or a user", "keep secrets out of the file")


def _is_an_event(event: str, case_type: CaseType) -> Iterator[Wrong]:
    if event not in case_type.events:
        yield Wrong(f"unknown event {quoted(event)}", choose(event, list(case_type.events), "events"))


STEP_EFFECTS: Final = (
    StepEffect(key="notify", takes="whom to notify, such as `role:supervisor`", check=_names_somebody, tells=True),
    StepEffect(key="urgency", takes="a whole number from 0 to 100", case_after=_more_urgent, changes=("urgency",)),
    StepEffect(
        key="assign",
        takes="whom to assign to, such as `user:alice`",
        check=_can_be_assigned,
        case_after=_assigned,
        changes=("assignee", "team"),
    ),
    StepEffect(key="webhook", takes="a text", check=_is_an_address),
    StepEffect(
        key="fire",
        takes="the name of an event",
        meaning="Fired as `system:sla`, guarded by policy like any other.",
        check=_is_an_event,
        fires=True,
    ),
)
"""In the order in which a step does them: what is fired is decided on the case as the others have made it."""
KEYS: Final = tuple(sorted((effect.key for effect in STEP_EFFECTS), key=list(Step.model_fields).index))
"""In the order in which `Step` declares them."""
CHANGES: Final = tuple(name for effect in STEP_EFFECTS for name in effect.changes)
"""What of a case a step can change."""
