"""Read and check the folders of machines and policies: what `check` reports and what `serve` starts with."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.domain.declaring.checks.case_type import check_case_type
from app.domain.declaring.checks.load_calendar import load_calendar
from app.domain.declaring.checks.policy import check_policy
from app.domain.declaring.checks.policy_row import PolicyRow
from app.domain.declaring.checks.standing import NONE, Versions, in_words
from app.domain.declaring.checks.standing_versions import check_standing
from app.domain.declaring.checks.together import check_together
from app.domain.declaring.fault import Fault, Faults, gathered
from app.domain.declaring.reading.load import Loaded, load_case_type
from app.domain.declaring.reading.parts import Part, load_part
from app.domain.declaring.reading.yaml_source import decode
from app.domain.definition.calendar_file import CalendarFile
from app.domain.definition.case_type import CaseType
from app.policy.files import FileLine, PolicyText, circle_faults, model_fault, read_policy
from app.services.store.policy_lines import PolicyFile, PolicySource


@dataclass(frozen=True, slots=True)
class Declared:
    """What the folders declare; `faults` are in the order of files and lines."""

    case_types: Mapping[str, CaseType]
    calendars: Mapping[str, CalendarFile]
    policies: tuple[PolicySource, ...]
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.severity == "error")


def read_folders(machines: Path, policies: Path, versions: Versions = NONE) -> Declared:
    """Everything in the two folders. A folder that is missing is a fault, an empty one is not.

    `versions` are those that cases stand on besides, as the database has them.
    """
    loaded, faults = _machines(machines)
    calendars, calendar_faults = _calendars(machines / "calendars")
    faults += calendar_faults
    case_types = {one.case_type.case_type: one.case_type for one in loaded if one.case_type}
    files = {one.case_type.case_type: one.source for one in loaded if one.case_type and one.source}
    unread = {path.stem for path in machines.glob("*.yaml")} - case_types.keys()
    policy_sources, rows, policy_faults = _policies(policies)
    faults += policy_faults
    if machines.is_dir():
        retired = {source.file.name.removesuffix(".csv") for source in policy_sources} - case_types.keys() - unread
        # Lines about a case type that cannot be read are not wrong because of that.
        unchecked = {row for row in rows if row.obj in unread or _is_retired(row, retired)}
        faults += check_policy(case_types, rows, sources=files, unchecked=unchecked, versions=versions)
        sound = {name: one for name, one in case_types.items() if not _has_errors(files[name].files, faults)}
        faults += check_together(sound, rows, files)
        faults += check_standing(case_types, versions, rows, str(machines))
        faults += _retired(rows, retired, versions)
    ordered = sorted(dict.fromkeys(faults), key=lambda fault: (fault.file, fault.line))
    return Declared(case_types, calendars, tuple(policy_sources), gathered(ordered))


def _has_errors(files: Collection[str], faults: Collection[Fault]) -> bool:
    return any(fault.file in files and fault.severity == "error" for fault in faults)


def _is_retired(row: PolicyRow, names: Collection[str]) -> bool:
    """Whether a line stands in the file of a case type that is declared no more."""
    return row.kind == "p" and row.obj in names and Path(row.file).stem == row.obj


def _retired(rows: Sequence[PolicyRow], names: Collection[str], versions: Versions) -> Iterator[Fault]:
    """A case type whose file went away: its cases live on, and so must the lines that say who may do what."""
    lines = {row.obj: row for row in reversed(rows) if _is_retired(row, names)}
    for name, first in sorted(lines.items()):
        message = f"no case type `{name}` is declared, so these lines serve the cases it has left"
        if name in versions:
            message = f"no case type `{name}` is declared; these lines serve {in_words(versions[name])}"
        yield first.warning(message, f"add {name}.yaml to the machines, or remove this file when no case needs it")


def _machines(folder: Path) -> tuple[list[Loaded], list[Fault]]:
    if not folder.is_dir():
        return [], [_no_folder(folder, "STATEWARD_MACHINES")]
    calendars = frozenset(path.stem for path in (folder / "calendars").glob("*.yaml"))
    found: list[Loaded] = []
    faults: list[Fault] = []
    parts = _parts(folder / "parts", faults)
    for path in sorted(folder.glob("*.yaml")):
        text = _text(path, faults)
        if text is not None:
            found.append(load_case_type(text, str(path), parts))
            faults += check_case_type(found[-1], calendars=calendars)
    used = {file for one in found if one.source for file in one.source.files}
    for name, part in parts.items():
        if part.source is not None and part.source.file not in used:
            faults.append(
                part.source.warning((), "no case type includes it", f"write `include: [{name}]`, or remove it")
            )
    return found, faults


def _parts(folder: Path, faults: list[Fault]) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for path in sorted(folder.glob("*.yaml")):
        text = _text(path, faults)
        if text is not None:
            found[path.stem] = load_part(text, str(path))
            faults += found[path.stem].faults
    return found


def _calendars(folder: Path) -> tuple[dict[str, CalendarFile], list[Fault]]:
    found: dict[str, CalendarFile] = {}
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.yaml")):
        text = _text(path, faults)
        if text is not None:
            loaded = load_calendar(text, str(path))
            faults += loaded.faults
            if loaded.calendar is not None:
                found[loaded.name] = loaded.calendar
    return found, faults


def _policies(folder: Path) -> tuple[list[PolicySource], list[PolicyRow], list[Fault]]:
    if not folder.is_dir():
        return [], [], [_no_folder(folder, "STATEWARD_POLICIES")]
    faults: list[Fault] = []
    sources: list[PolicySource] = []
    lines: list[FileLine] = []
    model = folder / "model.conf"
    if model.exists() and (text := _text(model, faults)) is not None and (fault := model_fault(text, str(model))):
        faults.append(fault)
    for path in sorted(folder.glob("*.csv")):
        text = _text(path, faults)
        if text is not None:
            policy = read_policy(text, str(path))
            faults += policy.faults
            sources.append(_source(policy))
            lines += policy.lines
    return sources, [_row(line) for line in lines], [*faults, *circle_faults(lines).values()]


def read_source(path: Path) -> tuple[PolicySource, list[Fault]]:
    """One policy file, as `policy apply` takes it."""
    faults: list[Fault] = []
    text = _text(path, faults)
    if text is None:
        return PolicySource(PolicyFile(path.name, ""), ()), faults
    policy = read_policy(text, str(path))
    return _source(policy), list(policy.faults)


def digests(policies: Path) -> dict[str, str]:
    """The SHA-256 of each policy file, by name; without those that cannot be read, which `check` tells."""
    found = {}
    for path in sorted(policies.glob("*.csv")):
        with suppress(OSError):
            found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _source(policy: PolicyText) -> PolicySource:
    return PolicySource(PolicyFile(policy.name, policy.sha256), [line.policy_line for line in policy.lines])


def _row(line: FileLine) -> PolicyRow:
    p = line.policy_line
    return PolicyRow(
        file=line.file,
        line=line.line,
        kind=p.kind,
        role=p.role,
        obj=p.obj,
        act=p.act,
        when=p.when,
        eft=p.eft,
        tenant=p.tenant,
    )


def _text(path: Path, faults: list[Fault]) -> str | None:
    try:
        return decode(path.read_bytes(), str(path))
    except Faults as error:
        faults += error.faults
    except FileNotFoundError:
        faults.append(Fault(file=str(path), line=1, message="there is no such file", remedy="give one that exists"))
    except OSError as error:
        faults.append(
            Fault(file=str(path), line=1, message=f"cannot be read: {error.strerror}", remedy="make it readable")
        )
    return None


def _no_folder(folder: Path, variable: str) -> Fault:
    return Fault(
        file=str(folder),
        line=1,
        message="there is no such folder",
        remedy=f"make it, or point {variable} to the right one",
    )
