"""How many JSON values a body holds, counted over its bytes before any of them is made."""

from collections.abc import Iterator

SLICE = 2**18
"""Bytes looked at in one go, which takes about a millisecond."""
_BLANK = b" \t\r\n"
_OPENS = b",[{"
_SHAPE = bytes(code if code in b",[]{}" else ord("0") for code in range(256))


class ValueCount:
    """The values of a body of JSON: texts, numbers, lists and objects themselves; names are none.

    Whether they are more than `most`, `exceeded` says once `slices` is exhausted. Of what is not JSON are counted at
    least those that a reader would make before it meets the fault.
    """

    def __init__(self, raw: bytes, most: int) -> None:
        self._raw = raw
        self._most = most
        self.value = 1

    @property
    def exceeded(self) -> bool:
        return self.value > self._most

    def slices(self) -> Iterator[None]:
        """Count; whoever has something else to do does it in between."""
        # two values stand at least two bytes apart, and commas and brackets in texts only make a first guess larger
        if len(self._raw) <= self._most * 2:
            return
        guess = 1
        for start in range(0, len(self._raw), SLICE):
            guess += _opens(self._raw[start : start + SLICE])
            if guess > self._most:
                yield from self._exactly()
                return
            yield

    def _exactly(self) -> Iterator[None]:
        quoted, held = False, b""
        for piece in self._pieces():
            shape, quoted = _shape(piece, quoted)
            shape = held + shape
            # an empty list or object is a value that holds none: what opens at the end waits for what follows
            held = shape[-1:] if shape.endswith((b"[", b"{")) else b""
            shape = shape.removesuffix(held)
            self.value += _opens(shape) - shape.count(b"[]") - shape.count(b"{}")
            if self.exceeded:
                return
            yield

    def _pieces(self) -> Iterator[bytes]:
        """Slices that end in no escape."""
        start = 0
        while start < len(self._raw):
            end = start + SLICE
            piece = self._raw[start:end]
            open_escape = (len(piece) - len(piece.rstrip(b"\\"))) % 2
            piece += self._raw[end : end + open_escape]
            start = end + open_escape
            yield piece


def _opens(text: bytes) -> int:
    return len(text) - len(text.translate(None, _OPENS))


def _shape(piece: bytes, quoted: bool) -> tuple[bytes, bool]:
    """Commas and brackets outside of texts, and a 0 for whatever else stands there; whether it ends within a text."""
    parts = piece.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')
    ends_quoted = quoted ^ (len(parts) % 2 == 0)
    outside = b"0".join([b""] * quoted + parts[quoted::2] + [b""] * ends_quoted)
    return outside.translate(_SHAPE, _BLANK), ends_quoted
