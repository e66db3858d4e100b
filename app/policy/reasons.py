"""Say why the policy refused, and what would change its mind, in sentences for a person."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from app.domain.case.attempt import ANYONE
from app.domain.definition import titles
from app.domain.definition.case_type import CaseType
from app.domain.values.errors import Reason
from app.domain.verbs.registry import ACTS
from app.policy.conditions import Subject, holds
from app.policy.lines import EVERY, Rule, is_case_role, is_event

MAX_REASONS = 8  # they are written to the log, whose entries are bounded


def deciding_rule(rules: Sequence[Rule], subject: Subject, allowed: bool) -> Rule | None:
    """The line that decided: the first that matches with the effect; None where nothing allowed."""
    return next(_matching(rules, subject, "allow" if allowed else "deny"), None)


def wish_of(case_type: str, act: str, declared: CaseType | None) -> str:
    """What completes `may ...`; by the titles of the case type and its event, where it is known."""
    kind = titles.of_case_type(declared) if declared else case_type.replace("_", " ")
    if not is_event(act):
        return f"{ACTS.get(act, act)} {'every case' if case_type == EVERY else f'this {kind}'}"
    return f"fire {titles.of_event(declared, act) if declared else act} on this {kind}"


def refusal(rules: Sequence[Rule], subject: Subject, wish: str, could: Sequence[str]) -> tuple[Reason, ...]:
    """What said no to a wish: at most MAX_REASONS lines of each effect."""
    denied = [_denied(rule, subject, wish) for rule in islice(_matching(rules, subject, "deny"), MAX_REASONS)]
    if next(_matching(rules, subject, "allow"), None):
        return tuple(denied)
    held = (rule for rule in rules if rule.eft == "allow" and rule.role in subject.roles)
    missed = [_missed(rule, subject, wish) for rule in islice(held, MAX_REASONS)]
    return (*denied, *(missed or [_no_role(subject, wish, could)]))


def _matching(rules: Iterable[Rule], subject: Subject, eft: str) -> Iterator[Rule]:
    return (rule for rule in rules if rule.eft == eft and rule.role in subject.roles and holds(rule.when, eft, subject))


def _denied(rule: Rule, subject: Subject, wish: str) -> Reason:
    error = subject.truth(rule.when).error
    subjects = "Nobody may" if rule.role == ANYONE else f"{_who(rule.role)} may not"
    if error is not None:
        message = f"{subjects} {wish} while it is unknown whether `{rule.when}`: {error}."
        remedy = f"It takes values for which `{rule.when}` is known not to hold"
    elif rule.when:
        message = f"{subjects} {wish} while `{rule.when}`."
        remedy = f"It takes values for which `{rule.when}` does not hold"
    else:
        message = f"{subjects} {wish}, whatever else allows it."
        remedy = "It takes a change of the policy"
    other = "." if rule.role == ANYONE else f", or somebody who is not {_whom(rule.role)}."
    return Reason("rule", message, remedy + other, _detail(rule, subject))


def _missed(rule: Rule, subject: Subject, wish: str) -> Reason:
    error = subject.truth(rule.when).error
    why = "that does not hold" if error is None else f"that cannot be told: {error}"
    message = f"{_who(rule.role)} may {wish} only while `{rule.when}`, and {why}."
    remedy = f"It takes values for which `{rule.when}` holds, or another role."
    return Reason("rule", message, remedy, _detail(rule, subject))


def _no_role(subject: Subject, wish: str, could: Sequence[str]) -> Reason:
    held = ", ".join(sorted(subject.roles - {ANYONE}))
    message = f"None of the roles held ({held}) may {wish}." if held else f"Without a role nobody may {wish}."
    remedy = f"It takes {_either(could)}." if could else "No role may: the policy has no line that allows it."
    return Reason("role", message, remedy, {"roles": list(could)})


def _detail(rule: Rule, subject: Subject) -> dict[str, Any]:
    detail: dict[str, Any] = {"rule": rule.text}
    if rule.when:
        error = subject.truth(rule.when).error
        detail |= {"condition": rule.when, "saw": subject.saw(rule.when)} | ({"error": error} if error else {})
    return detail


def _who(role: str) -> str:
    return "Anyone" if role == ANYONE else f"The {role[1:-1]} of the case" if is_case_role(role) else role


def _whom(role: str) -> str:
    return "anyone" if role == ANYONE else f"the {role[1:-1]} of the case" if is_case_role(role) else role


def _either(roles: Sequence[str]) -> str:
    *several, last = (_whom(role) for role in roles)
    return f"{', '.join(several)} or {last}" if several else last
