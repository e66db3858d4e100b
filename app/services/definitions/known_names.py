"""Filters that name what there is not: who finds nothing by them learns which name was probably meant."""

import re

from app.domain.definition.meant import unknown
from app.domain.values.errors import invalid
from app.domain.values.names import SUBJECT, TEAM
from app.domain.values.near_names import quoted
from app.services.definitions.definitions import Definitions


def check_known(
    definitions: Definitions,
    case_type: str | None = None,
    state: str | None = None,
    team: str | None = None,
    assignee: str | None = None,
    creator: str | None = None,
) -> None:
    """Raises Invalid. Asked where nothing was found: another process may know more case types than this one."""
    if case_type is not None and case_type not in definitions.names:
        raise invalid("case_type", f"{quoted(case_type)} is not a case type; {_near(definitions, case_type)}")
    if state is not None:
        _check_state(definitions, case_type, state)
    if team is not None and not TEAM.fullmatch(team):
        raise invalid("team", f"must be `team:NAME`{_meant('team', team, TEAM)}")
    for name, subject in (("assignee", assignee), ("creator", creator)):
        if subject is not None and ":" not in subject:
            raise invalid(name, f"must be `user:NAME`{_meant('user', subject, SUBJECT)}")


def no_opening_type(definitions: Definitions, case_type: str) -> str:
    """That nothing is opened as this case type, and which one is near."""
    return f"there is no case type {quoted(case_type)} that opens cases here; {_near(definitions, case_type)}"


def _near(definitions: Definitions, case_type: str) -> str:
    titles = {name: machine.case_type.title for name, machine in definitions.current.items()}
    return unknown(case_type, titles, "case types")


def _check_state(definitions: Definitions, case_type: str | None, state: str) -> None:
    machines = [one for one in definitions.machines.values() if case_type in (None, one.case_type.case_type)]
    known = {path: of.title for machine in machines for path, of in machine.graph.states.items()}
    if any(leaf not in known for leaf in state.split("+")):
        of = f"of {case_type}" if case_type else "of any case type"
        raise invalid("state", f"{quoted(state)} is not a state {of}; {unknown(state, known, 'states')}")


def _meant(kind: str, word: str, known: re.Pattern[str]) -> str:
    whole = f"{kind}:{word}"
    return f"; did you mean {quoted(whole)}?" if known.fullmatch(whole) else ""
