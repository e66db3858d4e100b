"""Declare small case types in tests, and read what the checker says about them."""

from textwrap import dedent, indent

from app.domain.declaring.checks.case_type import check_case_type
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.load import load_case_type

FILE = "machines/claim.yaml"
CALENDARS = frozenset({"office_de"})


def checked(text: str) -> list[Fault]:
    """What `check` says about a file."""
    return list(check_case_type(load_case_type(text, FILE), calendars=CALENDARS))


def told(text: str) -> list[str]:
    """The faults as `LINE severity: message`."""
    return [f"{fault.line} {fault.severity}: {fault.message}" for fault in checked(text)]


def claim(states: str, events: str = "", slas: str = "", opening: str = "{open: a}", data: str = "") -> str:
    """A case type whose states begin on line 4; events, clocks and data follow.

    Data of several lines take no undeclared fields, unless they say something about that.
    """
    lines = dedent(data).strip("\n").splitlines()
    if lines[:1] == ["type: object"] and not any(line[:1].strip() and "Properties: " in line[:23] for line in lines):
        data = "\n".join([*lines, "additionalProperties: false"])
    parts = [f"case_type: claim\nopening: {opening}\nstates:\n{_inside(states)}"]
    parts += [f"{key}:\n{_inside(text)}" for key, text in (("events", events), ("slas", slas), ("data", data)) if text]
    return "".join(parts)


def _inside(text: str) -> str:
    return indent(dedent(text).strip("\n"), "  ") + "\n"
