"""Say in sentences what pydantic found wrong with a declaration, on the line where it is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.expectations import KEYS, MAPPING, NAME, expected
from app.domain.declaring.reading.places import TITLES, Format, Models, case_type_models, field_at, follow, keys_of
from app.domain.declaring.reading.yaml_source import Path, Source
from app.domain.definition.case_type import INLINE, ActorsSince, Event, FollowTeam, Transition
from app.domain.definition.form import PAGE, FormField, FormPage
from app.domain.definition.languages import InLanguages
from app.domain.values.near_names import choose, nearest, quoted

MOST_FAULTS = 50
# a mapping is one of the things that may stand there
OR_A_MAPPING: Final[tuple[Models, ...]] = ((), (FollowTeam,), (ActorsSince,), (InLanguages,), (FormField,), (FormPage,))


@dataclass(frozen=True, slots=True)
class Written:
    """A file, and the format that it should have."""

    source: Source
    models_at: Format


def faults_of(error: ValidationError, source: Source, models_at: Format = case_type_models) -> tuple[Fault, ...]:
    """One fault for each wrong place, in the order of the file."""
    wrong: dict[Path, Fault] = {}
    file = Written(source, models_at)
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        for key, fault in _sentences(each, file):
            wrong.setdefault(key, fault)
        if len(wrong) >= MOST_FAULTS:
            break
    inner = {path[:end] for path in wrong for end in range(len(path))}
    # A union complains about the whole and about the part; the part says more.
    kept = [fault for path, fault in wrong.items() if path not in inner]
    return tuple(sorted(kept, key=lambda fault: fault.line))


def _sentences(error: Any, file: Written) -> Iterator[tuple[Path, Fault]]:
    """The place and the fault of one error; none where another error says it better."""
    location: Path = error["loc"]
    path = follow(file.source.value, location)
    match error["type"]:
        case "extra_forbidden":
            yield path, _unknown_key(file, path)
        case "missing":
            yield from _missing(file, path, str(location[-1]))
        case "value_error":
            yield path, _refused_by_a_model(file, path)
        case _ if location[-1:] == ("[key]",):
            yield (*path, "[key]"), _bad_name(file, path, location[-2])
        case _:
            yield path, _unexpected(file, path)


def _refused_by_a_model(file: Written, path: Path) -> Fault:
    """The two short forms are the only thing that our models refuse by themselves."""
    if path:
        message = "the event has both `transitions` and keys of a single transition"
        return file.source.error(path, message, "move the single one into the list")
    return file.source.error(("initial",), "the case type has both `initial` and `opening`", "keep `opening`")


def _unknown_key(file: Written, path: Path) -> Fault:
    models = _models_of(file, path[:-1])
    key = str(path[-1])
    if models == (InLanguages,):
        message = f"{quoted(key)} is no language of the pages"
        return file.source.error(path, message, choose(key, keys_of(models), "languages"))
    where = TITLES[models[0]] if models else "this"
    return file.source.error(path, f"unknown key {quoted(key)} in {where}", choose(key, keys_of(models), "keys"))


def _models_of(file: Written, path: Path) -> Models:
    """The models at a path; a list of transitions leaves the event no keys of a transition, and `page` makes a page."""
    models = file.models_at(path)
    if models not in ((Event, Transition), (FormField, FormPage)):
        return models
    value = _value_at(file, path)
    known = value if isinstance(value, dict) else {}
    if models == (FormField, FormPage):
        return (FormPage,) if PAGE & known.keys() else (FormField,)
    return models[:1] if "transitions" in known else models


def _missing(file: Written, path: Path, key: str) -> Iterator[tuple[Path, Fault]]:
    models = _models_of(file, path)
    present = _value_at(file, path)
    known = keys_of(models)
    if isinstance(present, dict) and any(nearest(each, known) == key for each in present if each not in known):
        return  # a misspelt key, which is named already
    where = TITLES[models[0]] if models else "this"
    model = models[-1] if key in INLINE and len(models) > 1 else (models or (None,))[0]
    wanted = expected(model.__name__, key) if model else MAPPING
    yield (*path, key), file.source.error(path, f"{where} lacks the key {quoted(key)}", f"it takes {wanted}")


def _bad_name(file: Written, path: Path, name: object) -> Fault:
    found = field_at(path, file.models_at)
    what, remedy = KEYS.get(found[1], (None, None)) if found else (None, None)
    return file.source.error(path, f"{quoted(name)} is no {what or 'name'}", remedy or f"a name is {NAME}")


def _unexpected(file: Written, path: Path) -> Fault:
    """The value at a path is of the wrong kind: say what belongs there."""
    models = _models_of(file, path)
    value = _value_at(file, path)
    if models not in OR_A_MAPPING and not isinstance(value, dict):
        wanted = "; write `{}` for one without anything" if value is None else ""
        return file.source.error(
            path, f"{_shown(value)} stands where {TITLES[models[0]]} belongs", f"give a mapping{wanted}"
        )
    found = field_at(path, file.models_at)
    if found is None:
        return file.source.error(path, f"{_shown(value)} does not belong here", f"give {MAPPING}")
    model, key = found
    return file.source.error(
        path, f"{quoted(key)} cannot be {_shown(value)}", f"it takes {expected(model.__name__, key)}"
    )


def _shown(value: Any) -> str:
    match value:
        case None:
            return "`null`"
        case bool():
            return f"`{str(value).lower()}`"
        case dict():
            return "a mapping" if value else "an empty mapping"
        case list():
            return "a list" if value else "an empty list"
        case str() if not value:
            return "an empty text"
    return quoted(value)


def _value_at(file: Written, path: Path) -> Any:
    value = file.source.value
    for part in path:
        value = value[part]
    return value
