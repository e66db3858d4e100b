"""The values that somebody can choose from, with their titles and what the form sends for each."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.values.json import Json
from app.ui.forms.fields import Option
from app.ui.forms.wording import Schema, as_words


def options_of(declared: Schema, language: str) -> tuple[Option, ...]:
    """Those of `enum`, `const`, or of a `oneOf` of constants, in their order."""
    alternatives = declared.get("oneOf")
    if isinstance(alternatives, list):
        values = [part["const"] for part in alternatives if "const" in part]
        titles: Any = [part.get("title") for part in alternatives if "const" in part]
    else:
        values = declared["enum"] if "enum" in declared else [declared["const"]]
        titles = declared.get("x-titles")
    plain = all(isinstance(value, str) and _keeps(value) for value in values)
    return tuple(
        Option(
            value if plain else json.dumps(value, ensure_ascii=True),
            value,
            _title(value, place, titles, language),
        )
        for place, value in enumerate(values)
    )


def _keeps(text: str) -> bool:
    """Whether a browser sends it as it is, and it does not look like nothing."""
    return bool(text.strip()) and not {"\r", "\n"} & set(text)


def _title(value: Json, place: int, titles: Any, language: str) -> str:
    said = None
    if isinstance(titles, Mapping):
        said = titles.get(value if isinstance(value, str) else json.dumps(value))
    elif isinstance(titles, Sequence) and not isinstance(titles, str) and place < len(titles):
        said = titles[place]
    return as_words(said, language) or (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
