"""Read and check the folders of machines and policies: what `check` reports and what `serve` starts with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.domain.case_type import CaseType
from app.domain.check_case_type import check_case_type
from app.domain.check_policy import PolicyRow, check_policy
from app.domain.fault import Fault
from app.domain.load import load_case_type
from app.policy.files import FileLine, PolicyText, model_fault, read_policy
from app.services.policies import PolicySource
from app.services.ports import PolicyFile

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Declared:
    """What the folders declare; `faults` are in the order of files and lines."""

    case_types: Mapping[str, CaseType]
    policies: tuple[PolicySource, ...]
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.severity == "error")


def read_folders(machines: Path, policies: Path) -> Declared:
    """Everything in the two folders. A folder that is missing is a fault, an empty one is not."""
    case_types, unread, faults = _machines(machines)
    sources, rows, policy_faults = _policies(policies)
    faults += policy_faults
    if machines.is_dir():
        # Lines about a case type that cannot be read are not wrong because of that.
        faults += check_policy(case_types, [row for row in rows if row.obj not in unread])
    return Declared(case_types, tuple(sources), tuple(sorted(faults, key=lambda fault: (fault.file, fault.line))))


def _machines(folder: Path) -> tuple[dict[str, CaseType], set[str], list[Fault]]:
    """The case types by name, the names of files that hold none, and what is wrong."""
    if not folder.is_dir():
        return {}, set(), [_no_folder(folder, "STATEWARD_MACHINES")]
    calendars = frozenset(path.stem for path in (folder / "calendars").glob("*.yaml"))
    case_types: dict[str, CaseType] = {}
    unread: set[str] = set()
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.yaml")):
        text = _text(path, faults)
        loaded = load_case_type(text, str(path)) if text is not None else None
        faults += loaded.faults if loaded else []
        if loaded is None or loaded.case_type is None:
            unread.add(path.stem)
            continue
        faults += check_case_type(loaded, calendars=calendars)
        case_types[loaded.case_type.case_type] = loaded.case_type
    return case_types, unread, faults


def _policies(folder: Path) -> tuple[list[PolicySource], list[PolicyRow], list[Fault]]:
    if not folder.is_dir():
        return [], [], [_no_folder(folder, "STATEWARD_POLICIES")]
    faults: list[Fault] = []
    sources: list[PolicySource] = []
    rows: list[PolicyRow] = []
    model = folder / "model.conf"
    if model.exists() and (text := _text(model, faults)) is not None and (fault := model_fault(text)):
        faults.append(Fault(str(model), fault.line, fault.message, fault.remedy))
    for path in sorted(folder.glob("*.csv")):
        text = _text(path, faults)
        if text is not None:
            policy = read_policy(text, path.name)
            faults += [Fault(str(path), fault.line, fault.message, fault.remedy) for fault in policy.faults]
            sources.append(_source(policy))
            rows += [_row(str(path), line) for line in policy.lines]
    return sources, rows, faults


def read_source(path: Path) -> tuple[PolicySource, list[Fault]]:
    """One policy file, as `policy apply` takes it."""
    faults: list[Fault] = []
    text = _text(path, faults)
    if text is None:
        return PolicySource(PolicyFile(path.name, ""), ()), faults
    policy = read_policy(text, path.name)
    return _source(policy), [Fault(str(path), fault.line, fault.message, fault.remedy) for fault in policy.faults]


def _source(policy: PolicyText) -> PolicySource:
    return PolicySource(PolicyFile(policy.name, policy.sha256), [line.policy_line for line in policy.lines])


def _row(file: str, line: FileLine) -> PolicyRow:
    p = line.policy_line
    return PolicyRow(file, line.line, p.kind, p.role, p.tenant, p.obj, p.act, p.when, p.eft)


def _text(path: Path, faults: list[Fault]) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        faults.append(Fault(str(path), line, "this is not UTF-8 text", "save the file as UTF-8"))
    except FileNotFoundError:
        faults.append(Fault(str(path), 1, "there is no such file", "give one that exists"))
    except OSError as error:
        faults.append(Fault(str(path), 1, f"cannot be read: {error.strerror}", "make it readable"))
    return None


def _no_folder(folder: Path, variable: str) -> Fault:
    return Fault(str(folder), 1, "there is no such folder", f"make it, or point {variable} to the right one")
