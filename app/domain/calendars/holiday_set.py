"""Turn the holidays that a calendar names into dates, which are kept, so that no upgrade changes the past."""

import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

from app.domain.definition.calendar_file import CalendarFile, Holidays, ResolvedCalendar

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2060
PUBLIC: Final = "public"
NOT_CLOSED: Final = ("half_day", "workday")
"""Categories of days on which people work, if not all of the day."""
NEXT_YEARS: Final = range(2026, 2029)
"""By which it is judged what all parts of a country have off."""


def resolved(calendar: CalendarFile, *, corrects: str | None = None) -> str:
    """The canonical JSON of the version: the declaration, and `holiday_dates` for the years 2000 to 2060.

    `ResolvedCalendar.model_validate_json` reads it. Needs a country and a subdivision that are known.
    """
    declared = calendar.model_dump(exclude_unset=True)
    dates = dict(holiday_dates(calendar.holidays)) if calendar.holidays else {}
    make_up = list(make_up_dates(calendar.holidays)) if calendar.holidays and calendar.holidays.make_up else []
    return ResolvedCalendar(**declared, holiday_dates=dates, make_up_dates=make_up, corrects=corrects).canonical()


def holiday_dates(named: Holidays) -> Mapping[str, str]:
    """The holidays, observed days included: ISO date -> name in the country's own language."""
    return _found(named).dates


def make_up_dates(named: Holidays) -> tuple[str, ...]:
    """Days of rest on which the country works in exchange for a holiday, as far as the library knows them."""
    return _found(named).make_up


def doubts(named: Holidays) -> tuple[str, ...]:
    """What the library says about its own dates, such as that it knows some for a few years only."""
    return _found(named).doubts


@dataclass(frozen=True, slots=True)
class _Found:
    dates: Mapping[str, str]
    make_up: tuple[str, ...]
    doubts: tuple[str, ...]


def _found(named: Holidays) -> _Found:
    return _looked_up(named.country, named.subdivision, tuple(sorted(set(named.categories))))


@lru_cache(maxsize=64)
def _looked_up(code: str, subdivision: str | None, categories: tuple[str, ...]) -> _Found:
    country = _country(code)
    # Without a language the library takes that of the process, and names would differ from host to host.
    language = country.default_language
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        days = country(
            subdiv=subdivision,
            language=language,
            years=range(FIRST_YEAR, LAST_YEAR + 1),
            categories=(country.default_category, *categories) if categories else None,
        )
    kept = {day.isoformat(): name for day, name in sorted(days.items()) if FIRST_YEAR <= day.year <= LAST_YEAR}
    make_up = tuple(day.isoformat() for day in sorted(days.weekend_workdays) if FIRST_YEAR <= day.year <= LAST_YEAR)
    said = [str(each.message) for each in warned]
    missing = () if subdivision else _of_all_parts(country, kept)
    return _Found(kept, make_up, tuple(dict.fromkeys([*said, *_missing(kept), *missing])))


def _missing(kept: Mapping[str, str]) -> Iterator[str]:
    """Years of the near future without any: the library knows what was proclaimed, and says nothing of the rest."""
    known = {day[:4] for day in kept}
    last = max(known, default="")
    if not known:
        yield "the library knows none at all"
    elif int(last) < LAST_YEAR:
        yield f"the library knows none from {int(last) + 1} on"


def _of_all_parts(country: Any, kept: Mapping[str, str]) -> Iterator[str]:
    """Days that most subdivisions have, three of four at least, and that are left out where none is named."""
    if not country.subdivisions:
        return
    parts = [country(subdiv=part, years=NEXT_YEARS, language=country.default_language) for part in country.subdivisions]
    counted = Counter(day.isoformat() for part in parts for day in part)
    common = [day for day, count in counted.items() if 4 * count >= 3 * len(parts) and day not in kept]
    if common:
        name = next(part[min(common)] for part in parts if min(common) in part)
        example = f"such as {min(common)} ({name})"
        yield f"without a `subdivision` days are left out that most parts of the country have off, {example}"


def countries() -> Mapping[str, tuple[str, ...]]:
    """The countries by their ISO 3166 code of two letters, with other names that people write."""
    from holidays.registry import COUNTRIES

    return {code: (name, *others) for name, code, *others in COUNTRIES.values()}


def subdivisions(country: str) -> Mapping[str, str]:
    """The codes of a country's subdivisions, by themselves and by the names that people write."""
    declared = _country(country)
    codes: Iterable[str] = declared.subdivisions
    return {**{code: code for code in codes}, **declared.subdivisions_aliases}


def categories(country: str) -> Sequence[str]:
    """Those of its holidays that close a day, besides the public ones."""
    return [each for each in _country(country).supported_categories if each not in (PUBLIC, *NOT_CLOSED)]


def _country(code: str) -> Any:
    # Imported where a calendar names a country, since it takes a third of the start.
    import holidays

    country = getattr(holidays, code)
    with _no_other_country():
        _ = country.default_language  # loads it
    return country


@contextmanager
def _no_other_country() -> Iterator[None]:
    """Load a country without the package around it, which loads all of them: half of what `check` would take."""
    name = "holidays.countries"
    spec = None if name in sys.modules else find_spec("holidays")
    if spec is None or not spec.submodule_search_locations:
        yield
        return
    alone = ModuleType(name)
    alone.__path__ = [f"{folder}/countries" for folder in spec.submodule_search_locations]
    sys.modules[name] = alone
    try:
        yield
    finally:
        if sys.modules.get(name) is alone:
            del sys.modules[name]
