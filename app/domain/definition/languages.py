"""Words of a declaration in several languages: a text for all, or a map of texts by language."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, GetPydanticSchema, PlainSerializer, StringConstraints
from pydantic_core import PydanticCustomError

from app.domain.definition.declared import Declared
from app.domain.values.json import Json

Words = Annotated[str, StringConstraints(min_length=1)]


class InLanguages(Declared):
    """A text in each language of the pages; who asks for none reads the English, else the first."""

    en: Words | None = None
    de: Words | None = None


LANGUAGES: Final = tuple(InLanguages.model_fields)


class Title(str):
    """A text that is there in several languages. As a text it is the English one, else the first: so it is read by
    all that know nothing of languages, such as the API's answers and the sentences of refusals.
    """

    languages: Mapping[str, str]

    def __new__(cls, languages: Mapping[str, str]) -> "Title":
        title = super().__new__(cls, languages.get("en") or next(iter(languages.values())))
        title.languages = dict(languages)
        return title

    def __reduce__(self) -> tuple[type["Title"], tuple[dict[str, str]]]:
        return Title, (dict(self.languages),)


def _spoken(words: str | InLanguages) -> str:
    if isinstance(words, str):
        return words
    languages = words.model_dump(exclude_none=True)
    if not languages:
        raise PydanticCustomError("no_language", "no language is given")
    return Title(languages)


def _written(words: str) -> str | dict[str, str]:
    return dict(words.languages) if isinstance(words, Title) else words


Text = Annotated[
    str,
    GetPydanticSchema(
        lambda _, read: read(Annotated[str | InLanguages, AfterValidator(_spoken), PlainSerializer(_written)])
    ),
]
"""A title or a description, as a model declares it: a `str` everywhere, and a `Title` where it has languages."""

SPOKEN: Final = frozenset({"title", "description", "x-unit"})
"""The words of a JSON Schema that people read."""
NAMED_SCHEMAS: Final = frozenset(
    {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"}
)
VALUES: Final = frozenset({"const", "default", "enum", "examples", "required", "dependentRequired", "type"})


def are_languages(value: Json) -> bool:
    """Whether a value is a text in languages that the pages have."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(language in LANGUAGES and isinstance(text, str) and text for language, text in value.items())
    )


def spoken_schema(schema: Any) -> Any:
    """A schema whose titles in several languages are a `Title`, which JSON Schema takes for the text that it wants.

    What is wrong with them stays as it is written, for `check` to tell.
    """
    if isinstance(schema, list):
        return [spoken_schema(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _spoken_word(key, value) for key, value in schema.items()}


def _spoken_word(key: str, value: Any) -> Any:
    if key in SPOKEN:
        return Title(value) if are_languages(value) else value
    if key == "x-titles" and isinstance(value, dict):
        return {name: Title(title) if are_languages(title) else title for name, title in value.items()}
    if key in VALUES or key.startswith("x-"):
        return value
    if key in NAMED_SCHEMAS and isinstance(value, dict):
        return {name: spoken_schema(part) for name, part in value.items()}
    return spoken_schema(value)


def written_schema(schema: Any) -> Any:
    """The schema as it was declared."""
    return _with_titles(schema, _written)


def plain_schema(schema: Any) -> Any:
    """The schema with texts alone, for a library that asks for exactly these."""
    return _with_titles(schema, str)


def _with_titles(value: Any, turned: Callable[[Title], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _with_titles(part, turned) for key, part in value.items()}
    if isinstance(value, list):
        return [_with_titles(part, turned) for part in value]
    return turned(value) if isinstance(value, Title) else value


Schema = Annotated[dict[str, Any], AfterValidator(spoken_schema), PlainSerializer(written_schema)]
"""A JSON Schema, as a model declares it."""
