"""How wide a text is at most when it is drawn, and how it is broken into lines."""

import unicodedata
from collections.abc import Sequence

JOINTS = "._-/"
NARROW = frozenset("ijl.,:;'|!()[]{}ftrI -/\"*")
WIDE = frozenset("mwMW@%&<>=+~#…")
# a character as a share of the font size, each above what Verdana, the widest common sans serif, needs
SHARES = {"narrow": 0.46, "usual": 0.66, "capital": 0.8, "wide": 1.0, "foreign": 1.1}


def width_of(text: str, size: float) -> float:
    """An upper estimate in pixels."""
    return size * sum(_share(character) for character in text)


def one_line(text: str) -> str:
    """The text without line breaks, control characters and what XML cannot carry."""
    kept = "".join(character if _is_visible(character) else " " for character in text)
    return " ".join(kept.split())


def shortened(text: str, length: int) -> str:
    """At most so many characters, cut between words where there are some."""
    flat = one_line(text)
    return flat if len(flat) <= length else _cut(flat[:length]) + "…"


def wrapped(text: str, size: float, width: float, lines: int | None = None) -> list[str]:
    """The text in lines no wider than `width`; what does not fit into `lines` ends with an ellipsis."""
    words = [piece for whole in one_line(text).split(" ") for piece in _pieces(whole, size, width)]
    found = packed(words, size, width)
    if lines is not None and len(found) > lines:
        found = [*found[: lines - 1], _ended(found[lines - 1], size, width)]
    return found


def packed(items: Sequence[str], size: float, width: float) -> list[str]:
    """Items, none of them broken, in lines no wider than `width` (an item that is wider has its own line)."""
    lines: list[str] = []
    for item in items:
        if lines and width_of(f"{lines[-1]} {item}", size) <= width:
            lines[-1] += f" {item}"
        else:
            lines.append(item)
    return lines


def _share(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if character in NARROW:
        return SHARES["narrow"]
    if character in WIDE:
        return SHARES["wide"]
    if ord(character) >= 0x250:
        return SHARES["foreign"]
    return SHARES["capital"] if character.isupper() else SHARES["usual"]


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs", "Cn", "Co", "Zl", "Zp")


def _pieces(word: str, size: float, width: float) -> list[str]:
    """A word that is wider than a line, cut into lines, behind a joint of the word where there is one."""
    pieces = [""]
    for character in word:
        if pieces[-1] and width_of(pieces[-1] + character, size) > width:
            joint = max(map(pieces[-1].rfind, JOINTS)) + 1
            kept, rest = (pieces[-1][:joint], pieces[-1][joint:]) if joint > len(pieces[-1]) // 2 else (pieces[-1], "")
            pieces[-1:] = [kept, rest]
        pieces[-1] += character
    return pieces


def _ended(line: str, size: float, width: float) -> str:
    if width_of(line + "…", size) <= width:
        return line + "…"
    while line and width_of(line + "…", size) > width:
        line = line[:-1]
    return _cut(f"{line}#") + "…"


def _cut(text: str) -> str:
    """Without its last character, and without the word that this breaks, unless that were half of the text."""
    words = text[:-1].rpartition(" ")[0] if " " in text[len(text) // 2 :] else text[:-1]
    return words.rstrip()
