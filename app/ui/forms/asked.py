"""The fields of the data that an event asks for, on its page: which of them are shown, and what is sent of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from app.domain.definition.fields import narrowed
from app.domain.expressions.expression import View
from app.domain.machine.form import CompiledForm, FormLine, Tree
from app.domain.machine.form_asked import pages_of, values_of
from app.domain.machine.machine import Machine
from app.domain.schemas.merge_patch import merged, same
from app.domain.values.json import Data, Json
from app.ui.forms.fields import Field, Group
from app.ui.forms.from_schema import form_of
from app.ui.forms.inputs import Inputs
from app.ui.forms.reading import entered
from app.ui.forms.sheet import Part, PartShown, Sheet

DATA: Final = "data"
ASKED: Final = "asked"
"""The hidden field that says which fields of the form were shown: their places in it."""
MOST: Final = 512
MOST_ROUNDS: Final = 8
"""Of conditions that hide one another."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A form, and the data of the case beside which it stands; of one that is about to be opened, its defaults."""

    machine: Machine
    event: str
    before: Data
    see: Callable[[Data], View]

    @property
    def form(self) -> CompiledForm:
        return self.machine.forms[self.event]

    def begun(self, language: str) -> Part:
        """What is shown before anything is entered."""
        shown = _tree(self._shown(self.before))
        return Part(_of_tree(_whole(self.machine, self.event, language), shown), was=values_of(self.before, shown))

    def entered(self, sheet: Sheet, language: str, was: Data) -> Part:
        """What is shown where this is entered into the fields that were on the page. A field that is hidden by it is
        not sent, and so counts as it was: what is left is looked at again, until it stays as it is."""
        whole = _whole(self.machine, self.event, language)
        values = entered(whole, sheet.inputs, sheet.manner, sheet.lookup, was).values
        on_page = self._on_page(sheet.inputs)
        lines: Sequence[FormLine] = on_page
        for _ in range(MOST_ROUNDS):
            tree = _tree([line for line in on_page if line in lines])
            patch = patch_of(values_of(self.before, tree), values_of(values, tree), tree)
            data, _faults = merged(self.before, patch, self.machine.case_type.data)
            before, lines = lines, self._shown(data)
            if before == lines:
                break
        shown = _tree(lines)
        return Part(_of_tree(whole, shown), was=values_of(was, shown))

    def _shown(self, data: Data) -> Sequence[FormLine]:
        hidden = self.form.hidden(data, self.see)
        return [line for line in self.form.lines if line not in hidden]

    def _on_page(self, inputs: Inputs) -> Sequence[FormLine]:
        if ASKED not in inputs.texts:
            return self.form.lines
        places = {*inputs.one(ASKED).split(",")}
        return [line for place, line in enumerate(self.form.lines) if str(place) in places]

    def patch(self, part: Part, values: Data) -> Data:
        """What is sent of what was entered: the fields that are shown and have another value now."""
        tree = _of_group(part.form, self.form.tree)
        return patch_of(values_of(self.before, tree), values_of(values, tree), tree)

    def places(self, part: Part) -> str:
        tree = _of_group(part.form, self.form.tree)
        return ",".join(str(place) for place, line in enumerate(self.form.lines) if _holds(tree, line.names))

    def has_more(self, part: Part, seen: str) -> bool:
        """Whether a field is shown now that was not on the page as it was sent."""
        return not {*self.places(part).split(",")} <= {*seen.split(","), ""}

    def titled(self, parts: Sequence[PartShown]) -> Sequence[PartShown]:
        """The fields under the titles of their pages; what leads to others stays with the last."""
        return [one for part in parts for one in (self._titled(part) if part.root == DATA else [part])]

    def _titled(self, part: PartShown) -> Sequence[PartShown]:
        titles = _titles(self.machine, self.event)
        found: list[PartShown] = []
        for field in part.fields:
            title = titles.get(field.name.split(".")[1], "")
            if not found or found[-1].title != title:
                found.append(replace(part, title=title, anchor="" if found else DATA, fields=[], later=()))
            found[-1] = replace(found[-1], fields=[*found[-1].fields, field])
        return [*found[:-1], replace(found[-1], later=part.later)] if found else [part]


def patch_of(before: Data, after: Data, tree: Tree) -> dict[str, Json]:
    """The merge patch that makes the one of the other."""
    patch: dict[str, Json] = {}
    for name, below in tree.items():
        one, other = before.get(name), after.get(name)
        if below:
            inner = patch_of(_object(one), _object(other), below)
            patch |= {name: inner} if inner else {}
        elif name not in after:
            patch |= {name: None} if name in before else {}
        elif isinstance(one, Mapping) and isinstance(other, Mapping):
            inner = patch_of(one, other, {key: {} for key in (*one, *other)})
            patch |= {name: inner} if inner else {}
        elif name not in before or not same(one, other):
            patch[name] = other
    return patch


def _object(value: Json) -> Data:
    return value if isinstance(value, Mapping) else {}


@lru_cache(MOST)
def _whole(machine: Machine, event: str, language: str) -> Group:
    """All fields of a form; those that have to be there where they are shown are required."""
    form = machine.forms[event]
    required = frozenset(line.path for line in form.lines if line.required)
    return form_of(narrowed(machine.case_type.data, form.tree, required), DATA, language)


@lru_cache(MOST)
def _titles(machine: Machine, event: str) -> Mapping[str, str]:
    """Of the fields of the top level: the page that each stands on."""
    found: dict[str, str] = {}
    for page in pages_of(machine, event):
        for field in page.fields:
            found.setdefault(field.field.split(".")[1], page.title or "")
    return found


def _tree(lines: Sequence[FormLine]) -> Tree:
    tree = Tree()
    for line in lines:
        below = tree
        for name in line.names:
            below = below.setdefault(name, {})
    return tree


def _of_tree(group: Group, tree: Tree) -> Group:
    kept: list[Field] = []
    for field in group.fields:
        below = tree.get(field.key)
        if below is not None:
            kept.append(_of_tree(field, below) if below and isinstance(field, Group) else field)
    return replace(group, fields=tuple(kept))


def _of_group(group: Group, tree: Tree) -> Tree:
    """Of a tree what a group shows."""
    found = Tree()
    for field in group.fields:
        below = tree.get(field.key)
        if below is not None:
            found[field.key] = _of_group(field, below) if below and isinstance(field, Group) else below
    return found


def _holds(tree: Tree, names: Sequence[str]) -> bool:
    for name in names:
        if name not in tree:
            return False
        tree = tree[name]
    return True
