"""What a form of an event asks for: fields of the data in their order, some of them on pages of their own."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final, NamedTuple

from pydantic import Discriminator, Field, Tag

from app.domain.definition.declared import Cel, DataPath, Declared
from app.domain.definition.languages import Text

PAGE: Final = frozenset({"page", "fields"})
"""The keys of a page, of which a field has none."""


class FormField(Declared):
    """A field that a form asks for, where `show` holds."""

    field: DataPath
    required: bool = False
    show: Cel | None = None
    keep_hidden: bool = False


def _kind(value: Any) -> str:
    """As which of the three a line is read. They are no keys of it: a place in a file is told without them."""
    if isinstance(value, dict):
        return "a page" if PAGE & value.keys() else "a field"
    return "a page" if isinstance(value, FormPage) else "a field" if isinstance(value, FormField) else "a path"


_Line = Annotated[DataPath, Tag("a path")] | Annotated[FormField, Tag("a field")]


class FormPage(Declared):
    """Fields of a form that stand together, where `show` holds."""

    page: Text
    fields: list[Annotated[_Line, Discriminator(_kind)]] = Field(min_length=1)
    show: Cel | None = None


Form = list[Annotated[_Line | Annotated[FormPage, Tag("a page")], Discriminator(_kind)]]
Line = str | FormField | FormPage


class Asked(NamedTuple):
    """One field of a form with its place in it, and the page that it is on."""

    place: tuple[int | str, ...]
    field: FormField
    page: FormPage | None = None


def asked(form: Sequence[Line]) -> Iterator[Asked]:
    """The fields in their order; those that are written as a path alone are optional, and always shown."""
    for index, line in enumerate(form):
        if isinstance(line, FormPage):
            for place, field in enumerate(line.fields):
                yield Asked((index, "fields", place), _field(field), line)
        else:
            yield Asked((index,), _field(line))


def _field(line: str | FormField) -> FormField:
    return line if isinstance(line, FormField) else FormField.model_construct(field=line)
