"""What generated cases can be found by: the words of their own as the product spells them, and words that are drawn."""

from collections.abc import Mapping

from app.domain.case.search_text import SearchText, words
from bench.stories import CREATOR, REFERENCE

FREQUENT, MIDDLING, RARE = "frequent", "middling", "rare"
"""In one case of two, of a hundred, of twenty thousand."""
NAMES = ("maria", "schmidt")
"""Each in one case of a hundred, both in one of ten thousand."""
EVERY = {FREQUENT: 2, MIDDLING: 100, RARE: 20_000, **dict.fromkeys(NAMES, 100)}
OTHERS = 8
"""Words from a vocabulary of a million that a case has besides, as a comment has."""

Columns = Mapping[str, str]


def spelled() -> Columns:
    """What stands in the words of the told story for a value of each case."""
    return {
        " ".join(words(REFERENCE)): "replace(lower(reference), '-', ' ')",
        " ".join(words(CREATOR)): "replace(creator, ':', ' ')",
    }


def drawn(seed: int) -> str:
    """A comment of words, as an SQL expression; nobody comments on generated cases, but lists search for it."""
    chance = [f"CASE {_draw(word, seed)} % {every} WHEN 0 THEN '{word} ' ELSE '' END" for word, every in EVERY.items()]
    others = [f"'w' || {_draw(f'other {n}', seed)} % 1000000 || ' '" for n in range(OTHERS)]
    return f"E'\\n' || case_id || ' ' || {' || '.join([*chance, *others])}"


def row(text: SearchText, seed: int) -> dict[str, str]:
    """`own` is still as it was told."""
    owner = {"tenant": text.tenant, "case_id": text.case_id, "case_type": text.case_type}
    return {**owner, "own": text.own or "", "said": drawn(seed)}


def _draw(what: str, seed: int) -> str:
    return f"(hashtextextended('{what}' || i, {seed}) & 9223372036854775807)"
