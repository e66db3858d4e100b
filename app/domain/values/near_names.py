"""What was probably meant by a word that is not known, and how a word is quoted."""

from collections.abc import Iterable
from difflib import get_close_matches


def quoted(text: object) -> str:
    """A word of the file in backticks, on one line and cut to what a message can bear."""
    word = str(text)
    short = word if len(word) <= 60 else word[:57] + "..."
    return "`" + "".join(sign if sign.isprintable() else "?" for sign in short) + "`"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    close = get_close_matches(word[:80], list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def choose(word: str, known: Iterable[str], what: str) -> str:
    """A remedy for an unknown word: the one that was meant, or those that there are."""
    known = list(known)
    close = nearest(word, known)
    if close is not None:
        return f"did you mean {quoted(close)}?"
    if not known:
        return f"there are no {what} to choose from"
    listed = ", ".join(quoted(each) for each in known[:12])
    return f"the {what} are {listed}" + (" and more" if len(known) > 12 else "")
