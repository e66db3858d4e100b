"""The fields of a page as they stand now: buttons that change the form alone, values, and what is wrong with them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain, islice

from app.domain.schemas.validator import Validator
from app.domain.values.errors import FieldError, Invalid
from app.domain.values.json import Data
from app.domain.values.writable import values_in
from app.ui.forms.faults import field_at, placed
from app.ui.forms.fields import MOST_IN_ROWS, MOST_VALUES, Group, Rows, each_leaf
from app.ui.forms.inputs import ABSENT, Held, Inputs, Lookup, in_rows, standing
from app.ui.forms.manner import Manner
from app.ui.forms.reading import Entered, entered
from app.ui.forms.rows import added, path_of, removed
from app.ui.forms.sections import MOST_WRONG, in_view, sections
from app.ui.forms.view import Filled, Shown, carried, errors_in_order, view
from app.ui.frame.words import to_say

LARGE = 400
"""Inputs from which on a form waits for its turn with others that take long."""
LESS = to_say("Enter less: a form holds at most 4,000 values")
ADD, REMOVE, SHOW = "add", "remove", "show"


@dataclass(frozen=True, slots=True)
class Part:
    """A form of the page: `root` is `data` or `payload`, `was` what it was filled with."""

    form: Group
    validator: Validator | None = None
    was: Held = ABSENT
    title: str = ""

    @property
    def root(self) -> str:
        return self.form.key


@dataclass(frozen=True, slots=True, kw_only=True)
class PartShown:
    """`later` are the sections that are not open: (what the button sends, first, last); `following` is the next one;
    `names` are those of what is shown as one; `anchor` is the id of the first that belongs to a root."""

    root: str
    title: str
    anchor: str
    fields: Sequence[Shown]
    names: frozenset[str]
    later: Sequence[tuple[str, int, int]]
    following: tuple[str, int, int] | None
    open: int
    first: int
    last: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Several forms under one button. `values` are what other than the inputs is known: the data of the case."""

    parts: Sequence[Part]
    inputs: Inputs
    manner: Manner
    values: Mapping[str, Held] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    focus: str = ""

    @property
    def lookup(self) -> Lookup:
        return standing(self.values, self.inputs)

    def bounded(self) -> "Sheet":
        """The same. Raises Invalid for more rows than a page of ours ever has."""
        if self._crowded:
            raise Invalid(LESS)
        return self

    @property
    def small(self) -> bool:
        """Whether it is read and shown in no time."""
        inputs = chain.from_iterable(each_leaf(part.form) for part in self.parts)
        return next(islice(inputs, LARGE, None), None) is None and not self._holds_more(LARGE)

    def pressed(self) -> "Sheet | None":
        """The sheet after a button that changes the form alone; None where none was pressed."""
        if name := self.inputs.one(ADD):
            return self._with_row(name)
        if name := self.inputs.one(REMOVE):
            above = name.rpartition(".")[0]
            known = self._list(above) is not None
            return replace(self, inputs=removed(self.inputs, name) if known else self.inputs, focus=above)
        if show := self.inputs.one(SHOW):
            root, _, number = show.partition(".")
            return replace(self, inputs=self.inputs.with_({f"section.{root}": (number,)}))
        return None

    def read(self) -> tuple["Sheet", Mapping[str, Data]]:
        """The values by root, and the sheet with what is wrong with them."""
        values: dict[str, Data] = {}
        errors: dict[str, str] = {}
        for part in self.parts:
            read = self._entered(part)
            values[part.root] = read.values
            errors |= read.errors
            found = part.validator.errors(read.values, part.root) if part.validator else ()
            told = _with_all_above(read.errors)
            for name, message in self._placed(part, read, found).items():
                if name not in told:
                    errors.setdefault(name, message)
            if values_in(read.values) > MOST_VALUES:
                errors.setdefault(part.root, self._less)
        return replace(self, errors={**self.errors, **errors}), values

    def faulted(self, faults: Iterable[FieldError]) -> "Sheet":
        """With the faults that the service found."""
        left, errors = list(faults), dict(self.errors)
        for part in self.parts:
            read = self._entered(part)
            own = [fault for fault in left if fault.field.partition(".")[0] == part.root]
            errors |= self._placed(part, read, own)
            left = [fault for fault in left if fault not in own]
        for fault in left:
            errors.setdefault(fault.field.partition(".")[0], fault.message)
        return replace(self, errors=errors)

    def shown(self) -> Sequence[PartShown]:
        return [self._shown(part) for part in self.parts]

    def carried(self, shown: Sequence[PartShown]) -> Sequence[tuple[str, str]]:
        """What is filled in and has no input on the page."""
        visible = frozenset[str]().union(*(part.names for part in shown))
        return list(carried(self.inputs, [part.root for part in self.parts], visible))

    def summary(self, shown: Sequence[PartShown]) -> list[tuple[str, str]]:
        """The errors from the top of the page down; those of no field that is shown come last."""
        told = [error for part in shown for error in errors_in_order(part.fields)]
        names = {name for name, _ in told}
        others = [(name, message) for name, message in self.errors.items() if name not in names]
        if len(others) <= MOST_WRONG:
            return [*told, *others]
        later = self.manner.say("More is wrong than is shown here: it is shown once this is mended")
        return [*told, ("", later)]

    def _entered(self, part: Part) -> Entered:
        return entered(part.form, self.inputs, self.manner, self.lookup, part.was)

    def _placed(self, part: Part, read: Entered, faults: Iterable[FieldError]) -> dict[str, str]:
        return placed(faults, read.places, part.form, self.manner, self.lookup)

    def _list(self, name: str) -> Rows | None:
        for part in self.parts:
            path = path_of(part.form, name)
            if path is not None and not self.inputs.raw(path) and isinstance(found := field_at(part.form, name), Rows):
                return found
        return None

    def _with_row(self, name: str) -> "Sheet":
        rows = self._list(name)
        if rows is None:
            return self
        more = replace(self, inputs=added(self.inputs, name, rows.most))
        if more._crowded:
            return replace(self, errors={**self.errors, name: self._less}, focus=name)
        return replace(more, focus=f"{name}.{int(more.inputs.one(f'{name}.rows')) - 1}")

    @property
    def _crowded(self) -> bool:
        return self._holds_more(MOST_IN_ROWS)

    def _holds_more(self, most: int) -> bool:
        found = chain.from_iterable(in_rows(part.form, (part.root,), self.inputs) for part in self.parts)
        return any(total > most for total in accumulate(found))

    @property
    def _less(self) -> str:
        return self.manner.say(LESS)

    def _shown(self, part: Part) -> PartShown:
        found = sections(part.form, self.inputs)
        number = self.inputs.one(f"section.{part.root}")
        open_one = int(number) if number.isdecimal() and len(number) < 6 and int(number) < len(found) else 0
        filled = Filled(
            inputs=self.inputs, manner=self.manner, lookup=self.lookup, errors=self.errors, focus=self.focus
        )
        form, names = in_view(part.form, found[open_one], self.errors, self.inputs)
        all_of_them = [(f"{part.root}.{place}", one.first, one.last) for place, one in enumerate(found)]
        return PartShown(
            root=part.root,
            title=part.title,
            anchor=part.root,
            fields=[view(one, (part.root, one.key), filled) for one in form.fields],
            names=frozenset(names),
            later=[*all_of_them[:open_one], *all_of_them[open_one + 1 :]],
            following=next(iter(all_of_them[open_one + 1 :]), None),
            open=open_one,
            first=found[open_one].first,
            last=found[open_one].last,
            total=found[-1].last,
        )


def _with_all_above(names: Iterable[str]) -> set[str]:
    """These names, and those of the groups and lists that hold them."""
    found: set[str] = set()
    for name in names:
        while name and name not in found:
            found.add(name)
            name = name.rpartition(".")[0]
    return found
