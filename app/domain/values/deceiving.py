"""Find characters that make a text look other than it reads: control, bidi and zero-width characters, a lone CR.

After Unicode Technical Report 36 and "Trojan Source" (CVE-2021-42574). Joiners and variation selectors are how some
scripts and emoji are written, so that titles may hold them where they follow such a character.
"""

import re
from typing import Final, NamedTuple

_CONTROL: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb\ufffe\uffff\ud800-\udfff"
_BIDI: Final = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNSEEN: Final = (
    r"\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u2800\u3164\ufeff\uffa0"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff"
)
_JOINERS: Final = r"\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"
_JOINED: Final = r"\u0300-\u1fff\u2190-\u2bff\u3001-\ufe0f\U00010000-\U000dffff"
_LONE_CR: Final = r"\r(?!\n)"
_ALWAYS: Final = f"[{_CONTROL}{_BIDI}{_UNSEEN}]|{_LONE_CR}"

_IN_RULES: Final = re.compile(f"{_ALWAYS}|[{_JOINERS}]")
_IN_TITLES: Final = re.compile(f"{_ALWAYS}|(?<![{_JOINED}])[{_JOINERS}]")


class Deception(NamedTuple):
    """The first such character: where it stands, and its code point as `U+202E`."""

    place: int
    name: str

    @property
    def remedy(self) -> str:
        return "end lines with LF, or CR LF" if self.name == "U+000D" else "remove it"


def in_rules(text: str) -> Deception | None:
    """In text that decides, where nothing may be invisible."""
    return _found(_IN_RULES, text)


def in_titles(text: str) -> Deception | None:
    """In text for people, in any script."""
    return _found(_IN_TITLES, text)


def _found(pattern: re.Pattern[str], text: str) -> Deception | None:
    found = pattern.search(text)
    return Deception(found.start(), f"U+{ord(found[0]):04X}") if found else None
