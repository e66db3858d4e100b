"""The weeks before the demo: cases that people opened, worked on and closed, made up by a generator with a seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from app.commands.demo.people import PEOPLE
from app.domain.calendars.business_time import Calendar
from app.domain.definition.calendar_file import CalendarFile
from app.domain.values.json import Data

WEEKS = 8
CASES = {"expense_claim": 140, "incident": 120, "permit": 40}
OFFICE = Calendar.compiled(CalendarFile(zone="Europe/Berlin", weekly={"mon-fri": ["08:00-12:30", "13:15-17:30"]}))
LATE = 0.15
"""The share of cases on which one step takes far longer than it should."""


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody did and when: an event, `claim` or `comment`, with words as in the stories."""

    who: str
    act: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PastCase:
    """A case as it was lived; the first step opens it."""

    case_type: str
    reference: str
    data: Data
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Course:
    """A way that cases of one type go: how often, and `HOURS WHO ACT: words` for each step, in working hours."""

    weight: int
    steps: tuple[str, ...]


def past_cases(now: datetime, seed: int = 1) -> Iterator[PastCase]:
    """Every past case, the same each time but for `now`; what would happen after it has not happened yet."""
    for case_type, count in CASES.items():
        chance = Random(f"{seed} {case_type}")  # noqa: S311  nothing that it draws is secret
        for number in range(count):
            opened = OFFICE.opens(now - WEEKS * timedelta(weeks=1) * (1 - (number + chance.random()) / count))
            steps = tuple(step for step in _lived(case_type, opened, chance) if step.at < now)
            data = _data(case_type, chance, steps[0].who if steps else "")
            if steps:
                yield PastCase(case_type, f"{PREFIXES[case_type]}-{opened:%Y}-{1000 + number}", data, steps)


def _lived(case_type: str, opened: datetime, chance: Random) -> Iterator[Step]:
    courses = COURSES[case_type]
    [course] = chance.choices(courses, [one.weight for one in courses])
    slow = chance.randrange(1, len(course.steps)) if len(course.steps) > 1 and chance.random() < LATE else None
    people: dict[str, str] = {}
    at = opened
    for place, written in enumerate(course.steps):
        hours, role, rest = written.split(" ", 2)
        act, _, words = rest.partition(": ")
        takes = float(hours) * chance.uniform(0.4, 1.5) * (8 if place == slow else 1)
        at = OFFICE.advance(at, timedelta(hours=takes)) + timedelta(seconds=chance.randrange(600))
        yield Step(_somebody(role, people, chance), act, words, at.astimezone(UTC))


def _somebody(role: str, people: dict[str, str], chance: Random) -> str:
    """The person who has the role on this case; two roles are two people where there are enough."""
    if role not in people:
        there = ROLES.get(role) or [name for name, person in PEOPLE.items() if role in person.roles]
        people[role] = chance.choice([name for name in there if name not in people.values()] or there)
    return people[role]


def _data(case_type: str, chance: Random, who: str) -> Data:
    if case_type == "expense_claim":
        purpose, euros = chance.choice(EXPENSES)
        cents = int(euros * chance.uniform(60, 140))
        return {
            "amount_cents": cents,
            "currency": "EUR",
            "purpose": purpose,
            "cost_centre": f"CC-{chance.randrange(9)}",
        }
    if case_type == "incident":
        summary, service = chance.choice(INCIDENTS)
        priority = chance.choice((2, 3, 3, 3, 4))
        return {"summary": summary, "priority": priority, "service": service, "reporter_name": who.title()}
    return {
        "applicant_name": chance.choice(APPLICANTS),
        "site": f"{chance.choice(STREETS)} {chance.randrange(1, 90)}",
        "project": chance.choice(PROJECTS),
        "floor_area_m2": chance.choice((45, 60, 75, 80, 90)),
        "protected_area": False,
    }


PREFIXES = {"expense_claim": "EXP", "incident": "INC", "permit": "PER"}
ROLES = {"claimant": ["ann", "ben"], "reporter": ["ann", "ben"], "applicant": ["ann", "ben"]}
STREETS = ("Ahornweg", "Brunnengasse", "Gartenstrasse", "Lindenallee", "Seeufer", "Steinweg")
APPLICANTS = ("Nora Feld", "Jonas Berg", "Mia Sommer", "Lena Wirth", "Omar Haddad", "Ida Kern")

COURSES = {
    "expense_claim": (
        _Course(12, ("0 claimant submit", "2 clerk claim", "1 clerk triage", "4 supervisor approve", "6 cashier pay")),
        _Course(
            2,
            (
                "0 claimant save",
                "5 claimant submit",
                "2 clerk claim",
                "1 clerk triage",
                "2 clerk comment: The receipt is hard to read, but the amount is right.",
                "5 supervisor approve: as agreed",
                "8 cashier pay",
            ),
        ),
        _Course(2, ("0 claimant submit", "2 clerk triage", "5 supervisor reject: The receipt is of another month")),
        _Course(
            1,
            (
                "0 claimant submit",
                "3 clerk claim",
                "1 clerk triage",
                "1 clerk comment: Waiting for the receipt.",
                "30 supervisor approve",
                "6 cashier pay",
            ),
        ),
        _Course(1, ("0 claimant save",)),
        _Course(1, ("0 claimant submit",)),
        _Course(1, ("0 claimant submit", "4 clerk claim", "1 clerk triage", "2 clerk comment: Who was at the dinner?")),
    ),
    "incident": (
        _Course(
            5,
            (
                "0 reporter report",
                "1 agent triage: 3",
                "1 agent claim",
                "5 agent resolve: The service was started again",
                "6 reporter close",
            ),
        ),
        _Course(
            3,
            (
                "0 reporter report",
                "1 agent triage: 3",
                "2 agent escalate: The usual remedies did not help",
                "1 engineer claim",
                "1 engineer comment: Seen in the log since the last release.",
                "6 engineer resolve: A fault of the last release, mended",
                "8 reporter close",
            ),
        ),
        _Course(
            2,
            (
                "0 reporter report",
                "1 agent triage: 3",
                "1 agent claim",
                "2 agent wait: Since when?",
                "8 reporter answer: Since Monday",
                "4 agent resolve: The settings were put right",
                "5 reporter close",
            ),
        ),
        _Course(
            1,
            (
                "0 reporter report",
                "1 agent triage: 4",
                "3 agent claim",
                "30 agent resolve: Replaced",
                "6 reporter close",
            ),
        ),
        _Course(1, ("0 reporter report", "2 reporter cancel: It works again")),
    ),
    "permit": (
        _Course(
            4,
            (
                "0 applicant apply",
                "4 intake accept",
                "10 building_inspector claim",
                "8 building_inspector clear_building",
                "12 environment_officer clear_environment",
                "10 head_of_office grant",
            ),
        ),
        _Course(
            2,
            (
                "0 applicant apply",
                "5 intake accept",
                "8 building_inspector comment: The plan shows no fire exit.",
                "4 intake suspend: The plan of the fire exit is missing",
                "20 intake resume",
                "8 building_inspector clear_building",
                "8 environment_officer clear_environment",
                "12 head_of_office refuse: Too close to the neighbouring site",
            ),
        ),
        _Course(
            1,
            (
                "0 applicant apply",
                "6 intake accept",
                "20 building_inspector clear_building",
                "40 environment_officer clear_environment",
                "20 head_of_office grant",
            ),
        ),
        _Course(1, ("0 applicant apply", "8 applicant withdraw: Another site was found")),
    ),
}
EXPENSES = (("Taxi", 24.0), ("Train", 62.0), ("Hotel", 189.0), ("Dinner with a customer", 73.0), ("Books", 39.0))
INCIDENTS = (
    ("Mails arrive an hour late", "mail"),
    ("The printer prints blank pages", "printing"),
    ("VPN drops every ten minutes", "vpn"),
    ("Search finds nothing", "crm"),
    ("Pages load without pictures", "wiki"),
)
PROJECTS = ("Garage", "Winter garden", "Roof terrace", "Extension", "Carport")
