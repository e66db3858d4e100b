"""Load a case type from its YAML file or from the canonical JSON of the database."""

from dataclasses import dataclass
from pathlib import PurePath

from pydantic import ValidationError

from app.domain.case_type import CaseType
from app.domain.fault import Fault, Faults, quoted
from app.domain.wording import faults_of
from app.domain.yaml_source import Source, parse


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a file: a case type, or the faults that stand in its way."""

    file: str
    case_type: CaseType | None
    faults: tuple[Fault, ...]
    source: Source | None


def load_case_type(text: str, file: str) -> Loaded:
    """The case type that a YAML text declares, or why it declares none. Never raises."""
    try:
        source = parse(text, file)
    except Faults as error:
        return Loaded(file, None, error.faults, None)
    faults = _faults_before_the_models(source)
    if faults:
        return Loaded(file, None, faults, source)
    try:
        case_type = CaseType.model_validate(source.value, strict=True)
    except ValidationError as error:
        return Loaded(file, None, faults_of(error, source), source)
    return Loaded(file, case_type, _misnamed(case_type, source), source)


def load_stored(text: str) -> CaseType:
    """The case type behind a canonical form, as `CaseType.canonical` wrote it."""
    return CaseType.model_validate_json(text)


def _faults_before_the_models(source: Source) -> tuple[Fault, ...]:
    if isinstance(source.value, dict):
        return ()
    return (source.error((), "the file holds no mapping", "begin with `case_type: NAME`"),)


def _misnamed(case_type: CaseType, source: Source) -> tuple[Fault, ...]:
    stem = PurePath(source.file).stem
    if stem == case_type.case_type:
        return ()
    message = f"the file {quoted(stem)} declares the case type {quoted(case_type.case_type)}"
    return (source.error(("case_type",), message, "give both the same name"),)
