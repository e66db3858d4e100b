"""Load a case type from its YAML file or from the canonical JSON of the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import Any

from pydantic import ValidationError

from app.domain.declaring.fault import Fault, Faults
from app.domain.declaring.reading.parts import NO_PARTS, Parts, expanded
from app.domain.declaring.reading.places import case_type_models
from app.domain.declaring.reading.wording import MOST_FAULTS, faults_of
from app.domain.declaring.reading.yaml_source import Path, Source, parse
from app.domain.definition.case_type import CaseType
from app.domain.definition.languages import InLanguages
from app.domain.values.near_names import quoted


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a file: a case type, or the faults that stand in its way."""

    file: str
    case_type: CaseType | None
    faults: tuple[Fault, ...]
    source: Source | None


def load_case_type(text: str, file: str, parts: Parts = NO_PARTS) -> Loaded:
    """The case type that a YAML text declares with the parts that it includes, or why it declares none. Never raises.

    What it is, and what is kept and hashed of it, is the whole of it.
    """
    try:
        source, faults = expanded(parse(text, file), len(text.encode()), parts)
    except Faults as error:
        return Loaded(file, None, error.faults, None)
    faults = faults or _faults_before_the_models(source)
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
        return tuple(islice(_empty(source.value, (), source), MOST_FAULTS))
    return (source.error((), "the file holds no mapping", "begin with `case_type: NAME`"),)


def _empty(value: Any, path: Path, source: Source) -> Iterator[Fault]:
    """A key without a value, which would silently mean that the key is not there; in a schema null is a value."""
    if path == ("data",) or (path[:1] == ("events",) and path[2:] == ("payload",)):
        return
    if value is None:
        may_be_empty = case_type_models(path) not in ((), (InLanguages,))
        remedy = "write `{}` for one without anything" if may_be_empty else "give it a value, or remove it"
        yield source.error(path, f"{quoted(path[-1])} is empty", remedy)
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _empty(part, (*path, key), source)


def _misnamed(case_type: CaseType, source: Source) -> tuple[Fault, ...]:
    stem = PurePath(source.file).stem
    if stem == case_type.case_type:
        return ()
    message = f"the file {quoted(stem)} declares the case type {quoted(case_type.case_type)}"
    return (source.error(("case_type",), message, "give both the same name"),)
