"""What of a case can be searched: its words, in one spelling for every language and both databases."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.case.case import Case
from app.domain.schemas.text_fields import TextFields

LONGEST_WORD = 64
MOST_CHARACTERS = 32_000
"""Of the data of a case, and again of its comments, the newest; what is beyond is not found."""
MOST_OF_A_COMMENT = MOST_CHARACTERS // 2
_PLAIN = re.compile(r"[a-z0-9]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
"""Those of Latin, Greek and Cyrillic; the marks of other scripts are vowels and stay."""
# scripts that are written without spaces: each sign is a word, so that a part of a sentence is found
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_KEPT_BELOW = 0x3000


@dataclass(frozen=True, slots=True)
class Said:
    """The words of one comment: `id` is that of the first one where it was edited."""

    id: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchText:
    """What is to be found of a case from now on: `own` of its reference and data, None where that stays, and what
    was said newly or anew."""

    tenant: str
    case_id: str
    case_type: str
    own: str | None = None
    said: tuple[Said, ...] = ()


def words(text: str) -> list[str]:
    """Letters and digits with their marks, compatible forms made one (NFKC), case folded, without accents: who looks
    for Zürich on another keyboard types zurich."""
    folded = text.lower() if text.isascii() else _without_accents(text).casefold()
    if folded.isascii():
        return [word[:LONGEST_WORD] for word in _PLAIN.findall(folded)]
    return [word[:LONGEST_WORD] for word in folded.translate(_SPELLING).split() if any(map(str.isalnum, word))]


def _without_accents(text: str) -> str:
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text)))


def own_words(case: Case, fields: TextFields) -> str:
    """The words of its reference and of the strings that its case type declares: ` a b \\n c `."""
    texts = [case.reference or "", *fields.texts(case.data)]
    return _fitting((f" {' '.join(found)} " for text in texts if (found := words(text))), MOST_CHARACTERS) or " "


def said_words(text: str) -> str:
    return _fitting([f" {' '.join(words(text))} "], MOST_OF_A_COMMENT)


def _fitting(parts: Iterable[str], most: int) -> str:
    """As many whole words as fit."""
    whole = "\n".join(parts)
    return whole if len(whole) <= most else f"{whole[:most].rsplit(' ', 1)[0]} "


class _Spelling(dict[int, str]):
    """What a character is in a word: itself, the end of one, or a word of its own."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        shown = character if unicodedata.category(character)[0] in "LNM" else " "
        if _UNSPACED.match(character):
            shown = f" {character} " if shown != " " else shown
        if code < _KEPT_BELOW:
            self[code] = shown
        return shown


_SPELLING = _Spelling()
