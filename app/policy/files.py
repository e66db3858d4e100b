"""Read a policy file: its lines, each with its number, and everything that is wrong with it."""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from app.policy.cycles import closing_lines
from app.policy.enforcer import MODEL
from app.policy.faults import Fault, line_faults
from app.policy.lines import EVERY, is_role
from app.services.stored import PolicyLine

SHAPES = {
    "p": "p, role, tenant, case type, act, condition, allow",
    "g": "g, role, included role` or `g, user, role, tenant",
}


@dataclass(frozen=True, slots=True)
class FileLine:
    """A policy line and where it begins in its file; `policy_line.source` is the file's name."""

    line: int
    policy_line: PolicyLine


@dataclass(frozen=True, slots=True)
class PolicyFault:
    """What is wrong in line `line`, and what to do about it."""

    line: int
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class PolicyText:
    """A policy file as it was read; `sha256` is that of its text in UTF-8. Lines with a fault are left out."""

    name: str
    sha256: str
    lines: tuple[FileLine, ...]
    faults: tuple[PolicyFault, ...]


def read_policy(text: str, file: str) -> PolicyText:
    """The lines and the faults of a policy file (RFC 4180, spaces after commas, `#` comments)."""
    lines: list[FileLine] = []
    faults: list[PolicyFault] = []
    for number, record in _records(text):
        line = record if isinstance(record, Fault) else _line(record, file)
        found = (line,) if isinstance(line, Fault) else line_faults(line)
        faults += [PolicyFault(number, fault.message, fault.remedy) for fault in found]
        if isinstance(line, PolicyLine) and not found:
            lines.append(FileLine(number, line))
    faults += _circles(lines)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return PolicyText(file, digest, tuple(lines), tuple(sorted(faults, key=lambda fault: fault.line)))


def model_fault(text: str) -> PolicyFault | None:
    """Why a folder's model.conf cannot stand: the model is fixed, a copy may only repeat it."""
    if text.split() == MODEL.read_text(encoding="utf-8").split():
        return None
    return PolicyFault(1, "the Casbin model is fixed, and this one differs from it", "remove this model.conf")


def _records(text: str) -> Iterator[tuple[int, list[str] | Fault]]:
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
                yield number, Fault(f"not CSV: {error}", 'put the field in quotes, and write a quote in it as `""`')
            taken = reader.line_num
        number += taken


def _line(fields: Sequence[str], file: str) -> PolicyLine | Fault:
    kind = fields[0]
    if kind not in SHAPES:
        return Fault(f"a line is of kind p or g, not `{kind}`", "begin it with `p,` or `g,`, or with `#` for a comment")
    if kind == "p" and len(fields) == 7:
        role, tenant, obj, act, when, eft = fields[1:]
        return PolicyLine("p", role, tenant, obj, act, when, eft, file)
    if kind == "g" and len(fields) == 4:
        return PolicyLine("g", fields[1], fields[3], fields[2], source=file)
    if kind == "g" and len(fields) == 3:
        return PolicyLine("g", fields[1], EVERY if is_role(fields[1]) else "", fields[2], source=file)
    return Fault(f"a {kind} line does not have {len(fields)} fields", _field_remedy(kind, len(fields)))


def _field_remedy(kind: str, count: int) -> str:
    remedy = f"write `{SHAPES[kind]}`"
    return f"{remedy}; a condition with a comma or a quote stands in quotes" if kind == "p" and count > 7 else remedy


def _circles(lines: Sequence[FileLine]) -> Iterator[PolicyFault]:
    for position, path in closing_lines([line.policy_line for line in lines]):
        message = f"these roles include each other in a circle: {' > '.join(path)}"
        yield PolicyFault(lines[position].line, message, "remove one of the lines that close the circle")
