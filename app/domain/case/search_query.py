"""What somebody searches for: words that must all be there, phrases in quotes, and beginnings of words."""

from dataclasses import dataclass

from app.domain.case.search_text import words
from app.domain.values.errors import invalid

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand one after the other; with `begins` the last is the beginning of one."""

    words: tuple[str, ...]
    begins: bool = False

    @property
    def pattern(self) -> str:
        """What the words of a case contain where the term is found; they stand between single spaces."""
        return f" {' '.join(self.words)}{'' if self.begins else ' '}"


def terms(q: str) -> tuple[Term, ...]:
    """`printer "second floor" EXP-2026*`; everything that is no letter, digit, quote or star only parts words.

    Raises Invalid: too long, or no word at all.
    """
    if len(q) > LONGEST:
        raise invalid("q", f"must be at most {LONGEST} characters")
    found = [term for part in _parts(q) if (term := _term(part)).words]
    if not found:
        raise invalid("q", "must have at least one letter or digit")
    return tuple(dict.fromkeys(found))


def _parts(q: str) -> list[str]:
    """What stands between quotes is one part, elsewhere spaces part; a quote that is not closed ends with the text."""
    parts: list[str] = []
    for number, piece in enumerate(q.split('"')):
        if number % 2 == 0 and number and piece.startswith("*"):
            parts[-1] += "*"
        parts += [piece] if number % 2 else piece.split()
    return parts


def _term(part: str) -> Term:
    """A star after anything but a word says nothing: `EXP-*` is `EXP`."""
    return Term(tuple(words(part)), part.endswith("*") and bool(words(part[-2:-1])))
