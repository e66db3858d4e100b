"""Why somebody may not fire an event now: what, why, what helps, and who could, a sentence each."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.deciding.situation import ADMIN
from app.domain.values.errors import Reason
from app.services.work.case_pages import OpenCase
from app.ui.case.guard_words import needed
from app.ui.case.telling import Telling

MOST_ROLES = 3
NOBODY = "user:"
FIRST = {"state": 0, "four_eyes": 1, "guard": 2, "rule": 3}
"""What is told first: where the case is, before who one is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """`what` names it, `why` says what says no, `helps` what would help. `who` is a sentence about those who could, of
    whom `ask` (subject, name) is the first. `rules` are for administrators only."""

    event: str
    title: str
    what: str
    why: tuple[str, ...]
    helps: tuple[str, ...]
    who: str = ""
    ask: tuple[str, str] | None = None
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Able:
    """Those who could do it now, by subject, and whether there are more than are named."""

    subjects: Sequence[str] = ()
    more: bool = False


def why_not(told: Telling, opened: OpenCase, event: str, reasons: Sequence[Reason], able: Able | None = None) -> Why:
    """Without `able` nothing is said of who could."""
    saying = _Saying(told, opened, event)
    reasons = sorted(reasons, key=lambda reason: FIRST.get(reason.code, len(FIRST)))
    why = tuple(dict.fromkeys(said for reason in reasons for said in saying.of(reason)))
    helps = tuple(dict.fromkeys(said for reason in reasons if (said := saying.help_of(reason))))
    who = who_could(told, able, reasons) if able else ""
    first = able.subjects[0] if able and able.subjects else None
    ask = (first, told.person(first)) if first and "comment" in opened.acts else None
    rules = _rules(reasons) if opened.here.allows(ADMIN) else ()
    return Why(
        event=event, title=told.event(event), what=saying.what(), why=why, helps=helps, who=who, ask=ask, rules=rules
    )


def cannot(told: Telling, case: str, event: str) -> str:
    """`You can't pay EXP-104`; of a title of several words, in quotes."""
    title = told.event(event)
    if " " not in title and title[1:].islower():
        return told.gettext("You can't %(event)s %(case)s", event=title[0].lower() + title[1:], case=case)
    return told.gettext("You can't do “%(event)s” on %(case)s", event=title, case=case)


def name_of(told: Telling, opened: OpenCase) -> str:
    """What a case is called in a sentence: its reference, else what it is."""
    return opened.case.reference or told.gettext("this case")


def who_could(told: Telling, able: Able, reasons: Sequence[Reason]) -> str:
    names = [told.person(subject) for subject in able.subjects]
    if not names:
        nobody = told.gettext("Nobody can do this now.")
        waits = any(reason.code in ("state", "guard", "rule") for reason in reasons)
        return nobody if waits else f"{nobody} {told.gettext('Tell: administrators')}"
    if len(names) <= 2 and not able.more:
        return told.ngettext("%(names)s can.", "%(names)s can.", len(names), names=told.listed(names))
    if able.more:
        return told.gettext("%(names)s and others can.", names=", ".join(names[:2]))
    rest = len(names) - 2
    return told.ngettext(
        "%(names)s and %(num)s more can.", "%(names)s and %(num)s more can.", rest, names=", ".join(names[:2])
    )


class _Saying:
    def __init__(self, told: Telling, opened: OpenCase, event: str) -> None:
        self._told = told
        self._opened = opened
        self._event = event
        self._case = name_of(told, opened)

    def what(self) -> str:
        """The first sentence; where the state says no, it is told there."""
        return cannot(self._told, self._case, self._event)

    def of(self, reason: Reason) -> Sequence[str]:
        match reason.code:
            case "state":
                return [self._state()]
            case "role":
                return [for_roles(self._told, self._event, reason), *self._you_are(reason)]
            case "rule":
                return by_rule(self._told, self._event, reason)
            case "guard":
                return needed(self._told, str(reason.detail.get("guard", "")))
            case "four_eyes":
                return [self._four_eyes(reason)]
        return [self._told.gettext("It depends on something that you may not see.")]

    def help_of(self, reason: Reason) -> str:
        if reason.code != "state":
            return ""
        states = [self._told.state(path) for path in reason.detail.get("open_states", ())]
        if not states:
            return ""
        either = self._told.listed(states, self._told.gettext("or"))
        return self._told.gettext("It can be done once the case is %(states)s.", states=either)

    def _state(self) -> str:
        _, case = self._told.gettext, self._opened.case
        state = self._told.states(case.state)
        if case.closed_at is not None:
            return _("%(case)s is closed: it is %(state)s, and takes no more events.", case=self._case, state=state)
        return _("%(case)s is %(state)s.", case=self._case, state=state)

    def _you_are(self, reason: Reason) -> Sequence[str]:
        if not _roles(reason):
            return ()
        told = self._told
        mine = own_roles(self._opened)
        if not mine:
            return [told.gettext("You have no role here.")]
        return [told.gettext("You are %(roles)s.", roles=told.listed(a_role(told, role) for role in mine[:MOST_ROLES]))]

    def _four_eyes(self, reason: Reason) -> str:
        told, title = self._told, self._told.event(self._event)
        events = [str(event) for event in reason.detail.get("events", ())]
        named = told.listed((f"“{told.event(event)}”" for event in events), told.gettext("or"))
        acted = self._opened.here.around.acted
        me = told.reader.actor.id
        if any(me in acted.get(event, ()) for event in events):
            return told.gettext("You did %(done)s here, so somebody else must do “%(event)s”.", done=named, event=title)
        return told.gettext("Only who did %(done)s here may do “%(event)s”.", done=named, event=title)


def for_roles(told: Telling, event: str, reason: Reason) -> str:
    """Whom an event is for, of a reason that none of the reader's roles is enough."""
    title, roles = told.event(event), _roles(reason)
    if not roles:
        return told.gettext("“%(event)s” is done by the system, or by nobody.", event=title)
    named = told.listed(plural(told, role) for role in roles[:MOST_ROLES])
    return told.gettext("“%(event)s” is for %(roles)s.", event=title, roles=named)


def _roles(reason: Reason) -> Sequence[str]:
    return [str(role) for role in reason.detail.get("roles", ()) if str(role) != "role:system"]


def by_rule(told: Telling, event: str, reason: Reason) -> Sequence[str]:
    """What a line of the policy says no to."""
    _, role, effect = told.gettext, *role_and_effect(str(reason.detail.get("rule", "")))
    condition = reason.detail.get("condition")
    if condition:
        return needed(told, str(condition), holds=effect != "deny")
    title = told.event(event)
    if role == "[creator]":
        return [_("You opened it, so somebody else must do “%(event)s”.", event=title)]
    if role == "[assignee]":
        return [_("You have it, so somebody else must do “%(event)s”.", event=title)]
    if role in ("*", ""):
        return [_("Nobody may do “%(event)s”, whatever else allows it.", event=title)]
    return [_("“%(event)s” is not for %(roles)s.", event=title, roles=plural(told, role))]


def own_roles(opened: OpenCase) -> list[str]:
    """The roles of the reader without those that others of them include."""
    here = opened.here
    mine = sorted(role for role in here.roles if role.startswith("role:"))
    given = {role: here.policy.closure(here.attempt.tenant, NOBODY, frozenset({role}), own=False) for role in mine}
    return [role for role in mine if not any(role in given[other] for other in mine if other != role)]


def role_and_effect(rule: str) -> tuple[str, str]:
    """Of a line of the policy as CSV."""
    fields = next(csv.reader([rule], skipinitialspace=True), [])
    return (fields[1], fields[-1]) if len(fields) > 2 else ("", "")


def plural(told: Telling, role: str) -> str:
    """`supervisors`, in English; elsewhere the role as it is."""
    if role == "[creator]":
        return told.gettext("who opened it")
    if role == "[assignee]":
        return told.gettext("who has it")
    word = told.role(role)
    if told.language != "en" or not word or word.endswith("s"):
        return word
    first, of, rest = word.partition(" of ")
    if of:
        return f"{first}s of {rest}"
    return f"{word[:-1]}ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else f"{word}s"


def a_role(told: Telling, role: str) -> str:
    word = told.role(role)
    if told.language != "en" or not word:
        return word
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _rules(reasons: Sequence[Reason]) -> tuple[str, ...]:
    details: list[dict[str, Any]] = [reason.detail for reason in reasons]
    return tuple(str(detail[key]) for detail in details for key in ("rule", "guard") if detail.get(key))
