"""The words of a field: its title and description in the reader's language, its name in words where it has none."""

from collections.abc import Mapping
from typing import Any

from app.domain.definition.titles import in_words

Schema = dict[str, Any]


def as_words(said: Any, language: str) -> str:
    """A title is text, or a text per language."""
    said = getattr(said, "languages", said)
    if isinstance(said, Mapping):
        said = said.get(language) or said.get("en") or next(iter(said.values()), "")
    return said if isinstance(said, str) else ""


def label_of(declared: Schema, key: str, language: str) -> str:
    return as_words(declared.get("title"), language) or in_words(key)


def hint_of(declared: Schema, language: str) -> str:
    return as_words(declared.get("description"), language)
