"""Check a loaded case type as a whole; errors stop the start, warnings do not."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from app.domain.declaring.checks.events import check_events
from app.domain.declaring.checks.forms import check_forms
from app.domain.declaring.checks.guards import check_guards
from app.domain.declaring.checks.schemas import check_assignments, check_schemas
from app.domain.declaring.checks.shown import check_shown
from app.domain.declaring.checks.slas import check_slas
from app.domain.declaring.checks.state_tree import StateTree
from app.domain.declaring.checks.states import check_reach, check_states
from app.domain.declaring.checks.views import check_opening_titles, check_views
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.load import Loaded
from app.domain.declaring.reading.yaml_source import Source
from app.domain.definition.case_type import CaseType

MOST_FAULTS: Final = 200


def check_case_type(loaded: Loaded, *, calendars: frozenset[str]) -> tuple[Fault, ...]:
    """Every fault of a file, those of loading included, in the order of the file.

    `calendars` are the names of the files in machines/calendars. What depends on names or schemas that are
    wrong is left for the next run, so that one mistake is told once.
    """
    if loaded.case_type is None or loaded.source is None:
        return loaded.faults
    found = dict.fromkeys((*loaded.faults, *_check(loaded.case_type, loaded.source, calendars)))
    return _readable(sorted(found, key=lambda fault: fault.line))


def _readable(found: list[Fault]) -> tuple[Fault, ...]:
    """As many faults as somebody reads, errors before warnings where there are more."""
    if len(found) <= MOST_FAULTS:
        return tuple(found)
    kept = sorted(found, key=lambda fault: fault.severity)[:MOST_FAULTS]
    rest = f"{len(found) - MOST_FAULTS} more faults are not listed"
    return (*kept, replace(kept[-1], message=rest, remedy="correct these first"))


def _check(case_type: CaseType, source: Source, calendars: frozenset[str]) -> Iterator[Fault]:
    tree = StateTree(case_type)
    names = [*check_states(case_type, source, tree), *check_events(case_type, source, tree)]
    yield from names
    if not _has_errors(names):
        yield from check_reach(case_type, source, tree)
    schemas = list(check_schemas(case_type, source))
    yield from schemas
    if not _has_errors(schemas):
        yield from check_assignments(case_type, source)
        yield from check_shown(case_type, source)
        yield from check_views(case_type, source)
        yield from check_opening_titles(case_type, source)
        yield from check_forms(case_type, source)
        yield from check_guards(case_type, source)
        yield from check_slas(case_type, source, tree, calendars)


def _has_errors(faults: list[Fault]) -> bool:
    return any(fault.severity == "error" for fault in faults)
