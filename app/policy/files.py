"""Read a policy file: its lines, each with its number, and everything that is wrong with it."""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePath

from app.domain.declaring.fault import Fault
from app.domain.values.deceiving import in_rules
from app.policy.cycles import closing_lines
from app.policy.faults import LineFault, line_faults
from app.policy.lines import EVERY, is_role
from app.policy.model import MODEL
from app.services.store.policy_lines import PolicyLine

SHAPES = {
    "p": "p, role, tenant, case type, act, condition, allow",
    "g": "g, role, included role` or `g, user, role, tenant",
}


@dataclass(frozen=True, slots=True)
class FileLine:
    """A policy line and where it begins; `policy_line.source` is the name of the file, `file` its path."""

    file: str
    line: int
    policy_line: PolicyLine


@dataclass(frozen=True, slots=True)
class PolicyText:
    """A policy file as it was read; `sha256` is that of its text in UTF-8. Lines with a fault are left out."""

    name: str
    sha256: str
    lines: tuple[FileLine, ...]
    faults: tuple[Fault, ...]


def read_policy(text: str, path: str) -> PolicyText:
    """The lines and the faults of a policy file (RFC 4180, spaces after commas, `#` comments)."""
    name = PurePath(path).name
    lines: list[FileLine] = []
    faults: list[Fault] = []
    deceiving = _deceiving(text, path)
    if deceiving is not None:
        faults.append(deceiving)
    for number, record in () if deceiving else _records(text):
        line = record if isinstance(record, LineFault) else _line(record, name)
        found = (line,) if isinstance(line, LineFault) else line_faults(line)
        faults += [Fault(file=path, line=number, message=fault.message, remedy=fault.remedy) for fault in found]
        if isinstance(line, PolicyLine) and not found:
            lines.append(FileLine(path, number, line))
    circles = circle_faults(lines)
    kept = tuple(line for line in lines if line not in circles)
    ordered = sorted((*faults, *circles.values()), key=lambda fault: fault.line)
    return PolicyText(name, hashlib.sha256(text.encode()).hexdigest(), kept, tuple(ordered))


def _deceiving(text: str, path: str) -> Fault | None:
    """A character that hides a line from people who read the file: nothing of such a file is taken."""
    plain = text.removeprefix("\ufeff")
    found = in_rules(plain)
    if found is None:
        return None
    message = f"the character {found.name} makes a line look other than it reads"
    return Fault(file=path, line=plain.count("\n", 0, found.place) + 1, message=message, remedy=found.remedy)


def circle_faults(lines: Sequence[FileLine]) -> dict[FileLine, Fault]:
    """The lines that close a circle of roles with lines before them, of this file or of another."""
    found: dict[FileLine, Fault] = {}
    for position, roles in closing_lines([line.policy_line for line in lines]):
        line = lines[position]
        message = f"these roles include each other in a circle: {' > '.join(roles)}"
        found[line] = Fault(
            file=line.file, line=line.line, message=message, remedy="remove one of the lines that close the circle"
        )
    return found


def model_fault(text: str, path: str) -> Fault | None:
    """Why a folder's model.conf cannot stand: the model is fixed, a copy may only repeat it."""
    if text.split() == MODEL.split():
        return None
    return Fault(
        file=path,
        line=1,
        message="the Casbin model is fixed, and this one differs from it",
        remedy="remove this model.conf",
    )


def _records(text: str) -> Iterator[tuple[int, list[str] | LineFault]]:
    """Each record with the number of the line it begins in. A reader per record lets comments hold any quote."""
    physical = io.StringIO(text.removeprefix("\ufeff"), newline="")
    number = 1
    for first in physical:
        taken = 1
        if first.strip() and not first.lstrip().startswith("#"):
            reader = csv.reader(chain([first], physical), skipinitialspace=True, strict=True)
            try:
                yield number, [field.strip() for field in next(reader)]
            except csv.Error as error:
                yield number, LineFault(f"not CSV: {error}", 'put the field in quotes, and write a quote in it as `""`')
            taken = reader.line_num
        number += taken


def _line(fields: Sequence[str], file: str) -> PolicyLine | LineFault:
    kind = fields[0]
    if kind not in SHAPES:
        return LineFault(f"a line is of kind p or g, not `{kind}`", "begin it with `p,` or `g,`, or a comment with `#`")
    if kind == "p" and len(fields) == 7:
        role, tenant, obj, act, when, eft = fields[1:]
        return PolicyLine(kind="p", role=role, tenant=tenant, obj=obj, act=act, when=when, eft=eft, source=file)
    if kind == "g" and len(fields) == 4:
        return PolicyLine(kind="g", role=fields[1], tenant=fields[3], obj=fields[2], source=file)
    if kind == "g" and len(fields) == 3:
        return PolicyLine(
            kind="g", role=fields[1], tenant=EVERY if is_role(fields[1]) else "", obj=fields[2], source=file
        )
    return LineFault(f"a {kind} line does not have {len(fields)} fields", _field_remedy(kind, len(fields)))


def _field_remedy(kind: str, count: int) -> str:
    remedy = f"write `{SHAPES[kind]}`"
    return f"{remedy}; a condition with a comma or a quote stands in quotes" if kind == "p" and count > 7 else remedy
