"""What an API key is to be for, beside what there is: a misspelt act or case type would make a key for nothing."""

from collections.abc import Iterable, Iterator, Mapping

from app.domain.declaring.checks.standing import NONE, Versions
from app.domain.definition.case_type import CaseType
from app.domain.definition.meant import unknown
from app.domain.policy.scope import Scope
from app.domain.values.errors import FieldError
from app.domain.values.near_names import quoted
from app.domain.verbs.registry import ACTS
from app.services.definitions.definitions import Definitions


def scope_faults(scope: Scope, definitions: Definitions, versions: Versions = NONE) -> tuple[FieldError, ...]:
    """Names that are none: of case types, and of acts on those that the key is for. Cases stand on `versions` too."""
    newest = {name: machine.case_type for name, machine in definitions.current.items()}
    known = dict.fromkeys(definitions.names) | {name: case_type.title for name, case_type in newest.items()}
    return (*_case_types(scope, known), *_acts(scope, _all(newest, versions)))


def _all(newest: Mapping[str, CaseType], versions: Versions) -> list[CaseType]:
    return [*newest.values(), *(one.case_type for standing in versions.values() for one in standing)]


def _case_types(scope: Scope, known: Mapping[str, str | None]) -> Iterator[FieldError]:
    for name in sorted(scope.case_types or ()):
        if name not in known:
            yield FieldError("case_types", f"{quoted(name)} is not a case type; {unknown(name, known, 'case types')}")


def _acts(scope: Scope, case_types: Iterable[CaseType]) -> Iterator[FieldError]:
    known = dict.fromkeys(ACTS)
    for one in case_types:
        if scope.case_types is None or one.case_type in scope.case_types:
            known |= dict.fromkeys(one.opening) | {name: event.title for name, event in one.events.items()}
    of = " or ".join(sorted(scope.case_types or ())) or "any case type that the key is for"
    for act in sorted(scope.acts or ()):
        if act not in known:
            yield FieldError("acts", f"{quoted(act)} is no act of {of}; {unknown(act, known, 'acts')}")
