"""How much work a regular expression of `matches` is: it is compiled anew at each evaluation."""

import re

_COUNTED = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]")
_ESCAPED = re.compile(r"\\(?:[pP]\{[^}]*\}|[pP]\w|x\{[^}]*\}|Q.*?(?:\\E|$)|.)", re.DOTALL)


def weight(pattern: str) -> int:
    """How many signs it has where each counted repetition is written out: `(a{3}b){2}` has 8."""
    opened: list[int] = []
    before = last = at = 0
    while at < len(pattern):
        if found := _COUNTED.match(pattern, at):
            last *= max(int(found[1]), int(found[2] or 0), 1)
        elif pattern[at] == "(":
            opened.append(before + last)
            before = last = 0
            found = None
        elif pattern[at] == ")":
            inside = before + last
            before, last, found = (opened.pop() if opened else 0), inside, None
        else:
            found = _CLASS.match(pattern, at) or _ESCAPED.match(pattern, at)
            before, last = before + last, 1
        at = found.end() if found else at + 1
    return sum(opened) + before + last
