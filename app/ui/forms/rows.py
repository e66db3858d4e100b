"""Add a row to a list and take one out, on the inputs alone: all that was typed stays."""

from app.ui.forms.fields import Field, Group, Rows
from app.ui.forms.inputs import RAW, Inputs
from app.ui.forms.naming import Path, name_of, row_of


def path_of(form: Field, name: str) -> Path | None:
    """The path of the field whose input has this name; None where the form has none such."""
    root, *steps = name.split(".")
    if root != name_of((form.key,)):
        return None
    path: Path = (form.key,)
    for step in steps:
        if isinstance(form, Group):
            inner = next((one for one in form.fields if name_of((one.key,)) == step), None)
            key: str | int = inner.key if inner else ""
        else:
            row = row_of(step) if isinstance(form, Rows) else None
            inner = form.item if isinstance(form, Rows) and row is not None else None
            key = "" if row is None else row
        if inner is None:
            return None
        form, path = inner, (*path, key)
    return path


def added(inputs: Inputs, name: str, most: int) -> Inputs:
    """With one row more in the list of this name, empty and at its end."""
    rows = _rows(inputs, name)
    return inputs.with_({f"{name}.rows": (str(min(rows + 1, most)),)})


def removed(inputs: Inputs, name: str) -> Inputs:
    """Without the row of this name, `payload.items.2`; those behind it move up."""
    above, _, last = name.rpartition(".")
    gone, rows = row_of(last), _rows(inputs, above)
    if gone is None or gone >= rows:
        return inputs
    moved = {_moved(key, above, gone): texts for key, texts in inputs.texts.items()}
    raw = tuple(kept for kept in (_moved(one, above, gone) for one in inputs.all(RAW)) if kept)
    left = {key: texts for key, texts in moved.items() if key}
    return Inputs({**left, RAW: raw, f"{above}.rows": (str(rows - 1) if rows > 1 else "",)})


def _rows(inputs: Inputs, name: str) -> int:
    return row_of(inputs.one(f"{name}.rows")) or 0


def _moved(key: str, above: str, gone: int) -> str:
    """Where an input stands afterwards; empty for those of the row that is gone."""
    head = f"{above}."
    step, dot, rest = key.removeprefix(head).partition(".")
    row = row_of(step) if key.startswith(head) else None
    if row is None or row < gone:
        return key
    return "" if row == gone else f"{head}{row - 1}{dot}{rest}"
