"""Mark in a text what a search found there."""

import re
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from app.domain.case.search_query import Term
from app.domain.case.search_text import words

WORD = re.compile(r"[^\W_]+")
AROUND = 60
"""Characters before the first hit that are shown of a long text."""
LONGEST = 200


def marked(text: str, terms: Sequence[Term]) -> Markup:
    """Escaped, with each word of a term marked. Words are compared as the search does: without case and accents."""
    if not terms:
        return escape(text)
    wanted = list(_wanted(terms))
    parts, end = [], 0
    for found in WORD.finditer(text):
        if _meant(found[0], wanted):
            parts += [escape(text[end : found.start()]), Markup("<mark>{}</mark>").format(found[0])]
            end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def has_any(text: str, terms: Sequence[Term]) -> bool:
    return first_hit(text, terms) is not None


def first_hit(text: str, terms: Sequence[Term]) -> int | None:
    wanted = list(_wanted(terms))
    return next((found.start() for found in WORD.finditer(text) if _meant(found[0], wanted)), None)


def excerpt(text: str, terms: Sequence[Term]) -> str:
    """A part of a long text that has a hit in it, cut with …"""
    text = " ".join(text.split())
    if len(text) <= LONGEST:
        return text
    start = max((first_hit(text, terms) or 0) - AROUND, 0)
    return f"{'…' if start else ''}{text[start : start + LONGEST]}{'…' if start + LONGEST < len(text) else ''}"


def _wanted(terms: Iterable[Term]) -> Iterable[tuple[str, bool]]:
    for term in terms:
        for place, word in enumerate(term.words):
            yield word, term.begins and place == len(term.words) - 1


def _meant(word: str, wanted: Iterable[tuple[str, bool]]) -> bool:
    plain = list(words(word))
    return any(any(one.startswith(of) if begins else one == of for one in plain) for of, begins in wanted)
