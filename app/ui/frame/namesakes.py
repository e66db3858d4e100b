"""Tell people apart whose names read alike: beside such a name stands what its person signs in by."""

import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import Final

LATIN: Final = str.maketrans(
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u04cf\u0261"
    "\u03b1\u03b2\u03b5\u03b7\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03c9\u03f201\u0131\u0269",
    "abekmhopctyxijsdhlgabeniknoptuxwcolii",
)
"""Signs of other alphabets, and digits, by the Latin letter that they are taken for, in lower case."""
LETTERS: Final = "LN"
TURNING: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F])
"""Signs that nobody sees, and that turn round what stands after them in a sentence."""


def told_apart(names: Mapping[str, str], others: tuple[str, ...] = ()) -> dict[str, str]:
    """Names by subject as a page says them. `others` are names on it that are no person's, such as the system's."""
    people = {subject: name.translate(TURNING) for subject, name in names.items()}
    seen = Counter(alike(name) for name in (*people.values(), *others))
    return {
        subject: f"{name} ({subject.partition(':')[2]})" if seen[alike(name)] > 1 else name
        for subject, name in people.items()
    }


def alike(name: str) -> str:
    """The same for names that one takes for each other: their letters, whatever their case, marks and alphabet."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    kept = "".join(sign for sign in plain if unicodedata.category(sign)[0] in LETTERS)
    return kept.translate(LATIN).replace("l", "i") or name
