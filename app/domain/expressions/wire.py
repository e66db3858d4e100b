"""Read the protobuf wire format, as much of it as the syntax tree of a CEL expression takes.

Source: https://protobuf.dev/programming-guides/encoding/
"""

import struct
from typing import TypeAlias

Field: TypeAlias = "int | bytes"


class Message:
    """A decoded message: for every field number the values it was given, in order."""

    def __init__(self, encoded: bytes) -> None:
        self._fields: dict[int, list[Field]] = {}
        at, end = 0, len(encoded)
        while at < end:
            key = encoded[at]
            if key < 0x80 and key & 7 == 2 and at + 1 < end and encoded[at + 1] < 0x80:  # nearly all: a short part
                start, at = at + 2, at + 2 + encoded[at + 1]
                value: Field = encoded[start:at]
            else:
                key, at = _varint(encoded, at)
                value, at = _value(encoded, at, key & 7)
            self._fields.setdefault(key >> 3, []).append(value)

    def __contains__(self, number: int) -> bool:
        return number in self._fields

    def integer(self, number: int) -> int:
        value = self._last(number, 0)
        return value if isinstance(value, int) else 0

    def signed(self, number: int) -> int:
        """An int64, which is encoded as its two's complement."""
        value = self.integer(number)
        return value - (1 << 64) if value >> 63 else value

    def double(self, number: int) -> float:
        decoded: float = struct.unpack("<d", self.binary(number))[0]
        return decoded

    def binary(self, number: int) -> bytes:
        value = self._last(number, b"")
        return value if isinstance(value, bytes) else b""

    def text(self, number: int) -> str:
        return self.binary(number).decode()

    def message(self, number: int) -> "Message":
        return Message(self.binary(number))

    def messages(self, number: int) -> list["Message"]:
        return [Message(value) for value in self._fields.get(number, []) if isinstance(value, bytes)]

    def _last(self, number: int, default: Field) -> Field:
        return self._fields[number][-1] if number in self._fields else default


def _value(encoded: bytes, at: int, wire_type: int) -> tuple[Field, int]:
    if wire_type == 0:
        return _varint(encoded, at)
    if wire_type == 2:
        length, at = _varint(encoded, at)
    elif wire_type in {1, 5}:
        length = 8 if wire_type == 1 else 4
    else:
        raise ValueError(f"wire type {wire_type} is not in use")
    return encoded[at : at + length], at + length


def _varint(encoded: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while encoded[at] & 0x80:
        value |= (encoded[at] & 0x7F) << shift
        shift += 7
        at += 1
    return value | encoded[at] << shift, at + 1
