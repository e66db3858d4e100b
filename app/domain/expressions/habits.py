"""What people write in an expression by habit of other languages, and what CEL writes instead."""

import re
from typing import Final

from app.domain.expressions.overloads import OVERLOADS

INSTEAD: Final = {
    "and": "`&&`",
    "or": "`||`",
    "not": "`!`",
    "is": "`==`",
    "xor": "`!=`",
    "eq": "`==`",
    "ne": "`!=`",
    "lt": "`<`",
    "le": "`<=`",
    "gt": "`>`",
    "ge": "`>=`",
    "like": "`data.x.matches('...')`",
    "between": "`low <= data.x && data.x <= high`",
    "if": "`condition ? yes : no`",
    "then": "`condition ? yes : no`",
    "none": "`null`",
    "nil": "`null`",
    "undefined": "`null`",
    "null": "`null`",
    "true": "`true`",
    "false": "`false`",
    "len": "`size`",
    "length": "`size`",
    "count": "`size`",
    "includes": "`VALUE in LIST`",
    "=": "`==`",
    "===": "`==`",
    "!==": "`!=`",
    "<>": "`!=`",
    "=<": "`<=`",
    "=>": "`>=`",
    "&": "`&&`",
    "|": "`||`",
    "“": "straight quotes",
    "”": "straight quotes",
    "„": "straight quotes",
    "‘": "straight quotes",
    "’": "straight quotes",
}
_TOKEN: Final = re.compile(r"\w+|[=<>!&|]+|\S")
_TEXT: Final = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\"""")
FUNCTIONS: Final = frozenset(name for name in OVERLOADS if name.isalpha())
MACROS: Final = frozenset({"has", "all", "exists", "exists_one", "map", "filter", "type", "dyn"})


def instead(line: str, column: int) -> str | None:
    """What to write for the word at a column (from 1 on) of a line, or for the one before it."""
    tokens = [(found.start() + 1, found[0]) for found in _TOKEN.finditer(_TEXT.sub(_blank, line))]
    here = [place for place, (start, word) in enumerate(tokens) if start <= column < start + len(word)]
    if not here:
        return None
    called = tokens[here[0]][1] == "("
    for place in (here[0], here[0] - 1):
        start, word = tokens[place] if place >= 0 else (0, "")
        meant = place == here[0] or called or word.lower() == "not" or not word.isalpha()
        other = INSTEAD.get(word.lower()) if meant else None
        if other is not None and other != f"`{word}`":
            return f"column {start}: write {other} for `{word}`"
    return None


def unknown_function(line: str, column: int, name: str) -> str | None:
    """That a name is no function, where it is called as one."""
    if line[column - 1 : column] != "(":
        return None
    known = ", ".join(sorted((FUNCTIONS | MACROS) - {"dyn"}))
    return f"`{name}` is no function; there are {known}"


def _blank(text: re.Match[str]) -> str:
    return f"'{' ' * (len(text[0]) - 2)}'"
