"""The sentences of the pages in the languages that there are: English is what stands in the code."""

import gettext
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.pofile import read_po
from litestar.connection import ASGIConnection

FOLDER = Path(__file__).parent.parent / "words"
ENGLISH = "en"
Text = str | tuple[str, ...]


def to_say(text: str) -> str:
    """A sentence that is raised here and said where it is shown, in the language of whoever reads it."""
    return text


def _english(count: int) -> int:
    return int(count != 1)


@dataclass(frozen=True, slots=True)
class Words:
    """One language. What it lacks is said in English."""

    language: str
    texts: Mapping[str, Text] = field(default_factory=dict, repr=False)
    form: Callable[[int], int] = field(default=_english, repr=False)

    def gettext(self, message: str, **values: Any) -> str:
        found = self.texts.get(message)
        text = found if isinstance(found, str) and found else message
        return text % values if values else text

    def ngettext(self, one: str, many: str, count: int, **values: Any) -> str:
        """`%(num)s` is the count, where no other value has that name."""
        return self.plural(one, many, count) % {"num": count, **values}

    def plural(self, one: str, many: str, count: int) -> str:
        """The form for so many, not filled in yet."""
        found = self.texts.get(one)
        forms = found if isinstance(found, tuple) and all(found) else None
        return forms[self.form(count)] if forms else (one, many)[_english(count)]

    @property
    def locale(self) -> Locale:
        return _locale(self.language)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse("en_GB" if language == ENGLISH else language)


@cache
def languages() -> tuple[str, ...]:
    """English, and every language that has a file."""
    return (ENGLISH, *sorted(path.stem for path in FOLDER.glob("*.po")))


@cache
def words(language: str) -> Words:
    """Those of a language; English where there is no such one."""
    file = FOLDER / f"{language}.po"
    if language == ENGLISH or language not in languages():
        return Words(ENGLISH)
    with file.open("rb") as opened:
        catalog = read_po(opened, locale=language)
    return Words(language, _texts(catalog), gettext.c2py(catalog.plural_expr))


def _texts(catalog: Any) -> dict[str, Text]:
    """By the English sentence; of one with a plural by its singular."""
    found: dict[str, Text] = {}
    for message in catalog:
        if message.id and not message.fuzzy:
            several = isinstance(message.id, tuple)
            found[message.id[0] if several else message.id] = tuple(message.string) if several else message.string
    return found


def language_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """What a browser asks for, of what there is; for pages whose reader nobody knows."""
    known = languages()
    asked: list[tuple[float, str]] = []
    for part in connection.headers.get("accept-language", "")[:500].split(","):
        name, _, quality = part.strip().partition(";q=")
        try:
            asked.append((-float(quality or 1), name.partition("-")[0].lower()))
        except ValueError:
            continue
    return next((name for quality, name in sorted(asked, key=lambda one: one[0]) if name in known), ENGLISH)
