"""A form of an event, compiled: what it takes of what is sent, and what the data are with it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from app.domain.definition.case_type import Event
from app.domain.definition.form import asked
from app.domain.definition.languages import Schema
from app.domain.expressions.expression import Expression, View, compile_expression
from app.domain.expressions.types import Type
from app.domain.schemas.merge_patch import merged
from app.domain.schemas.undeclared import MOST_LOOKED_UP, undeclared, unknown
from app.domain.values.errors import FieldError
from app.domain.values.json import Data, Json
from app.domain.values.near_names import quoted

MOST_FAULTS: Final = 20
REQUIRED: Final = "This field is required."

Names = tuple[str, ...]
Tree = dict[str, "Tree"]
"""Fields by their names, inside one another; one that is empty is a field of the form, with all that it holds."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FormLine:
    """A field of a form. It is shown where all conditions of `shows` hold: its own, and that of its page."""

    path: str
    names: Names
    required: bool = False
    shows: tuple[Expression, ...] = ()
    keep_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """What comes of what was entered: the data, and what is wrong with it, by itself and beside what the case holds.
    `defaulted` are paths that nobody gave."""

    data: Data
    faults: tuple[FieldError, ...] = ()
    beside: tuple[FieldError, ...] = ()
    defaulted: tuple[Names, ...] = ()


@dataclass(frozen=True, slots=True)
class CompiledForm:
    lines: tuple[FormLine, ...]
    tree: Tree = field(default_factory=dict, repr=False)

    def entered(self, before: Data, patch: Data, of: "FormOf", start: Data | None = None) -> Entered:
        """The data with the patch in them and without what is hidden. `start`: what the patch is merged into, where
        that is more than was there before."""
        foreign = (*undeclared(patch, of.kind), *_foreign(patch, self.tree, "data", [MOST_LOOKED_UP]))
        data, wrong = merged(before if start is None else start, patch, of.schema)
        hidden = self.hidden(data, of.see)
        data, refused = _without(data, before, patch, hidden)
        faults = {fault.field: fault for fault in (*wrong, *foreign)}
        beside = [one for one in (*self._missing(data, hidden), *refused) if one.field not in faults]
        return Entered(data, tuple(islice(faults.values(), MOST_FAULTS)), tuple(beside[:MOST_FAULTS]))

    def hidden(self, data: Data, see: Callable[[Data], View]) -> "Hidden":
        """The fields that are hidden where this was entered, each with the condition that does not hold. A condition
        that several fields have is looked at once."""
        view: View | None = None
        holds: dict[str, bool] = {}
        found: Hidden = {}
        for line in self.lines:
            for show in line.shows:
                if show.text not in holds:
                    view = view or see(data)
                    holds[show.text] = show.is_true(view)
                if not holds[show.text]:
                    found.setdefault(line, show.text)
        return found

    def _missing(self, data: Data, hidden: "Hidden") -> Iterator[FieldError]:
        for line in self.lines:
            if line.required and line not in hidden and value_at(data, line.names) is None:
                yield FieldError(line.path, REQUIRED)


Hidden = dict[FormLine, str]


@dataclass(frozen=True, slots=True)
class FormOf:
    """What a form reads of its case type, and how its conditions see data."""

    schema: Schema
    kind: Type
    see: Callable[[Data], View]


def compiled_form(event: Event) -> CompiledForm | None:
    if event.form is None:
        return None
    lines, tree = [], Tree()
    for _, one, page in asked(event.form):
        shows = [show for show in (one.show, page.show if page else None) if show is not None]
        names = tuple(one.field.split(".")[1:])
        lines.append(
            FormLine(
                path=one.field,
                names=names,
                required=one.required,
                shows=tuple(map(compile_expression, shows)),
                keep_hidden=one.keep_hidden,
            )
        )
        below = tree
        for name in names:
            below = below.setdefault(name, {})
    return CompiledForm(tuple(lines), tree)


def value_at(data: Json, names: Sequence[str]) -> Json:
    """None where nothing stands there."""
    for name in names:
        data = data.get(name) if isinstance(data, Mapping) else None
    return data


def is_sent(patch: Json, names: Sequence[str]) -> bool:
    """Whether a patch says something of a field, or of what lies around or below it."""
    for name in names:
        if not isinstance(patch, Mapping):
            return True
        if name not in patch:
            return False
        patch = patch[name]
    return True


def _foreign(patch: Data, tree: Tree, path: str, looked_up: list[int]) -> Iterator[FieldError]:
    """What is sent and not asked for."""
    for name, value in patch.items():
        below = tree.get(name)
        if below is None:
            yield FieldError(f"{path}.{name[:200]}", unknown(name, list(tree), looked_up))
        elif below and isinstance(value, Mapping):
            yield from _foreign(value, below, f"{path}.{name}", looked_up)
        elif below:
            fields = ", ".join(quoted(f"{path}.{name}.{one}") for one in islice(below, 3))
            yield FieldError(f"{path}.{name}", f"Must be an object: this form takes {fields} of it.")


def _without(data: Data, before: Data, patch: Data, hidden: Hidden) -> tuple[Data, list[FieldError]]:
    """Of what is hidden nothing is left, or all that was: then nothing may be sent for it."""
    gone, refused = Tree(), list[FieldError]()
    for line, condition in hidden.items():
        if line.keep_hidden and is_sent(patch, line.names):
            refused.append(
                FieldError(line.path, f"This field is hidden, and stays as it is: `{condition}` does not hold.")
            )
        if not line.keep_hidden:
            below = gone
            for name in line.names:
                below = below.setdefault(name, {})
    return (_pruned(data, gone) if gone else data), refused


def _pruned(data: Data, gone: Tree) -> Data:
    if not any(name in data for name in gone):
        return data
    kept: dict[str, Json] = {}
    for name, value in data.items():
        below = gone.get(name)
        if below is None:
            kept[name] = value
        elif below:
            kept[name] = _pruned(value, below) if isinstance(value, Mapping) else value
    return kept
