"""Which operand types CEL's operators and functions take at run time, and what they give.

Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#list-of-standard-definitions
"""

from typing import NamedTuple


class Overload(NamedTuple):
    operands: tuple[str, ...]
    result: str


NUMBERS = ("int", "uint", "double")


def _same(names: tuple[str, ...], result: str | None = None) -> tuple[Overload, ...]:
    return tuple(Overload((name, name), result or name) for name in names)


def _from(names: str, result: str) -> tuple[Overload, ...]:
    return tuple(Overload((name,), result) for name in names.split())


_ORDER = (
    *(Overload((one, other), "bool") for one in NUMBERS for other in NUMBERS),
    *_same(("string", "bool", "bytes", "timestamp", "duration"), "bool"),
)
_TEXT = (Overload(("string", "string"), "bool"),)
_DATE_PART = tuple(Overload((name, *zone), "int") for name in ("timestamp", "duration") for zone in ((), ("string",)))
_DATE = tuple(part for part in _DATE_PART if part.operands[0] == "timestamp")

# `&&`, `||`, `!`, `? :`, `==`, `!=`, `in` and `[]` follow rules of their own (check.py)
OVERLOADS: dict[str, tuple[Overload, ...]] = {
    **dict.fromkeys(("_<_", "_<=_", "_>_", "_>=_"), _ORDER),
    "-_": _from("int", "int") + _from("double", "double"),
    "_+_": (
        *_same((*NUMBERS, "string", "bytes", "list", "duration")),
        Overload(("timestamp", "duration"), "timestamp"),
        Overload(("duration", "timestamp"), "timestamp"),
    ),
    "_-_": (
        *_same((*NUMBERS, "duration")),
        Overload(("timestamp", "timestamp"), "duration"),
        Overload(("timestamp", "duration"), "timestamp"),
    ),
    **dict.fromkeys(("_*_", "_/_"), _same(NUMBERS)),
    "_%_": _same(("int", "uint")),
    "size": _from("string bytes list map", "int"),
    **dict.fromkeys(("contains", "startsWith", "endsWith", "matches"), _TEXT),
    "int": _from("int uint double string timestamp", "int"),
    "uint": _from("int uint double string", "uint"),
    "double": _from("int uint double string", "double"),
    "string": _from("bool int uint double string bytes timestamp duration", "string"),
    "bool": _from("bool string", "bool"),
    "bytes": _from("bytes string", "bytes"),
    "timestamp": _from("int string timestamp", "timestamp"),
    "duration": _from("string duration", "duration"),
    **dict.fromkeys(("getHours", "getMinutes", "getSeconds", "getMilliseconds"), _DATE_PART),
    **dict.fromkeys(("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"), _DATE),
}
# every value that an operand may be must fit these, and not only some
STRICT = frozenset({"_<_", "_<=_", "_>_", "_>=_", "-_", "_+_", "_-_", "_*_", "_/_", "_%_"})
