"""What the API says of a refusal or a fault, in the language of a page: its sentences are English, and known by their
form."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from app.http.border.errors import sentence
from app.ui.frame.api_sentences import PARTS, SENTENCES
from app.ui.frame.words import ENGLISH, Words, words

VALUE = re.compile(r"%\((\w+)\)s")
FIELD = re.compile(r"([\w.-]+): (.+)", re.DOTALL)
MOST_WITHIN: Final = 3
"""Sentences inside one another."""
LONGEST: Final = 600
"""Characters of one that is looked for; a longer one holds what somebody sent."""


def said_by_api(message: str, say: Words) -> str:
    """A sentence or clause of the API as a sentence for a page; what nobody has translated is told as its words."""
    clause = clause_of_api(message, say)
    return sentence(clause) if clause is not None else say.gettext("The service says: %(what)s", what=sentence(message))


def clause_of_api(message: str, say: Words) -> str | None:
    """The same for the middle of a sentence; None for what is not known in the language."""
    return message if say.language == ENGLISH else _known(message, say.language, MOST_WITHIN)


def _known(message: str, language: str, within: int) -> str | None:
    if len(message) > LONGEST:
        return None
    if isinstance(exactly := words(language).texts.get(message), str) and exactly:
        return exactly
    for form, text in _forms(language, within < MOST_WITHIN):
        if found := form.fullmatch(message):
            return text % {name: _value(value, language, within) for name, value in found.groupdict().items()}
    parts = message.split("; ")
    if len(parts) > 1:
        told = [_known(part, language, within - 1) for part in parts] if within else []
        return "; ".join(filter(None, told)) if told and all(told) else None
    if found := FIELD.fullmatch(message):
        inner = _known(found[2], language, within)
        return f"{found[1]}: {inner}" if inner is not None else None
    return None


def _value(value: str, language: str, within: int) -> str:
    """A value may be a sentence itself."""
    return (_known(value, language, within - 1) if within else None) or value


@cache
def _forms(language: str, within: bool) -> tuple[tuple[re.Pattern[str], str], ...]:
    """In a language that has them; those that say most of themselves first."""
    known = words(language).texts
    ordered = sorted((*SENTENCES, *PARTS) if within else SENTENCES, key=lambda text: (-len(VALUE.sub("", text)), text))
    return tuple(_compiled(ordered, known))


def _compiled(sentences: list[str], known: Mapping[str, object]) -> Iterator[tuple[re.Pattern[str], str]]:
    for text in sentences:
        said = known.get(text)
        if isinstance(said, str) and said:
            yield _form(text), said if VALUE.search(text) else said.replace("%", "%%")


def _form(text: str) -> re.Pattern[str]:
    """Whether it begins like a sentence or like a clause, and ends so or not."""
    head, *rest = VALUE.split(text.removesuffix("."))
    first = f"[{head[0].lower()}{head[0].upper()}]{re.escape(head[1:])}" if head[:1].isalpha() else re.escape(head)
    pairs = zip(rest[::2], rest[1::2], strict=True)
    further = "".join(f"(?P<{name}>.+?){re.escape(after)}" for name, after in pairs)
    return re.compile(rf"{first}{further}\.?", re.DOTALL)
