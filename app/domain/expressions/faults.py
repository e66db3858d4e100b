"""Say in words for a person what CEL says when an expression does not compile or cannot be evaluated.

Nothing here repeats a value of a case: CEL's own messages do, and values can be personal.
"""

import re

from app.domain.expressions.habits import instead, unknown_function
from app.domain.expressions.spelling import symbol

_TYPES = {
    "int": "integer",
    "int64": "integer",
    "uint": "integer",
    "uint64": "integer",
    "double": "number",
    "bool": "boolean",
    "map": "object",
    "dyn": "a value",
    "null_type": "null",
    "google.protobuf.Timestamp": "timestamp",
    "google.protobuf.Duration": "duration",
}

_COMPILE = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_OVERLOAD = re.compile(r"found no matching overload for '(.*?)' applied to '(.*)'")
_UNKNOWN = re.compile(r"undeclared reference to '(.*?)'")
_RUNTIME_OVERLOAD = re.compile(r"No matching overloads found : (?:\((.*)\)\.)?([^(.)]+)\((.*)\)")

_RUNTIME = (
    ("nests too deeply", "a value nests too deeply"),
    ("Iteration budget", "it looks at too many values"),
    ("No matching overloads found", "a condition is neither true nor false"),
    ("Index error: index", "a list has no such element"),
    ("Index error", "a list can only be indexed by an integer"),
    ("SELECT", "a value that is not an object has no fields"),
    ("divide by zero", "it divides by zero"),
    ("modulus by zero", "it divides by zero"),
    ("to Timestamp", "a text is not a timestamp"),
    ("to Duration", "a text is not a duration"),
    ("cannot convert", "a text is not a number"),
    ("regular expression", "a regular expression is not valid"),
    ("for 'data", "data holds a value that an expression cannot take"),
    ("for 'payload", "the payload holds a value that an expression cannot take"),
    ("overflow", "a number or a time is out of range"),
    ("out of range", "a number or a time is out of range"),
    ("OUT_OF_RANGE", "a number or a time is out of range"),
    ("Key not found", "a field is missing"),
)


def compile_fault(message: str, written: str = "") -> str:
    """One line with the column for the compiler's report of an expression."""
    if "recursion" in message:
        return "nests too deeply"
    found = _COMPILE.search(message)
    if found is None:
        return "is not an expression"
    line, column, text = int(found[1]), int(found[2]), found[3]
    where = f"line {line}, " if line > 1 else ""
    source = next(iter(written.split("\n")[max(line, 1) - 1 :]), "")
    if text.startswith(("Syntax error", "undeclared reference", "reserved")) and (other := instead(source, column)):
        return f"{where}{other}"
    unknown = _UNKNOWN.search(text)
    named = unknown_function(source, column, _clip(unknown[1])) if unknown else None
    return f"{where}column {column}: {named or _sentence(text)}"


def runtime_fault(message: str) -> str:
    """A short clause without any value in it."""
    found = _RUNTIME_OVERLOAD.search(message)
    if found:
        operands = ", ".join(part for part in (found[1], found[3]) if part)
        return f"`{symbol(found[2])}` cannot take {_operands(operands)}{_of_a_list(found[2], operands)}"
    return next((clause for mark, clause in _RUNTIME if mark in message), "it cannot be evaluated")


def missing_key(message: str) -> str | None:
    """The key that a map did not have."""
    found = re.search(r'(?:Key not found in map :|No value with name) "(?:case\.)?([^"]*)"', message)
    return found[1] if found else None


def _sentence(text: str) -> str:
    overload = _OVERLOAD.search(text)
    if overload and overload[1] == "_?_:_":
        return "`? :` takes a condition and two values of one type"
    if overload:
        operands = overload[2].removeprefix("(").removesuffix(")")
        return f"`{symbol(overload[1])}` cannot take {_operands(operands)}{_of_a_list(overload[1], operands)}"
    unknown = _UNKNOWN.search(text)
    if unknown:
        return f"{_clip(unknown[1])} is not known; an expression sees data, payload, actor, case and now"
    if "operand of a select" in text:
        return "a value that is not an object has no fields"
    if text.startswith("has() argument"):
        return "`has` takes a field, such as `has(data.x)`"
    reserved = re.match(r"reserved identifier: (\w+)", text)
    if reserved:
        return f"`{reserved[1]}` is a word that CEL keeps for itself; write `data['{reserved[1]}']` for a field"
    return _syntax(text.removeprefix("Syntax error: "))


def _of_a_list(function: str, operands: str) -> str:
    return "; write `VALUE in LIST`" if function == "contains" and operands.startswith(("list", "map")) else ""


def _syntax(text: str) -> str:
    if re.match(r"token recognition error at: '['\"]", text):
        return "the text that begins here has no end"
    if re.match(r"(mismatched|no viable).*'<EOF>' *(expecting|$)", text):
        return "it ends too early"
    missing = re.match(r"missing (.*) at", text)
    if missing:
        return f"{_clip(missing[1])} is missing"
    unexpected = re.match(
        r"(?:mismatched input|extraneous input|no viable alternative at input|.*error at:) '?(.)", text
    )
    if unexpected:
        return f"{unexpected[1]!r} is not expected here"
    return _clip(text)


def _operands(types: str) -> str:
    names = [name.strip().split("(")[0] for name in re.split(r",(?![^(]*\))", types)]
    names = [_TYPES.get(name, name) for name in names]
    return " and ".join(names) or "nothing"


def _clip(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
