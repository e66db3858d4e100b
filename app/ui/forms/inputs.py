"""What stands in the inputs of a form, as text: typed by somebody, or put there for a value."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from app.domain.values.json import Json
from app.ui.forms.amounts import CODE
from app.ui.forms.fields import Choice, Field, Fixed, Group, Rows, of_row
from app.ui.forms.naming import Path, name_of, row_of, rows_of

ABSENT: Final = ...
Held: TypeAlias = Any
"""JSON of which a schema says what it is, or ABSENT."""
"""In place of a value: there is none."""
RAW: Final = "raw"
"""The hidden inputs that name the fields whose value is written as JSON, because their own input could not show it."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """By their names, in the order of the page."""

    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    marked: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "marked", frozenset(self.texts.get(RAW, ())))

    def one(self, name: str) -> str:
        return next(iter(self.texts.get(name, ())), "")

    def all(self, name: str) -> tuple[str, ...]:
        return self.texts.get(name, ())

    def raw(self, path: Path) -> bool:
        return bool(self.marked) and name_of(path) in self.marked

    def rows(self, form: Rows, path: Path) -> int:
        return min(row_of(self.one(rows_of(path))) or 0, form.most)

    def with_(self, texts: Mapping[str, tuple[str, ...]], without: Iterable[str] = ()) -> "Inputs":
        gone = set(without)
        left = {name: kept for name, kept in self.texts.items() if name not in gone}
        return Inputs({**left, **texts})


def is_blank(form: Field, path: Path, inputs: Inputs) -> bool:
    """Whether nobody has entered anything in a field; what nobody has to enter does not count."""
    if inputs.raw(path):
        return not inputs.one(name_of(path)).strip()
    match form:
        case Fixed():
            return True
        case Group(fields=fields):
            return all(is_blank(inner, (*path, inner.key), inputs) for inner in fields)
        case Rows(item=item) as rows:
            if inputs.one(rows_of(path)) == "0":
                return False  # a list that is there and empty
            return all(is_blank(item, (*path, row), inputs) for row in range(inputs.rows(rows, path)))
        case Choice():
            return not any(inputs.all(name_of(path)))
    return not inputs.one(name_of(path)).strip()


def in_rows(form: Field, path: Path, inputs: Inputs) -> Iterator[int]:
    """What each row of each list takes of MOST_IN_ROWS."""
    if inputs.raw(path):
        return
    if isinstance(form, Group):
        for inner in form.fields:
            if isinstance(inner, Group | Rows):
                yield from in_rows(inner, (*path, inner.key), inputs)
    elif isinstance(form, Rows):
        each = of_row(form.item)
        for row in range(inputs.rows(form, path)):
            yield each
            yield from in_rows(form.item, (*path, row), inputs)


Lookup = Callable[[Path], Json]
"""The value that stands at a path of the form or of its case."""


def currency_of(declared: str, lookup: Lookup) -> str:
    """The code that `x-money` names, or leads to; empty where nobody has chosen one yet."""
    if CODE.fullmatch(declared):
        return declared
    found = lookup(tuple(declared.split(".")))
    return found if isinstance(found, str) and CODE.fullmatch(found) else ""


def standing(values: Mapping[str, Json], inputs: Inputs | None = None) -> Lookup:
    """What is typed now, else what stands in the values (by root: `data`, `payload`)."""

    def lookup(path: Path) -> Json:
        if inputs is not None and name_of(path) in inputs.texts:
            return inputs.one(name_of(path))
        found: Json = values
        for step in path:
            found = found.get(step) if isinstance(found, Mapping) and isinstance(step, str) else None
        return found

    return lookup
